// Distance correlation: how dependent are two batches of vectors?
//
// Source     MV-MR eq. (2), (3), and (11)-(14) of the appendix, which restate them for (Z̃, Z) and
//            (Z̃, Φᵢ); Székely, Rizzo & Bakirov, Ann. Statist. 35, 2007
// Formula    dCov²(X, Y) = N⁻² Σₖₗ Aₖₗ Bₖₗ         distance covariance    []    A, B centred distances
//            dCor(X, Y)  = √(dCov²(X, Y) / √(dCov²(X, X) dCov²(Y, Y)))    [], in 0…1
// Shapes     X [N, p], Y [N, q]; p ≠ q is the point: an embedding meets a HOG descriptor
// Bias       The diagonal stays in the mean, so the value is biased upwards when p, q ≫ N:
//            independent normal batches of N = 256 give 0.17 at p = q = 2 and 0.94 at 512.
// Errata     D7: a constant batch has no distance correlation; here it is 0 with zero gradient
// Read       PairwiseDistances.swift ← this file → MVMRObjective.swift
// Tests      Tests/ObjectivesTests/DistanceCorrelationTests.swift

import Autodiff
import Kernels
import Tensors

/// A batch as distance correlation sees it: its doubly centred distance matrix.
///
/// One batch meets several others in the objective, so its matrix is made once.
public struct CentredDistances<Scalar: KernelScalar> {
  let matrix: Variable<Scalar>  // A [N, N]
  /// dCov²(X, X).
  let variance: Variable<Scalar>

  /// Centred distances of a batch `[N, p]`.
  public init(_ x: Variable<Scalar>, numerics: DistanceNumerics = .exact) {
    matrix = doubleCentred(pairwiseDistances(x, numerics: numerics))
    variance = (matrix * matrix).mean()
  }
}

/// The squared sample distance covariance of two batches, equation (3).
///
/// - Parameters:
///   - x: Centred distances of the first batch.
///   - y: Of the second; the same N, and row k of both from the same image.
/// - Returns: `[]`; negative only by rounding.
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
  return (x.matrix * y.matrix).mean()
}

/// The sample distance correlation of two batches, equation (2).
///
/// - Parameters:
///   - x: Centred distances of the first batch.
///   - y: Of the second; the same N.
/// - Returns: `[]`, unitless, in 0…1; 0 with zero gradient when a batch is constant, NaN when a
///   batch holds a NaN.
public func distanceCorrelation<S>(
  _ x: CentredDistances<S>, _ y: CentredDistances<S>
) -> Variable<S> {
  let covariance = distanceCovarianceSquared(x, y)
  // √a · √b rather than √(a · b): the product of two variances leaves the range of Float early.
  let scale = x.variance.squareRoot() * y.variance.squareRoot()
  // D7. A NaN compares false and goes on: a broken batch must not pass for a constant one.
  if covariance.value.scalar <= 0 || scale.value.scalar <= 0 { return Variable(.zeros([])) }
  return (covariance / scale).squareRoot()
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
/// - Returns: `[]`, unitless, in 0…1; 0 with zero gradient when a batch is constant.
public func distanceCorrelation<S>(
  _ x: Variable<S>, _ y: Variable<S>, numerics: DistanceNumerics = .exact
) -> Variable<S> {
  distanceCorrelation(
    CentredDistances(x, numerics: numerics), CentredDistances(y, numerics: numerics))
}
