// Fine-tuning: the whole network learns from a few labels.
//
// Source     MV-MR §5, semi-supervised: ResNet-50 and a linear layer, 1 % or 10 % of ImageNet's labels
// Recipe     projector dropped, a new linear head; cross-entropy, Adam 1e-4, weight decay 1e-6, batch 256, 100 epochs,
//            policy `custom` (D26); one cosine over all steps, ηₜ = ½ η (1 + cos π t/T)
// Errata     D25: the released cosine has the period of an epoch's batches and is stepped once an epoch, so that with
//            10 % it hardly falls and with 1 % it falls and rises again.
// Order      Batches, views and rates are functions of (seed, step): exact at any thread count and after a resume.
// Read       Datasets/LabelFraction.swift, OnlineProbe.swift ← this file → FineTuningRun.swift
// Tests      Tests/TrainingTests/FineTuningTests.swift

import Autodiff
import Datasets
import Formats
import Images
import Kernels
import Networks
import Randomness
import Tensors

/// Which images keep their labels.
public enum KeptLabels: Sendable, Hashable {
  /// The same share of each class, in percent, drawn from the seed.
  case percentage(Double)
  /// The files that a list names, one a line, as the published 1 % and 10 % of ImageNet are given.
  case list(String)

  /// In a few words.
  var text: String {
    switch self {
    case .percentage(let p): "\(FineTuningRun.text(p)) %"
    case .list(let path): "list \(path.split(separator: "/").last ?? "")"
    }
  }
}

/// What decides a fine-tuning run, beside the encoder and its data.
public struct FineTuningSettings: Sendable, Hashable {
  public var labels: KeptLabels
  public var epochs = 100
  public var batchSize = 256
  public var learningRate = 1e-4
  public var weightDecay = 1e-6
  public var seed = 0
  /// The epoch that is reported.
  public var choice = EpochChoice.last

  /// The released recipe with these labels.
  public init(_ labels: KeptLabels) { self.labels = labels }

  /// As a JSON object.
  public var json: JSONValue {
    var members: OrderedMap<JSONValue> = [:]
    switch labels {
    case .percentage(let value): members["percentage"] = .number(value)
    case .list(let path): members["list"] = .string(path)
    }
    members["epochs"] = .integer(epochs)
    members["batch_size"] = .integer(batchSize)
    members["learning_rate"] = .number(learningRate)
    members["weight_decay"] = .number(weightDecay)
    members["seed"] = .integer(seed)
    members["choice"] = .string(choice.rawValue)
    return .object(members)
  }

  /// Reads what `json` wrote; nil when something is missing or out of range.
  public init?(_ json: JSONValue) {
    guard let epochs = json["epochs"]?.integer,
      let batchSize = json["batch_size"]?.integer, let rate = json["learning_rate"]?.double,
      let decay = json["weight_decay"]?.double, let seed = json["seed"]?.integer,
      let choice = json["choice"]?.string.flatMap(EpochChoice.init),
      (1...1_000_000).contains(epochs), (1...65536).contains(batchSize), rate.isFinite,
      decay.isFinite, seed >= 0
    else { return nil }
    if let path = json["list"]?.string {
      self.init(.list(path))
    } else if let p = json["percentage"]?.double, p > 0, p <= 100 {
      self.init(.percentage(p))
    } else {
      return nil
    }
    (self.epochs, self.batchSize, self.learningRate) = (epochs, batchSize, rate)
    (self.weightDecay, self.seed, self.choice) = (decay, seed, choice)
  }
}

/// A backbone with a linear head: from images to logits.
public struct Classifier: Layer {
  /// f.
  public let backbone: any Layer<Float>
  /// From features to logits.
  public let head: Linear<Float>

  public func callAsFunction(_ x: Variable<Float>, mode: Mode) -> Variable<Float> {
    head(backbone(x, mode: mode), mode: mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Float>) -> Void) {
    backbone.forEachParameter { body("backbone.\($0)", $1) }
    head.forEachParameter { body("head.\($0)", $1) }
  }
}

/// A fine-tuning run in memory.
public final class FineTuning {
  public let settings: FineTuningSettings
  public let network: Classifier
  public let data: DataSource
  /// Numbers of the labelled images that are learnt from.
  public let subset: [Int]
  /// Numbers of those whose labels are used to choose an epoch; empty unless one is chosen so.
  public let heldOut: [Int]
  /// Batches done.
  public internal(set) var step = 0
  let optimizer: Optimizer<Float>
  private let sampler: BatchSampler
  private let key: RandomKey
  private let imageSize: Int
  private let workers: Int
  private let usesWinograd: Bool

  /// A run at its beginning.
  ///
  /// - Parameters:
  ///   - settings: What decides it.
  ///   - configuration: Of the run the encoder comes from.
  ///   - backbone: f, which will change.
  ///   - data: Its data.
  /// - Throws: When a list cannot be read or does not fit the data, or too few labels are left.
  public init(
    _ settings: FineTuningSettings, configuration: Configuration, backbone: any Layer<Float>,
    data: DataSource
  ) throws {
    self.settings = settings
    self.data = data
    key = RandomKey(seed: UInt64(settings.seed)).child("fine-tuning")
    network = Classifier(
      backbone: backbone,
      head: Linear(
        inputs: configuration.network.featureCount, outputs: data.classCount,
        key: key.child("head")))
    optimizer = Optimizer(.adam, of: network, weightDecay: settings.weightDecay)
    let kept = try FineTuning.kept(settings.labels, of: data.labelled, key: key)
    let held =
      settings.choice == .validation
      ? Set(
        LabelFraction.balanced(10, of: kept.map(data.labelled.label), key: key.child("held out")))
      : []
    heldOut = kept.indices.filter(held.contains).map { kept[$0] }
    subset = kept.indices.filter { !held.contains($0) }.map { kept[$0] }
    guard !subset.isEmpty else {
      throw TrainingError(
        "\(kept.count) labels leave none to learn from",
        remedy: "keep more labels, or write --choose last, which holds none out")
    }
    sampler = BatchSampler(
      count: subset.count, batchSize: max(1, min(settings.batchSize, subset.count)),
      dropLast: true, key: key.child("order"))
    imageSize = configuration.imageSize
    workers = configuration.workers
    usesWinograd = configuration.usesWinograd
  }

  private static func kept(
    _ labels: KeptLabels, of images: any ImageDataset, key: RandomKey
  ) throws -> [Int] {
    switch labels {
    case .percentage(let percentage):
      return LabelFraction.balanced(
        percentage, of: (0..<images.count).map(images.label), key: key)
    case .list(let path):
      guard let files = (images as? SquareDataset)?.base as? ImageFiles else {
        throw TrainingError(
          "'\(path)' names files, but the images of this run are not whole class folders",
          remedy: "write --percentage P instead of --list, or tune a run on class folders")
      }
      return try LabelFraction.listed(in: path, of: files)
    }
  }

  /// Batches in one epoch.
  public var batchesPerEpoch: Int { sampler.batchesPerEpoch }
  /// Batches in the whole run.
  public var totalSteps: Int { settings.epochs * batchesPerEpoch }

  /// One batch: images and labels.
  struct Batch: Sendable {
    let images: Tensor<Float>
    let labels: [Int]
  }

  /// A loader of all batches from here to the end.
  func remainingBatches() -> PrefetchingLoader<Batch> {
    let (first, perEpoch) = (step, batchesPerEpoch)
    let (sampler, subset, images, size) = (sampler, subset, data.labelled, imageSize)
    let normalization = PixelNormalization(data.statistics)
    let views = key.child("views")
    return PrefetchingLoader(count: max(0, totalSteps - step), depth: 2, workers: workers) { item in
      let (epoch, batch) = ((first + item) / perEpoch, (first + item) % perEpoch)
      let chosen = sampler.indices(epoch: epoch, batch: batch).map { subset[$0] }
      let drawn = try chosen.map { index in
        AugmentationPolicy.custom(
          try images.image(index), size: size, key: views.child(epoch).child(index))
      }
      return Batch(images: normalization.tensor(drawn), labels: chosen.map(images.label))
    }
  }

  /// The learning rate of the next step.
  var learningRate: Double {
    let part = Double(step) / Double(max(1, totalSteps))
    return 0.5 * settings.learningRate * (1 + Elementary.cosine(Double.pi * part))
  }

  /// Trains on one batch.
  ///
  /// - Returns: Loss in nats and accuracy in 0…1, before the step.
  /// - Throws: `TrainingError` when the loss is not finite.
  func take(_ batch: Batch) throws -> (loss: Double, accuracy: Double) {
    let mode = Mode.training.drawing(from: key.child("left out").child(step))
    let (logits, value) = Winograd.$isAllowed.withValue(usesWinograd) {
      let logits = network(Variable(batch.images), mode: mode)
      let loss = crossEntropy(logits, labels: batch.labels)
      loss.backward()
      return (logits, Double(loss.value.scalar))
    }
    guard value.isFinite else {
      throw TrainingError(
        "the loss is \(value) in step \(step + 1)",
        remedy: "use a smaller rate with --learning-rate")
    }
    optimizer.step(learningRate: learningRate)
    step += 1
    return (value, topAccuracy(logits.value, batch.labels))
  }

  /// Top-1 and, where there are more than five classes, Top-5 on the test images, one view each.
  public func testAccuracy() throws -> OrderedMap<JSONValue> {
    try accuracy(on: data.test)
  }

  /// The same on the images held out of the labelled ones.
  func heldOutAccuracy() throws -> OrderedMap<JSONValue> {
    func part(_ images: some ImageDataset) throws -> OrderedMap<JSONValue> {
      try accuracy(on: DatasetSubset(images, indices: heldOut))
    }
    return try part(data.labelled)
  }

  private func accuracy(on images: some ImageDataset) throws -> OrderedMap<JSONValue> {
    let measured = try extractFeatures(network.backbone, images, statistics: data.statistics)
    let logits = network.head(Variable(measured.features), mode: .evaluation).value
    return topMetrics(classes: data.classCount) { topAccuracy(logits, measured.labels, top: $0) }
  }
}
