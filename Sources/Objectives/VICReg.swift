// VICReg: embeddings of two views close, every dimension spread out, no two dimensions alike.
//
// Source     Bardes, Ponce & LeCun, ICLR 2022, and its released code
// Formula    inv = (N d)⁻¹ ‖X − Y‖²
//            v(X) = d⁻¹ Σⱼ max(0, γ − √(Var xʲ + ε))
//            C(X) = (N − 1)⁻¹ X̄ᵀ X̄                   covariance of the dimensions           [d, d]
//            c(X) = d⁻¹ Σ_{i≠j} C(X)ᵢⱼ²
//            L = 25 inv + 25 (v(X) + v(Y))/2 + 1 (c(X) + c(Y))
// Gradient   ∂c/∂X = 4 (d (N − 1))⁻¹ X̄ off(C): what MV-MR has instead is a distance correlation
// Errata     B1: the paper sums v over the views and divides inv by N alone, and its pseudocode sums v too;
//            the released code, whose results are quoted, does as above. Both have a choice here.
// Shapes     X, Y [N, d]
// Singular   A constant batch, or a batch of one, has C = 0 and passes no gradient through v and c.
// Read       InvarianceAndVariance.swift ← this file → BarlowTwins.swift
// Tests      Tests/ObjectivesTests/VICRegTests.swift

import Autodiff
import Kernels
import Tensors

/// Weights and choices of VICReg.
public struct VICRegSettings: Hashable, Sendable {
  /// Of the squared difference.
  public var invarianceWeight = 25.0
  /// Of the hinge.
  public var varianceWeight = 25.0
  /// Of the squared covariances.
  public var covarianceWeight = 1.0
  /// γ, in units of the embedding.
  public var margin = 1.0
  /// ε, under the root.
  public var epsilon = 1e-4
  /// Whether the hinge is the mean over both views, or their sum (B1).
  public var averagesViews = true
  /// What the squared difference is divided by (B1).
  public var squaredDifference = SquaredDifferenceScale.mean

  /// Those of the released code.
  public init() {}

  /// Those of the paper (B1).
  public static var paper: VICRegSettings {
    var settings = VICRegSettings()
    settings.averagesViews = false
    settings.squaredDifference = .batch
    return settings
  }
}

/// The squared covariances of different dimensions, c(X).
///
/// - Parameter x: `[N, d]`, N at least 1.
/// - Returns: `[]`; 0 for a batch of one.
public func covariancePenalty<S>(_ x: Variable<S>) -> Variable<S> {
  require(
    x.shape.count == 2 && x.shape[0] > 0, "covariancePenalty: shape \(x.shape); needs [N, d].")
  let (n, d) = (x.shape[0], x.shape[1])
  let X̄ = x - x.mean(over: 0, keepingAxes: true)
  let C = matmul(X̄, X̄, transposeA: true) / S(max(1, n - 1))  // [d, d]
  return (C * Variable(offDiagonal(d, of: S.self))).squared().sum() / S(d)
}

/// VICReg's loss.
///
/// - Parameters:
///   - x: X `[N, d]`, embeddings of one view.
///   - y: Y `[N, d]`, of the other.
///   - settings: Weights and choices.
/// - Returns: L with the terms `MSE`, `STD` and `COV` before their weights.
public func vicRegLoss<S>(
  _ x: Variable<S>, _ y: Variable<S>, settings: VICRegSettings = VICRegSettings()
) -> ObjectiveValue<S> {
  let (γ, ε) = (S(settings.margin), S(settings.epsilon))
  let inv = invarianceLoss(x, y, scale: settings.squaredDifference)
  let hinges = varianceHinge(x, margin: γ, epsilon: ε) + varianceHinge(y, margin: γ, epsilon: ε)
  let v = settings.averagesViews ? hinges / 2 : hinges
  let c = covariancePenalty(x) + covariancePenalty(y)
  let L =
    S(settings.invarianceWeight) * inv + S(settings.varianceWeight) * v
    + S(settings.covarianceWeight) * c
  return ObjectiveValue(
    total: L,
    terms: [("MSE", inv.value.scalar), ("STD", v.value.scalar), ("COV", c.value.scalar)],
    chance: [])
}
