// Distance correlation: how dependent are two batches of vectors?
//
// Source     MV-MR eq. (2), (3), and (11)-(14) of the appendix, which restate them for (Z̃, Z) and
//            (Z̃, Φᵢ); Székely, Rizzo & Bakirov, Ann. Statist. 35, 2007
// Formula    dCov²(X, Y) = N⁻² Σₖₗ Aₖₗ Bₖₗ         distance covariance    []    A, B centred distances
//            dCor(X, Y)  = √(dCov²(X, Y) / √(dCov²(X, X) dCov²(Y, Y)))    [], in 0…1
// Shapes     X [N, p], Y [N, q]; p ≠ q is the point: an embedding meets a HOG descriptor
// Bias       The diagonal stays in the mean, so the value is biased upwards when p, q ≫ N:
//            independent normal batches of N = 256 give 0.17 at p = q = 2 and 0.94 at 512.
//            UnbiasedDistances.swift corrects it, ChanceLevel.swift says how large it is.
// Errata     D7: a constant batch has no distance correlation; here it is 0 with zero gradient, in the
//            released code NaN
// Read       PairwiseDistances.swift, UnbiasedDistances.swift ← this file → ChanceLevel.swift
// Tests      Tests/ObjectivesTests/DistanceCorrelationTests.swift

import Autodiff
import Kernels
import Tensors

/// What a batch without any distance correlates with another (D7).
public enum DegenerateCorrelation: String, CaseIterable, Sendable {
  /// 0, with zero gradient.
  case zero
  /// Not a number, as in the released code; training then stops.
  case notANumber = "nan"
}

/// A batch as distance correlation sees it: its centred distance matrix.
///
/// One batch meets several others in the objective, so its matrix is made once.
public struct CentredDistances<Scalar: KernelScalar> {
  let matrix: Variable<Scalar>  // A [N, N]
  /// dCov²(X, X).
  let variance: Variable<Scalar>
  let estimator: CorrelationEstimator

  /// Centred distances of a batch `[N, p]`.
  public init(
    _ x: Variable<Scalar>, numerics: DistanceNumerics = .exact,
    estimator: CorrelationEstimator = .biased
  ) {
    let distances = pairwiseDistances(x, numerics: numerics)
    matrix = estimator == .biased ? doubleCentred(distances) : unbiasedCentred(distances)
    variance = averaged(matrix * matrix, estimator)
    self.estimator = estimator
  }
}

/// N⁻² Σ of the paper, or (N (N − 3))⁻¹ Σ of the bias-corrected estimate.
private func averaged<S>(_ product: Variable<S>, _ estimator: CorrelationEstimator) -> Variable<S> {
  if estimator == .biased { return product.mean() }
  let n = product.shape[0]
  return product.sum() / S(max(1, n * (n - 3)))
}

/// The squared sample distance covariance of two batches, equation (3).
///
/// - Parameters:
///   - x: Centred distances of the first batch.
///   - y: Of the second; the same N, and row k of both from the same image.
/// - Returns: `[]`; negative only by rounding, or when it is bias-corrected.
public func distanceCovarianceSquared<S>(
  _ x: CentredDistances<S>, _ y: CentredDistances<S>
) -> Variable<S> {
  require(
    x.matrix.shape == y.matrix.shape,
    """
    distance covariance: the batches differ in length.
      x has \(x.matrix.shape[0]) rows, y \(y.matrix.shape[0]): row k of each must be the same image.
      To mend: take x and y from one batch, before either is shuffled.
    """)
  require(
    x.estimator == y.estimator,
    "distance covariance: one batch is bias-corrected. To mend: give both the same estimator.")
  return averaged(x.matrix * y.matrix, x.estimator)
}

/// The sample distance correlation of two batches, equation (2).
///
/// - Parameters:
///   - x: Centred distances of the first batch.
///   - y: Of the second; the same N.
///   - degenerate: What a constant batch gives.
/// - Returns: `[]`, unitless, in 0…1; 0 with zero gradient when a batch is constant, NaN when a
///   batch holds a NaN. Bias-corrected: an estimate of the square, in −1…1.
public func distanceCorrelation<S>(
  _ x: CentredDistances<S>, _ y: CentredDistances<S>, degenerate: DegenerateCorrelation = .zero
) -> Variable<S> {
  let covariance = distanceCovarianceSquared(x, y)
  // √a · √b rather than √(a · b): the product of two variances leaves the range of Float early.
  let scale = x.variance.squareRoot() * y.variance.squareRoot()
  // D7. A NaN compares false and goes on: a broken batch must not pass for a constant one.
  let (product, size) = (covariance.value.scalar, scale.value.scalar)
  let isConstant = size <= 0
  if isConstant || (x.estimator == .biased && product <= 0) {
    let isNaN = degenerate == .notANumber && (isConstant || product < 0)
    return Variable(Tensor(isNaN ? .nan : 0))
  }
  return x.estimator == .biased ? (covariance / scale).squareRoot() : covariance / scale
}

/// The sample distance correlation of two batches that share their rows, equation (2).
///
/// Exactly 1 when one batch is a scaled isometry of the other; never changed by moving, rotating or
/// scaling either.
///
/// - Parameters:
///   - x: `[N, p]`, one vector a row.
///   - y: `[N, q]`; row k must come from the same image as row k of `x`.
///   - numerics: Exact distances, or as the released code.
///   - estimator: The paper's, or bias-corrected.
/// - Returns: `[]`, unitless, in 0…1; 0 with zero gradient when a batch is constant.
public func distanceCorrelation<S>(
  _ x: Variable<S>, _ y: Variable<S>, numerics: DistanceNumerics = .exact,
  estimator: CorrelationEstimator = .biased
) -> Variable<S> {
  distanceCorrelation(
    CentredDistances(x, numerics: numerics, estimator: estimator),
    CentredDistances(y, numerics: numerics, estimator: estimator))
}
