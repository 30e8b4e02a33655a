// Barlow Twins: each dimension agrees with itself across two views, and with no other.
//
// Source     Zbontar, Jing, Misra, LeCun & Deny, ICML 2021, and its released code
// Formula    A, B: the columns of X, Y less their mean, over √(Var_N + 10⁻⁵)              [N, d]
//            C = Aᵀ B/N                                                             [d, d], in −1…1
//            L = Σᵢ (Cᵢᵢ − 1)² + λ Σ_{i≠j} Cᵢⱼ²
// Gradient   G = 2 (C − I) on the diagonal, 2 λ C off it;  ∂L/∂A = B Gᵀ/N,  ∂L/∂B = A G/N
// Errata     B2: λ is 0.005 in the paper, 0.0051 in the released code. The variance is the biased one.
// Shapes     X, Y [N, d]
// Singular   A constant dimension has A = 0 and costs 1; so does each dimension of a batch of one.
// Read       VICReg.swift ← this file → BYOL.swift
// Tests      Tests/ObjectivesTests/BarlowTwinsTests.swift

import Autodiff
import Kernels
import Tensors

/// The correlation of every dimension of one view with every dimension of the other.
///
/// - Parameters:
///   - x: `[N, d]`, N at least 1.
///   - y: `[N, d]`.
/// - Returns: C `[d, d]`, in −1…1; 0 for a dimension that is constant.
public func crossCorrelation<S>(_ x: Variable<S>, _ y: Variable<S>) -> Variable<S> {
  require(
    x.shape.count == 2 && x.shape == y.shape && x.shape[0] > 0,
    "crossCorrelation: shapes \(x.shape) and \(y.shape). To mend: [N, d], embed both views alike.")
  let (n, d) = (x.shape[0], x.shape[1])
  func standardized(_ z: Variable<S>) -> Variable<S> {
    batchNorm(z, gain: Variable(.ones([d])), bias: Variable(.zeros([d])), epsilon: 1e-5).output
  }
  return matmul(standardized(x), standardized(y), transposeA: true) / S(n)
}

/// Barlow Twins' loss.
///
/// - Parameters:
///   - x: X `[N, d]`, embeddings of one view.
///   - y: Y `[N, d]`, of the other.
///   - redundancyWeight: λ (B2).
/// - Returns: L with the terms `diagonal` and `off_diagonal` before λ.
public func barlowTwinsLoss<S>(
  _ x: Variable<S>, _ y: Variable<S>, redundancyWeight: S = 0.005
) -> ObjectiveValue<S> {
  let C = crossCorrelation(x, y)
  let off = offDiagonal(C.shape[0], of: S.self)
  let I = Variable(off.scaled(by: -1, plus: 1))
  let diagonal = ((C - 1) * I).squared().sum()
  let redundancy = (C * Variable(off)).squared().sum()
  return ObjectiveValue(
    total: diagonal + redundancyWeight * redundancy,
    terms: [("diagonal", diagonal.value.scalar), ("off_diagonal", redundancy.value.scalar)],
    chance: [])
}
