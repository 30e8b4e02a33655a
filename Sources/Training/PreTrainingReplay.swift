// The main job in any number type, one step at a time, with everything it computes in view.
//
// Idea       `PreTraining` trains in Float and keeps what training needs. The fingerprint and the traces
//            of the oracle want the same job in Double too, and see its tensors. Batches, views,
//            representations, objective, optimiser and schedule are those of `PreTraining`; images and
//            representations are made in Float and converted exactly, so both types see one input.
// Step       x̃, x → h̃, h → z̃, z → L(z, z̃, Φ) → gradients → parameters                  MV-MR eq. (10)
// Read       PreTraining.swift ← this file → Fingerprint.swift, Oracle/TrainingTrace.swift
// Tests      Tests/TrainingTests/PreTrainingReplayTests.swift

import Autodiff
import Datasets
import Kernels
import Networks
import Objectives
import Tensors

/// What one step computed.
public struct ReplayedStep<S: KernelScalar> {
  /// Number of the step, from 1.
  public let step: Int
  /// Its images, as `PreTraining` gets them.
  public let batch: PreTrainingBatch
  /// x and x̃ `[N, height, width, 3]`, normalised.
  public let views: (original: Tensor<S>, augmented: Tensor<S>)
  /// Φᵢ `[N, pᵢ]`.
  public let representations: [RepresentationBatch<S>]
  /// h and h̃, z and z̃.
  public let embedded: EmbeddedViews<S>
  /// L and its terms.
  public let objective: ObjectiveValue<S>
  /// ∂L/∂z and ∂L/∂z̃.
  public let embeddingGradients: (original: Tensor<S>, augmented: Tensor<S>)
  /// ∂L/∂θ before clipping, in the order and layout of the state dictionary.
  public let gradients: [NamedTensor<S>]
  /// η.
  public let learningRate: Double
}

/// The main job, replayed from its beginning.
public final class PreTrainingReplay<S: KernelScalar> {
  /// What decides it.
  public let configuration: Configuration
  /// The network, as the last step left it.
  public let encoder: Encoder<S>
  private let run: PreTraining
  private let representations: RepresentationSet
  private let optimizer: Optimizer<S>
  private let loader: PrefetchingLoader<PreTrainingBatch>

  /// A job at its beginning.
  ///
  /// - Parameters:
  ///   - configuration: What decides it.
  ///   - data: Its data.
  /// - Throws: When the configuration asks for something this recipe does not do.
  public init(_ configuration: Configuration, data: DataSource) throws {
    guard configuration.accumulation == 1 else {
      throw TrainingError(
        "the replay takes one step a batch, the configuration accumulates "
          + "\(configuration.accumulation)",
        remedy: "set accumulate_grad_batches=1")
    }
    guard configuration.gradientCache == nil else {
      throw TrainingError(
        "the replay shows the gradients of one pass, the configuration embeds in chunks",
        remedy: "set gradient_cache.chunk=0")
    }
    guard configuration.method == .mvmr else {
      throw TrainingError(
        "the replay shows eq. (10), the configuration's method is \(configuration.method.rawValue)",
        remedy: "write method: mv-mr")
    }
    self.configuration = configuration
    run = try PreTraining(configuration, data: data)
    representations = try RepresentationSet(configuration)
    encoder = try PreTraining.randomEncoder(configuration, of: S.self)
    optimizer = Optimizer(
      configuration.optimizer, of: encoder, weightDecay: configuration.weightDecay)
    loader = run.remainingBatches()
  }

  /// Takes the next step.
  ///
  /// - Returns: What it computed; nil when the configured epochs are over.
  public func step() throws -> ReplayedStep<S>? {
    guard let batch = try loader.next() else { return nil }
    return try Winograd.$isAllowed.withValue(configuration.usesWinograd) { try take(batch) }
  }

  private func take(_ batch: PreTrainingBatch) throws -> ReplayedStep<S> {
    let x = batch.original.converted(to: S.self)
    let x̃ = batch.augmented.converted(to: S.self)
    let key = run.stepKey(batch)
    let Φ = representations(batch, key: key).map {
      RepresentationBatch(name: $0.name, values: $0.values.converted(to: S.self))
    }
    let embedded = embedViews(
      encoder, original: x, augmented: x̃, statistics: configuration.viewStatistics,
      randomness: key.child("network"))
    // The gradients at the embeddings are read off as they pass; nothing else changes.
    let seen = (original: Passing<S>(), augmented: Passing<S>())
    let objective = mvmrObjective(
      z: seen.original.watch(embedded.embeddings.original),
      augmented: seen.augmented.watch(embedded.embeddings.augmented), representations: Φ,
      settings: configuration.objective)
    objective.total.backward()
    let gradients = encoder.gradientDictionary()
    let η = run.schedule.learningRate(
      step: optimizer.steps, base: configuration.learningRate)
    if let limit = configuration.gradientClip { optimizer.clipGradients(to: limit) }
    optimizer.step(learningRate: η)
    let zero = Tensor<S>.zeros(embedded.embeddings.original.shape)
    return ReplayedStep(
      step: optimizer.steps, batch: batch, views: (x, x̃), representations: Φ, embedded: embedded,
      objective: objective,
      embeddingGradients: (seen.original.gradient ?? zero, seen.augmented.gradient ?? zero),
      gradients: gradients, learningRate: η)
  }
}

/// A gradient on its way.
private final class Passing<S: KernelScalar> {
  private(set) var gradient: Tensor<S>?

  /// The same variable; its gradient is remembered when it comes back.
  func watch(_ x: Variable<S>) -> Variable<S> {
    Variable(
      x.value,
      pullbacks: [
        (
          x,
          { [self] dX in
            gradient = dX
            return dX
          }
        )
      ])
  }
}
