// The main job from beginning to end: measure the random encoder, train it, measure it again.
//
// Story      open the data → write the configuration → probe the random encoder → train, with a
//            checkpoint after every epoch → probe the trained encoder → curves and result
// Stopping   `shouldStop` is asked after every optimiser step; a run that stops writes a checkpoint,
//            and `resuming` continues it to the same bits.
// Read       PreTraining.swift ← this file → Command/PretrainCommand.swift
// Tests      Tests/TrainingTests/PreTrainingRunTests.swift

import Formats
import Foundation
import Kernels
import Networks

/// Accuracies of an encoder's frozen features, in 0…1.
public struct ProbeAccuracies: Sendable, Hashable {
  /// Of a linear classifier.
  public let linear: Double
  /// Of 20 weighted nearest neighbours.
  public let nearestNeighbours: Double
  /// Of the nearest neighbour alone.
  public let nearestNeighbour: Double

  /// Measures a backbone: features of labelled and test images, one view each.
  public init(_ backbone: any Layer<Float>, _ data: DataSource) throws {
    let training = try extractFeatures(backbone, data.labelled, statistics: data.statistics)
    let test = try extractFeatures(backbone, data.test, statistics: data.statistics)
    linear = LinearProbe(training: training, classes: data.classCount).accuracy(on: test)
    nearestNeighbours = nearestNeighbourAccuracy(training: training, test: test)
    nearestNeighbour = nearestNeighbourAccuracy(training: training, test: test, neighbours: 1)
  }
}

/// What a run achieved.
public struct PreTrainingResult: Sendable {
  /// nil when the images have no labels, or several each.
  public let random: ProbeAccuracies?
  /// nil likewise, and when the run was stopped before its end.
  public let trained: ProbeAccuracies?
  /// Whether the run was stopped before its end.
  public let wasStopped: Bool
  public let steps: Int
  /// Wall-clock seconds of this call.
  public let seconds: Double
  /// Share of the training time spent waiting for batches, in 0…1.
  public let waiting: Double
  public let imagesPerSecond: Double
  /// The most resident memory the process had while it trained, in bytes.
  public let peakBytes: Int
  /// Images whose teacher's embedding was computed, and found in the cache; nil without a teacher.
  public let teacherImages: (computed: Int, found: Int)?
  public let folder: RunFolder

  /// What the run prints at its end.
  public var summary: String {
    guard let random else { return "The images have no labels, so there is nothing to measure." }
    func percent(_ x: Double?) -> String {
      let text = x.map { String(format: "%.1f %%", 100 * $0) } ?? "–"
      return String(repeating: " ", count: max(0, 10 - text.count)) + text
    }
    return """
                               random     trained
      linear probe      \(percent(random.linear))  \(percent(trained?.linear))
      20-NN             \(percent(random.nearestNeighbours))  \
      \(percent(trained?.nearestNeighbours))
      1-NN              \(percent(random.nearestNeighbour))  \
      \(percent(trained?.nearestNeighbour))
      """
  }
}

/// The main job.
public struct PreTrainingRun {
  private let training: PreTraining
  private let teacher: Teacher?
  /// Its files.
  public let folder: RunFolder
  private let warning: String?
  private let saysWhatItDoes: (String) -> Void

  /// Prepares a new run.
  ///
  /// - Parameters:
  ///   - configuration: What decides it.
  ///   - dataDirectory: Where the data are; the synthetic set needs none.
  ///   - output: The run's folder; by default `runs/<date and time>`.
  ///   - cacheDirectory: Where a teacher's embeddings are kept; nil for nowhere.
  ///   - say: Receives lines for the user.
  /// - Throws: When the data, the configuration or the folder are not as they must be.
  public init(
    _ configuration: Configuration, dataDirectory: String? = nil, output: String? = nil,
    cacheDirectory: String? = nil, say: @escaping (String) -> Void = { _ in }
  ) throws {
    var configuration = configuration
    configuration.datasetPath = dataDirectory ?? configuration.datasetPath
    let data = try DataSource(configuration)
    teacher = try PreTrainingRun.teacher(&configuration, data, cacheDirectory, say)
    training = try PreTraining(configuration, data: data, teacher: teacher)
    // D43: weights alone; optimiser, epoch and probe begin anew.
    if let path = configuration.initializeFrom {
      try training.encoder.load(Checkpoint.load(path).checkpoint.encoder)
    }
    folder = try RunFolder(creating: output)
    try folder.write(configuration.yaml(), to: "config.yaml")
    warning = nil
    saysWhatItDoes = say
  }

  /// Prepares to continue a run that was stopped.
  ///
  /// - Parameters:
  ///   - path: The run's folder or its checkpoint.
  ///   - dataDirectory: Where the data are now, if they have moved.
  ///   - teacherPath: Where the teacher's file is now, if it has moved.
  ///   - cacheDirectory: Where a teacher's embeddings are kept; nil for nowhere.
  ///   - say: Receives lines for the user.
  /// - Throws: When the checkpoint and the one before it cannot be read, or do not fit.
  public init(
    resuming path: String, dataDirectory: String? = nil, teacherPath: String? = nil,
    cacheDirectory: String? = nil, say: @escaping (String) -> Void = { _ in }
  ) throws {
    let (checkpoint, warning) = try Checkpoint.load(path)
    var configuration = checkpoint.configuration
    let data = try DataSource(configuration, directory: dataDirectory)
    configuration.teacher.path = teacherPath ?? configuration.teacher.path
    teacher = try PreTrainingRun.teacher(&configuration, data, cacheDirectory, say)
    training = try PreTraining(configuration, data: data, teacher: teacher)
    try training.restore(checkpoint)
    folder = RunFolder(resuming: path)
    self.warning = warning
    saysWhatItDoes = say
  }

  /// The teacher a configuration asks for.
  private static func teacher(
    _ configuration: inout Configuration, _ data: DataSource, _ cacheDirectory: String?,
    _ say: (String) -> Void
  ) throws -> Teacher? {
    guard configuration.hasTeacher else {
      if cacheDirectory == nil { return nil }
      throw TrainingError(
        "a cache keeps a teacher's embeddings, and the run has no teacher",
        remedy: "leave --cache out, or name a teacher")
    }
    let teacher = try Teacher(&configuration, data: data, cacheDirectory: cacheDirectory)
    say("Teacher: \(teacher.encoder.name), \(teacher.encoder.width) numbers an image.")
    return teacher
  }

  /// What decides the run.
  public var configuration: Configuration { training.configuration }

  /// Batches in the whole run.
  public var totalSteps: Int { training.configuration.epochs * training.batchesPerEpoch }

  /// What a step needs and how long it takes, by trying two small batches; the run is not touched.
  ///
  /// - Throws: What a step throws.
  public func forecast() throws -> StepForecast {
    try StepForecast(configuration, data: training.data, teacher: teacher)
  }

  /// Steps in an epoch.
  public var stepsPerEpoch: Int { training.batchesPerEpoch }

  /// Makes every operation look for NaN and infinity, and the run stop at the first with its name.
  public func trapNonFinite() { training.trapsNonFinite = true }

  /// Runs to the end, or until it is told to stop.
  ///
  /// - Parameters:
  ///   - observe: Called after every step.
  ///   - shouldStop: Asked after every optimiser step.
  /// - Returns: What was achieved; without `trained` when it was stopped.
  /// - Throws: When an image cannot be read, a file cannot be written, or a number is not finite.
  public func run(
    observe: (StepRecord) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> PreTrainingResult {
    let start = Date()
    let c = training.configuration
    let seen = teacher.map { ($0.computed, $0.found) } ?? (0, 0)
    if let warning { saysWhatItDoes("warning: \(warning)") }
    if c.fp16 { saysWhatItDoes("fp16 is accepted and ignored: everything is computed in float32.") }

    var random: ProbeAccuracies?
    if training.data.hasLabels {
      saysWhatItDoes("Probing the random encoder …")
      random = try ProbeAccuracies(PreTraining.randomEncoder(c).backbone, training.data)
    }
    let first = training.position.step
    let metrics = try JSONLinesWriter(folder.metrics, resumingAfter: first)
    // What probing needed is given back, so that the peak is training's own.
    let memory = ResidentPeak()
    let trainingStart = Date()
    let loader = training.remainingBatches()
    var stopped = false
    var keepsPrevious = warning == nil
    func save() throws {
      try metrics.synchronize()
      try training.save(to: folder.checkpoint, keepsPrevious: keepsPrevious)
      keepsPrevious = true
    }
    while let batch = try loader.next() {
      let record = try training.step(batch)
      let ended = record.position.batch == 0
      var evaluation: Double?
      if ended && training.data.hasLabels && record.position.epoch % c.evaluateEvery == 0 {
        // Evaluation wants blocks of other sizes; kept beside those of a step they would add up.
        ResidentMemory.trim()
        evaluation = try training.probeTestAccuracy()
        ResidentMemory.trim()
      }
      if record.position.step % c.logEvery == 0 || ended {
        try metrics.append(record.json(testAccuracy: evaluation))
      }
      observe(record)
      if ended { try save() }
      if training.isAtStepBoundary && shouldStop() {
        if !ended { try save() }
        stopped = true
        break
      }
    }
    let trainingSeconds = Date().timeIntervalSince(trainingStart)
    let waiting = loader.waitedSeconds / max(1e-9, trainingSeconds)
    let peak = memory.bytes

    var trained: ProbeAccuracies?
    if !stopped && training.data.hasLabels {
      saysWhatItDoes("Probing the trained encoder …")
      trained = try ProbeAccuracies(training.encoder.backbone, training.data)
    }
    let steps = training.position.step
    let result = PreTrainingResult(
      random: random, trained: trained, wasStopped: stopped, steps: steps,
      seconds: Date().timeIntervalSince(start), waiting: waiting,
      imagesPerSecond: Double((steps - first) * c.batchSize) / max(1e-9, trainingSeconds),
      peakBytes: peak,
      teacherImages: teacher.map { ($0.computed - seen.0, $0.found - seen.1) },
      folder: folder)
    if steps > 0 {
      let title =
        "\(c.method.title) on \(c.datasetName.rawValue): \(c.backbone.rawValue), seed \(c.seed)"
      try drawCurves(folder, title: title, method: c.method)
    }
    if !stopped { try folder.write(result.json(seed: c.seed).text + "\n", to: "result.json") }
    return result
  }
}

extension StepRecord {
  func json(testAccuracy: Double?) -> JSONValue {
    var line: OrderedMap<JSONValue> = [
      "step": .integer(position.step), "epoch": .integer(position.epoch), "loss": .number(loss),
    ]
    for term in terms { line.insert(.number(term.value), for: term.name) }
    for term in chance { line.insert(.number(term.value), for: "\(term.name)_chance") }
    line["learning_rate"] = .number(learningRate)
    line["embedding_deviation"] = .number(embeddingDeviation)
    if let gradientNorm { line["gradient_norm"] = .number(gradientNorm) }
    if let probeAccuracy { line["probe_accuracy"] = .number(probeAccuracy) }
    if let testAccuracy { line["probe_test_accuracy"] = .number(testAccuracy) }
    return .object(line)
  }
}

extension PreTrainingResult {
  func json(seed: Int) -> JSONValue {
    func pair(_ value: (ProbeAccuracies) -> Double) -> JSONValue {
      .object([
        "random": random.map { .number(value($0)) } ?? .null,
        "trained": trained.map { .number(value($0)) } ?? .null,
      ])
    }
    return .object([
      "linear_probe": pair(\.linear),
      "knn": pair(\.nearestNeighbours),
      "knn_1": pair(\.nearestNeighbour),
      "seconds": .number(seconds),
      "seed": .integer(seed),
      "steps": .integer(steps),
      "images_per_second": .number(imagesPerSecond),
      "waiting": .number(waiting),
      "peak_bytes": .integer(peakBytes),
    ])
  }
}
