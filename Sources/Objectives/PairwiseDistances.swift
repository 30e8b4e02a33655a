// Pairwise distances and their double centring: the matrices distance correlation compares.
//
// Source     MV-MR eq. (3); Székely, Rizzo & Bakirov, Ann. Statist. 35, 2007
// Formula    aₖₗ = ‖xₖ − xₗ‖₂                     [N, N]
//            Aₖₗ = aₖₗ − āₖ. − ā.ₗ + ā..           [N, N]
// Derivation ‖xₖ − xₗ‖² = gₖₖ − 2gₖₗ + gₗₗ with the Gram matrix g = X Xᵀ: half a matrix product instead
//            of N² differences. The batch mean is subtracted first, which changes no distance and
//            keeps the terms small, so little cancels. Equal rows have equal entries of g, so their
//            distance is exactly 0. Backward, with Wₖₗ = (dAₖₗ + dAₗₖ)/aₖₗ and W = 0 where a = 0:
//            dX = (diag(W 1) − W) X, again one product.
// Shapes     X [N, p]
// Cost       O(N² p) time, O(N²) memory
// Errata     D6: the released code floors ‖·‖² at 1e-4, so aₖₖ = 0.01, and floored pairs pass no
//            gradient; `DistanceNumerics.clamped` does that, `.exact` does not.
// Read       Autodiff/MatrixProduct.swift ← this file → UnbiasedDistances.swift, DistanceCorrelation.swift
// Tests      Tests/ObjectivesTests/DistanceCorrelationTests.swift

import Autodiff
import Kernels
import Tensors

/// How distances are computed.
public enum DistanceNumerics: String, CaseIterable, Sendable {
  /// The Euclidean distance, 0 between equal rows.
  case exact
  /// As the released code: the squared distance is at least 1e-4, without centring the batch.
  case clamped
}

/// The Euclidean distance of every pair of rows.
///
/// - Parameters:
///   - x: `[N, p]`, one vector a row.
///   - numerics: Exact, or as the released code.
/// - Returns: `[N, N]`, symmetric. Pairs at distance 0 (or clamped) pass no gradient.
public func pairwiseDistances<S>(
  _ x: Variable<S>, numerics: DistanceNumerics = .exact
) -> Variable<S> {
  require(
    x.shape.count == 2,
    "pairwiseDistances: shape \(x.shape). To mend: one vector a row, [N, p]; flatten images first.")
  let n = x.shape[0]
  let X = numerics == .exact ? x.value - x.value.mean(over: 0, keepingAxes: true) : x.value
  let gram = gramMatrix(X)  // [N, N]
  let squares = numerics == .exact ? gram.diagonal() : (X * X).sum(over: 1)  // [N]
  // The norms are added first: gₖₖ + gₗₗ is the same bits as gₗₗ + gₖₖ, so the result is symmetric.
  let squared = squares.reshaped([n, 1]) + squares.reshaped([1, n]) - gram.scaled(by: 2)
  let floor: S = numerics == .exact ? 0 : 1e-4
  // 1 where the distance follows x, 0 where it is floored.
  let free = (squared - floor).map(.isPositive)
  let a = squared.combined(.maximum, with: Tensor(floor)).map(.squareRoot)
  return Variable(
    a,
    pullbacks: [
      (
        x,
        { dA in
          let W = (dA + dA.transposed()) * free / (a + (free.scaled(by: -1, plus: 1)))
          return X * W.sum(over: 1, keepingAxes: true) - matmul(W, X)
        }
      )
    ])
}

/// Subtracts row and column means and adds the grand mean back.
///
/// Centring is a symmetric projection, so the pullback centres the gradient.
///
/// - Parameter a: `[N, N]`, symmetric or not.
/// - Returns: `[N, N]`; rows and columns sum to 0.
public func doubleCentred<S>(_ a: Variable<S>) -> Variable<S> {
  Variable(doubleCentred(a.value), pullbacks: [(a, { dA in doubleCentred(dA) })])
}

// docs: region centring
private func doubleCentred<S>(_ matrix: Tensor<S>) -> Tensor<S> {
  // Centring removes constants, so the first entry may go beforehand: where all entries are equal
  // (a constant batch, clamped) the rest is exactly 0 instead of rounding noise.
  let a = matrix - Tensor(matrix.buffer[0])
  return a - a.mean(over: 1, keepingAxes: true) - a.mean(over: 0, keepingAxes: true) + a.mean()
}
// docs: end centring

extension Tensor {
  /// The diagonal of a square matrix.
  func diagonal() -> Tensor {
    let n = shape[0]
    return reshaped([n * n, 1]).gathered(rows: (0..<n).map { $0 * (n + 1) }).reshaped([n])
  }
}
