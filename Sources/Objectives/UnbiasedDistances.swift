// The bias-corrected distance correlation: what is left when independence is to read 0.
//
// Source     Székely & Rizzo, Ann. Statist. 42, 2014, §3; not used by the paper
// Formula    Ãₖₗ = aₖₗ − aₖ./(n − 2) − a.ₗ/(n − 2) + a../((n − 1)(n − 2)), k ≠ l;   Ãₖₖ = 0
//            (A · B) = Σ_{k≠l} Ãₖₗ B̃ₖₗ / (n (n − 3))         an unbiased estimate of dCov²
//            R* = (A · B) / √((A · A)(B · B))                of dCor², in −1…1
// Why        The mean of eq. (3) keeps the diagonal, which is never 0 for unequal rows: in many
//            dimensions it is all that is left, and any two batches read nearly 1 (for independent
//            normal batches of N = 64 in 512 dimensions 0.98). Here they read 0 on average.
// Derivation Centring is linear and its own adjoint, so the pullback centres the gradient.
// Read       PairwiseDistances.swift ← this file → DistanceCorrelation.swift, ChanceLevel.swift
// Tests      Tests/ObjectivesTests/UnbiasedDistanceCorrelationTests.swift

import Autodiff
import Kernels
import Tensors

/// Which estimate of the distance correlation.
public enum CorrelationEstimator: String, CaseIterable, Sendable {
  /// The paper's, eq. (2): the square root of a mean that keeps the diagonal; in 0…1.
  case biased
  /// R* of Székely & Rizzo 2014: an estimate of the square, 0 on average for independent batches.
  case unbiased
}

/// U-centres a distance matrix.
///
/// - Parameter a: `[n, n]`, symmetric; its diagonal is not looked at.
/// - Returns: `[n, n]` with zeros on the diagonal; rows and columns sum to 0. All 0 for n below 4,
///   where nothing is left to compare.
public func unbiasedCentred<S>(_ a: Variable<S>) -> Variable<S> {
  Variable(unbiasedCentred(a.value), pullbacks: [(a, { dA in unbiasedCentred(dA) })])
}

private func unbiasedCentred<S>(_ matrix: Tensor<S>) -> Tensor<S> {
  let n = matrix.shape[0]
  guard n > 3 else { return .zeros(matrix.shape) }
  let others = offDiagonal(n, of: S.self)
  // Moving all distances by one number changes nothing, and leaves exact zeros where all are equal.
  let a = (matrix - Tensor(matrix.buffer[1])) * others
  let rows = a.sum(over: 1, keepingAxes: true).scaled(by: 1 / S(n - 2))
  let columns = a.sum(over: 0, keepingAxes: true).scaled(by: 1 / S(n - 2))
  let total = a.sum().scaled(by: 1 / S((n - 1) * (n - 2)))
  return (a - rows - columns + total) * others
}

/// 1 everywhere but on the diagonal.
func offDiagonal<S>(_ n: Int, of _: S.Type) -> Tensor<S> {
  var scalars = [S](repeating: 1, count: n * n)
  for k in 0..<n { scalars[k * (n + 1)] = 0 }
  return Tensor([n, n], scalars)
}
