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

/// What decides a fine-tuning run, beside the encoder and its data.
public struct FineTuningSettings: Sendable, Hashable {
  /// Share of each class's labels that is used, in percent.
  public var percentage: Double
  public var epochs = 100
  public var batchSize = 256
  public var learningRate = 1e-4
  public var weightDecay = 1e-6
  public var seed = 0
  /// Whether the best epoch on the test images is reported, as released, instead of the last.
  public var choosesOnTest = false

  /// The released recipe with so many percent of the labels.
  public init(percentage: Double) { self.percentage = percentage }

  /// As a JSON object.
  public var json: JSONValue {
    .object([
      "percentage": .number(percentage), "epochs": .integer(epochs),
      "batch_size": .integer(batchSize), "learning_rate": .number(learningRate),
      "weight_decay": .number(weightDecay), "seed": .integer(seed),
      "chooses_on_test": .bool(choosesOnTest),
    ])
  }

  /// Reads what `json` wrote; nil when something is missing or out of range.
  public init?(_ json: JSONValue) {
    guard let percentage = json["percentage"]?.double, let epochs = json["epochs"]?.integer,
      let batchSize = json["batch_size"]?.integer, let rate = json["learning_rate"]?.double,
      let decay = json["weight_decay"]?.double, let seed = json["seed"]?.integer,
      case .bool(let onTest)? = json["chooses_on_test"], percentage > 0, percentage <= 100,
      (1...1_000_000).contains(epochs), (1...65536).contains(batchSize), rate.isFinite,
      decay.isFinite, seed >= 0
    else { return nil }
    self.init(percentage: percentage)
    (self.epochs, self.batchSize, self.learningRate) = (epochs, batchSize, rate)
    (self.weightDecay, self.seed, self.choosesOnTest) = (decay, seed, onTest)
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
  /// Numbers of the labelled images that are used.
  public let subset: [Int]
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
  public init(
    _ settings: FineTuningSettings, configuration: Configuration, backbone: any Layer<Float>,
    data: DataSource
  ) {
    self.settings = settings
    self.data = data
    key = RandomKey(seed: UInt64(settings.seed)).child("fine-tuning")
    network = Classifier(
      backbone: backbone,
      head: Linear(
        inputs: configuration.network.featureCount, outputs: data.classCount,
        key: key.child("head")))
    optimizer = Optimizer(.adam, of: network, weightDecay: settings.weightDecay)
    subset = LabelFraction.balanced(
      settings.percentage, of: (0..<data.labelled.count).map(data.labelled.label), key: key)
    sampler = BatchSampler(
      count: subset.count, batchSize: max(1, min(settings.batchSize, subset.count)),
      dropLast: true, key: key.child("order"))
    imageSize = configuration.imageSize
    workers = configuration.workers
    usesWinograd = configuration.usesWinograd
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
    let test = try extractFeatures(network.backbone, data.test, statistics: data.statistics)
    let logits = network.head(Variable(test.features), mode: .evaluation).value
    return topMetrics(classes: data.classCount) { topAccuracy(logits, test.labels, top: $0) }
  }
}
