// What a recipe will need, told without its data and without its teacher's weights.
//
// Idea       Memory and time of a step depend on the sizes of images, networks and batches, not on what the
//            images show. So drawn shapes of the same number and size stand in for data that are not there,
//            and random weights for a teacher; then StepForecast.swift tries two small batches.
// Formula    seconds on n cores = seconds on m · (s + (1 − s)/n) / (s + (1 − s)/m)       Amdahl's law
//            with s the share of a step that one thread does alone, measured on the built-in job
// Assumes    that s of the built-in job is that of the recipe (larger networks have a smaller one), and that
//            n cores are n times one: no shared memory channel is full, and no clock is lowered.
// Read       StepForecast.swift, DataSource.swift ← this file → Command/ForecastCommand.swift
// Tests      Tests/TrainingTests/RecipeForecastTests.swift

import Formats
import Foundation
import Kernels
import Networks
import Randomness

/// A forecast for a configuration.
public struct RecipeForecast: Sendable {
  /// What was asked about, with the data that stand in.
  public let configuration: Configuration
  /// Of one step.
  public let step: StepForecast
  /// Images of an epoch.
  public let images: Int
  /// Steps of an epoch.
  public let steps: Int

  /// Seconds of an epoch on the threads in use.
  public var epochSeconds: Double { step.seconds * Double(steps) }

  /// Images to train on, of the data sets that have a fixed number.
  public static func imageCount(of name: Configuration.DatasetName) -> Int? {
    switch name {
    case .stl10: 105_000
    case .cifar10, .cifar20, .cifar100: 50_000
    default: nil
    }
  }

  /// Forecasts a recipe.
  ///
  /// - Parameters:
  ///   - recipe: What to forecast.
  ///   - directory: Its data; nil lets drawn shapes stand in for data sets of known number and size.
  /// - Throws: When data are needed, or a step fails.
  public init(_ recipe: Configuration, directory: String? = nil) throws {
    var configuration = recipe
    let path = directory ?? recipe.datasetPath
    if path == nil, let count = RecipeForecast.imageCount(of: recipe.datasetName) {
      configuration.datasetName = .synthetic
      configuration.trainingImages = min(count, recipe.trainingImages ?? count)
      configuration.testImages = configuration.batchSize
      configuration.classCount = nil
    }
    let data = try DataSource(configuration, directory: path)
    images = data.training.count * configuration.copies
    steps = images / configuration.batchSize
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-forecast-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var teacher: Teacher?
    if configuration.hasTeacher {
      if configuration.teacher.path == nil {
        try RecipeForecast.writeTeacher(&configuration, to: folder)
      }
      teacher = try Teacher(&configuration, data: data)
    }
    step = try StepForecast(configuration, data: data, teacher: teacher)
    self.configuration = configuration
  }

  /// Seconds on another number of cores.
  ///
  /// - Parameters:
  ///   - cores: At least 1.
  ///   - seconds: Measured.
  ///   - measured: The cores they were measured on, at least 1.
  ///   - serialShare: s, in 0…1.
  /// - Returns: Seconds.
  public static func seconds(
    onCores cores: Int, from seconds: Double, measuredOn measured: Int, serialShare: Double
  ) -> Double {
    func relative(_ n: Int) -> Double { serialShare + (1 - serialShare) / Double(max(1, n)) }
    return seconds * relative(cores) / relative(measured)
  }

  /// The share of a step that does not get faster with more threads, from two measurements.
  ///
  /// - Returns: In 0…1: t(m)/t(1) = s + (1 − s)/m.
  public static func serialShare(one: Double, many: Double, threads: Int) -> Double {
    guard threads > 1, one > 0 else { return 1 }
    let n = Double(threads)
    return min(1, max(0, (many / one - 1 / n) / (1 - 1 / n)))
  }

  /// Random weights of the teacher a configuration names.
  private static func writeTeacher(
    _ configuration: inout Configuration, to folder: String
  ) throws {
    guard
      let name = configuration.teacher.network
        ?? configuration.clipModel.flatMap(NetworkName.init(rawValue:)),
      let network = NamedNetwork(named: name.rawValue)
    else {
      throw TrainingError(
        "the recipe does not say which network its teacher is",
        remedy: "write teacher.network, or teacher.path")
    }
    let layer = network.network(Float.self, key: RandomKey(seed: 0))
    // CLIP's files hold two towers; the image's is `visual`.
    let prefix = network.isConvolutional ? "" : "visual."
    var tensors = OrderedMap<TensorRecord>()
    for one in layer.stateDictionary() where !one.isCounter {
      tensors.insert(
        TensorRecord(one.tensor.scalars, shape: one.tensor.shape), for: prefix + one.name)
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    configuration.teacher.path = "\(folder)/teacher.safetensors"
    configuration.teacher.network = name
    // A head on the teacher costs next to nothing.
    configuration.teacher.output = .features
    try SafeTensorsFile(tensors: tensors).write(
      to: "\(folder)/teacher.safetensors", keepsPrevious: false)
  }
}
