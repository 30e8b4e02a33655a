// Pre-training and distillation, one step at a time: the paper's method, or another.
//
// Source     MV-MR §4, eq. (10)
// Step       the method's views of a batch → its loss → backward → optimiser; in mv-mr:
//            x̃ → f → h̃ → g → z̃          two passes with statistics of their own, augmented first
//            x → f → h → g → z
//            Φᵢ = φᵢ(x)                   constants
//            L(z, z̃, Φ) → backward → Adam
// Order      Batches, views and rates are functions of (seed, epoch, batch), so a run has the same
//            bits at any number of threads, and after a resume.
// Read       PreTrainingObjective.swift, TrainingMethod.swift ← this file → PreTrainingRun.swift
// Tests      Tests/TrainingTests/TrainingStepTests.swift, PreTrainingRunTests.swift

import Autodiff
import Datasets
import Formats
import Foundation
import Images
import Kernels
import Networks
import Objectives
import Randomness
import Tensors

/// What one step found.
public struct StepRecord: Sendable {
  /// Where the run stands after the step.
  public let position: RunPosition
  /// L.
  public let loss: Double
  /// Its terms, by the names of the official code.
  public let terms: [(name: String, value: Double)]
  /// What the terms with a distance correlation would be if rows were paired by chance.
  public let chance: [(name: String, value: Double)]
  /// η of this step.
  public let learningRate: Double
  /// Length of all gradients before clipping; nil between the batches of an accumulated step.
  public let gradientNorm: Double?
  /// Mean standard deviation of the embedding's dimensions: 0 is collapse.
  public let embeddingDeviation: Double
  /// Accuracy of the online probe on this batch, before it learned from it.
  public let probeAccuracy: Double?
}

/// A pre-training run in memory.
public final class PreTraining {
  /// What decides it.
  public let configuration: Configuration
  /// Its data.
  public let data: DataSource
  /// The network being trained.
  public let encoder: Encoder<Float>
  /// Where it stands.
  public internal(set) var position = RunPosition()
  /// Whether every operation is watched for a NaN or an infinity; bits and results stay the same.
  public var trapsNonFinite = false
  /// The rate of every step in place of the schedule's, while rates are being tried.
  var rangeTestRate: Double?
  let optimizer: Optimizer<Float>
  let probe: OnlineProbe
  let key: RandomKey
  let method: any TrainingMethod
  private let batches: PreTrainingBatches
  let schedule: Schedule
  private let labelledBatches: BatchSampler?
  private let normalization: PixelNormalization

  /// A run at its beginning.
  ///
  /// - Parameters:
  ///   - configuration: What decides it.
  ///   - data: Its data.
  ///   - teacher: Its teacher, made from the same configuration; nil for a method without one.
  /// - Throws: When the configuration asks for something this recipe does not do.
  public init(_ configuration: Configuration, data: DataSource, teacher: Teacher? = nil) throws {
    self.configuration = configuration
    self.data = data
    key = RandomKey(seed: UInt64(configuration.seed))
    method = try configuration.makeMethod(teacher: teacher, key: key.child("method"))
    encoder = try PreTraining.randomEncoder(configuration)
    optimizer = Optimizer(
      configuration.optimizer, of: encoder, weightDecay: configuration.weightDecay)
    probe = OnlineProbe(
      features: configuration.network.featureCount, classes: max(1, data.classCount),
      learningRate: configuration.probeLearningRate, key: key.child("probe"))
    let images = repeated(data.training, configuration.copies)
    let sampler = BatchSampler(
      count: images.count, batchSize: configuration.batchSize, dropLast: true,
      // D46: copies of one image stay together.
      shuffles: configuration.copies == 1 || configuration.shufflesCopies,
      key: key.child("order"))
    batches = PreTrainingBatches(
      dataset: images, sampler: sampler, policy: configuration.policy,
      size: configuration.imageSize, statistics: data.statistics,
      drawsAugmentedPixels: method.needsAugmentedPixels, plan: method.views,
      key: key.child("views"))
    normalization = PixelNormalization(data.statistics)
    // Where only a part of the images has labels, the probe gets batches of its own.
    labelledBatches =
      data.hasLabels && data.labelled.count < data.training.count
      ? BatchSampler(
        count: data.labelled.count,
        batchSize: min(configuration.batchSize, data.labelled.count), dropLast: true,
        shuffles: true, key: key.child("labelled")) : nil
    schedule = Schedule(
      configuration, batchesPerEpoch: sampler.batchesPerEpoch, testCount: data.test.count)
  }

  /// The encoder a configuration starts from.
  public static func randomEncoder(_ configuration: Configuration) throws -> Encoder<Float> {
    try randomEncoder(configuration, of: Float.self)
  }

  /// The same in any number type.
  static func randomEncoder<S: KernelScalar>(
    _ configuration: Configuration, withPredictor: Bool = true, of type: S.Type
  ) throws -> Encoder<S> {
    Encoder<S>(
      configuration.network, head: try configuration.head(),
      predictor: withPredictor ? try configuration.predictor() : nil,
      recomputes: configuration.recomputes,
      key: RandomKey(seed: UInt64(configuration.seed)).child("encoder"))
  }

  /// Batches in one epoch.
  public var batchesPerEpoch: Int { batches.sampler.batchesPerEpoch }

  /// Whether an optimiser step has just been completed: the only places to stop at.
  public var isAtStepBoundary: Bool { position.batch % configuration.accumulation == 0 }

  /// Batches that may wait while one is in use, as bytes; of a batch that is cached because it is large, one.
  var batchesAhead: Int { configuration.gradientCache == nil ? 3 : 1 }

  /// A loader of all batches from here to the end.
  ///
  /// - Returns: It stops its threads when it is released.
  public func remainingBatches() -> PrefetchingLoader<PreTrainingBatch> {
    batches.loader(
      from: position.epoch * batchesPerEpoch + position.batch, epochs: configuration.epochs,
      depth: batchesAhead, workers: configuration.workers)
  }

  /// Trains on one batch.
  ///
  /// - Parameter batch: The batch that follows this position.
  /// - Returns: What the step found.
  /// - Throws: `TrainingError` when a number is not finite: the parameters are then unchanged.
  public func step(_ batch: PreTrainingBatch) throws -> StepRecord {
    try Winograd.$isAllowed.withValue(configuration.usesWinograd) {
      trapsNonFinite ? try NonFiniteTrap.watching { try takeStep(batch) } : try takeStep(batch)
    }
  }

  private func takeStep(_ batch: PreTrainingBatch) throws -> StepRecord {
    let start = position
    let learningRate =
      rangeTestRate
      ?? schedule.learningRate(step: optimizer.steps, base: configuration.learningRate)
    let made = try method.step(batch, encoder, key: stepKey(batch))
    let value = made.objective
    let loss = Double(value.total.value.scalar)
    if let found = NonFiniteTrap.found { throw diverged("\(found)", value, at: start) }
    guard loss.isFinite else { throw diverged("the loss is \(loss)", value, at: start) }
    (value.total / Float(configuration.accumulation)).backward()
    if let found = NonFiniteTrap.found { throw diverged("\(found)", value, at: start) }
    method.remember()

    position.batch += 1
    position.step += 1
    let ends = position.batch == batchesPerEpoch
    var norm: Double?
    if position.batch % configuration.accumulation == 0 || ends {
      let length = optimizer.gradientNorm()
      guard length.isFinite else { throw diverged("a gradient", value, at: start) }
      if let limit = configuration.gradientClip { optimizer.clipGradients(to: limit) }
      optimizer.step(learningRate: learningRate)
      let batches = Double(configuration.epochs * batchesPerEpoch)
      method.encoderMoved(encoder, progress: Double(position.step) / batches)
      norm = length
    }
    let probeAccuracy = try stepProbe(batch, made.features)
    if ends {
      position.epoch += 1
      position.batch = 0
    }
    return StepRecord(
      position: position, loss: loss,
      terms: value.terms.map { ($0.name, Double($0.value)) },
      chance: value.chance.map { ($0.name, Double($0.value)) }, learningRate: learningRate,
      gradientNorm: norm,
      embeddingDeviation: Double(
        standardDeviation(Variable(made.embedding), epsilon: 0).value.mean().scalar),
      probeAccuracy: probeAccuracy)
  }

  /// Of everything random in a step besides views.
  func stepKey(_ batch: PreTrainingBatch) -> RandomKey {
    key.child("shared draw").child(batch.epoch).child(batch.batch)
  }

  /// Accuracy of the online probe on the test images, in evaluation mode.
  public func probeTestAccuracy() throws -> Double {
    probe.accuracy(
      on: try extractFeatures(encoder.backbone, data.test, statistics: data.statistics))
  }

  private func stepProbe(_ batch: PreTrainingBatch, _ h: Tensor<Float>) throws -> Double? {
    // D34: the released code passes labelled images once more, in training mode.
    let mode =
      configuration.probeMovesStatistics
      ? Mode(usesBatchStatistics: true, tracksGradients: false) : .evaluation
    guard let labelledBatches else {
      let features =
        configuration.probeMovesStatistics
        ? encoder.backbone(Variable(batch.original), mode: mode).value : h
      return probe.step(features, labels: batch.labels)?.accuracy
    }
    let step = position.step - 1
    let indices = labelledBatches.indices(
      epoch: step / labelledBatches.batchesPerEpoch, batch: step % labelledBatches.batchesPerEpoch)
    let images = normalization.tensor(try indices.map { try data.labelled.image($0) })
    let features = encoder.backbone(Variable(images), mode: mode).value
    return probe.step(features, labels: indices.map { data.labelled.label($0) })?.accuracy
  }

  private func diverged(
    _ what: String, _ value: ObjectiveValue<Float>, at start: RunPosition
  ) -> TrainingError {
    let terms = value.terms.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    let place = "step \(start.step + 1) (epoch \(start.epoch), batch \(start.batch))"
    let search = trapsNonFinite ? "" : "; --trap-nonfinite names the operation it begins in"
    return TrainingError(
      "not finite in \(place): \(what); \(terms)",
      remedy:
        "continue from the last checkpoint with a smaller lr, or set gradient_clip_val\(search)"
    )
  }
}

/// A data set with each image so many times in a row.
func repeated(_ dataset: any ImageDataset, _ copies: Int) -> any ImageDataset {
  func open(_ dataset: some ImageDataset) -> any ImageDataset {
    RepeatedDataset(dataset, copies: copies)
  }
  return copies == 1 ? dataset : open(dataset)
}
