// The objective of one batch: both views through the encoder, then every term.
//
// Source     MV-MR §4, eq. (10)
// Idea       x̃ → f → g → z̃ and x → f → g → z, then L(z, z̃, Φ). Generic, so that a test runs it in Double.
// Errata     D51: batch norm sees the views one after the other, or together
// Shapes     x, x̃ [N, height, width, 3] → z, z̃ [N, d]
// Read       Networks/Encoder.swift, Objectives/MVMRObjective.swift ← this file → GradientCaching.swift
// Tests      Tests/TrainingTests/TrainingStepTests.swift, TrainingDisagreementTests.swift

import Autodiff
import Kernels
import Networks
import Objectives
import Randomness
import Tensors

/// How the two views of a batch meet batch norm (D51).
public enum ViewStatistics: String, CaseIterable, Sendable {
  /// Two passes, each with statistics of its own, the augmented view first.
  case apart
  /// One pass of both views, with common statistics.
  case together
}

/// Both views of a batch after the encoder, before any loss.
public struct EmbeddedViews<S: KernelScalar> {
  /// h and h̃ `[N, features]`: what the backbone says of the original and of the augmented view.
  public let features: (original: Variable<S>, augmented: Variable<S>)
  /// z and z̃ `[N, d]`: what the projector makes of it.
  public let embeddings: (original: Variable<S>, augmented: Variable<S>)
}

/// Sends both views through the encoder.
///
/// - Parameters:
///   - encoder: f and g; its running statistics are updated, by the augmented view first.
///   - original: x `[N, height, width, 3]`, normalised.
///   - augmented: x̃, of x's shape.
///   - statistics: Whether the views pass one after the other, or together.
///   - randomness: Draws what dropout and stochastic depth leave out; without it nothing is.
/// - Returns: Features and embeddings of both.
public func embedViews<S>(
  _ encoder: Encoder<S>, original: Tensor<S>, augmented: Tensor<S>,
  statistics: ViewStatistics = .apart, randomness: RandomKey? = nil
) -> EmbeddedViews<S> {
  func mode(_ view: String) -> Mode {
    randomness.map { Mode.training.drawing(from: $0.child(view)) } ?? .training
  }
  switch statistics {
  case .apart:
    let (h̃, z̃) = encoder.embed(Variable(augmented), mode: mode("augmented"))
    let (h, z) = encoder.embed(Variable(original), mode: mode("original"))
    return EmbeddedViews(features: (h, h̃), embeddings: (z, z̃))
  case .together:
    let n = original.shape[0]
    let both = Tensor.concatenated([augmented, original], axis: 0)
    let (h, z) = encoder.embed(Variable(both), mode: mode("both"))
    return EmbeddedViews(
      features: (h.slice(n..<2 * n, axis: 0), h.slice(0..<n, axis: 0)),
      embeddings: (z.slice(n..<2 * n, axis: 0), z.slice(0..<n, axis: 0)))
  }
}

/// The objective of one batch, and the features of its original images.
///
/// - Parameters:
///   - encoder: f and g; its running statistics are updated.
///   - original: x `[N, height, width, 3]`, normalised.
///   - augmented: x̃, of x's shape.
///   - representations: Φᵢ of x.
///   - settings: Weights and numerics.
///   - statistics: Whether the views pass one after the other, or together.
///   - cache: Chunks in which the views pass instead, one after the other.
///   - randomness: Draws what dropout and stochastic depth leave out; without it nothing is.
/// - Returns: L with its terms; h `[N, features]` and z `[N, d]` without gradient.
public func preTrainingObjective<S>(
  _ encoder: Encoder<S>, original: Tensor<S>, augmented: Tensor<S>,
  representations: [RepresentationBatch<S>], settings: ObjectiveSettings,
  statistics: ViewStatistics = .apart, cache: GradientCache? = nil, randomness: RandomKey? = nil
) -> (objective: ObjectiveValue<S>, features: Tensor<S>, embedding: Tensor<S>) {
  let views =
    cache.map {
      embedViews(
        encoder, original: original, augmented: augmented, cache: $0, randomness: randomness)
    }
    ?? embedViews(
      encoder, original: original, augmented: augmented, statistics: statistics,
      randomness: randomness)
  let (z, z̃) = views.embeddings
  let objective = mvmrObjective(
    z: z, augmented: z̃, representations: representations, settings: settings)
  return (objective, views.features.original.value, z.value)
}
