// The chance level: what a distance correlation reads when rows are paired at random.
//
// Why        With N rows in many more dimensions the paper's estimate is near 1 for any two batches.
//            A value means something only beside the value that the very same batches would give if
//            row k of one had nothing to do with row k of the other.
// Formula    Over all N! orders π of the rows of Y, each equally likely,
//            E Σₖₗ Aₖₗ B_π(k)π(l) = tr A tr B / (N − 1)
//            so  dCor_chance = √(E dCov² / √(dCov²(X, X) dCov²(Y, Y)))
// Derivation A diagonal entry meets each diagonal entry of B equally often: tr A tr B / N. The others meet
//            each other: (Σ_{k≠l} A)(Σ_{k≠l} B) / (N (N − 1)), and both sums are minus the trace,
//            since centred matrices sum to 0. No order need be drawn, so nothing is random.
// Note       It is the root of the mean square, so by a trace above the mean of dCor. For the
//            bias-corrected estimate both traces are 0 and so is the level.
// Read       DistanceCorrelation.swift ← this file → MVMRObjective.swift
// Tests      Tests/ObjectivesTests/ChanceLevelTests.swift

import Autodiff
import Kernels
import Tensors

/// The distance correlation that chance alone gives two batches: the root mean square over all ways
/// to pair their rows, or 0 for the bias-corrected estimate.
///
/// - Parameters:
///   - x: Centred distances of the first batch.
///   - y: Of the second; the same N and estimator.
/// - Returns: In 0…1; 0 where the distance correlation itself is degenerate. No gradient.
public func chanceLevel<S>(_ x: CentredDistances<S>, _ y: CentredDistances<S>) -> S {
  let n = x.matrix.shape[0]
  let scale = x.variance.value.scalar.squareRoot() * y.variance.value.scalar.squareRoot()
  guard n > 1, scale > 0, x.estimator == .biased else { return 0 }
  let traces = x.matrix.value.diagonal().sum().scalar * y.matrix.value.diagonal().sum().scalar
  return max(0, traces / (S(n) * S(n) * S(n - 1)) / scale).squareRoot()
}
