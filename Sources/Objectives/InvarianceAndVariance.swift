// L₁: the two embeddings are close, and every dimension keeps its variance.
//
// Source     MV-MR eq. (4)-(7), after VICReg (Bardes, Ponce & LeCun, ICLR 2022)
// Formula    L_MSE(Z, Z̃) = (N d)⁻¹ Σₖ ‖zₖ − z̃ₖ‖²                              (4)
//            v(Z) = d⁻¹ Σⱼ max(0, γ − S(zʲ, ε))                               (5)
//            S(zʲ, ε) = √(Var zʲ + ε),  Var zʲ = (N − 1)⁻¹ Σₖ (zₖⱼ − z̄ⱼ)²       (6)
//            L₁ = λ L_MSE + μ (v(Z) + v(Z̃))                                   (7)
// Motivation Eq. (1): I(z; z̃) = h(z̃) − h(z̃ | z). With bounded variance h(z̃) ≤ d/2 log 2πeσ², so keep
//            the variance up (5); with p(z̃ | z) ∝ exp(−‖z − z̃‖²), h(z̃ | z) falls with (4).
// Shapes     Z, Z̃ [N, d]
// Errata     D5: (4) is the mean over batch and dimensions, as the released code computes it.
//            D4: the released code has ε = 0. Views are summed, not averaged as in VICReg's code.
// Read       Autodiff/Reductions.swift ← this file → MVMRObjective.swift
// Tests      Tests/ObjectivesTests/InvarianceAndVarianceTests.swift

import Autodiff
import Kernels
import Tensors

/// What the squared deviations of equation (6) are divided by (D4).
public enum DeviationEstimator: String, CaseIterable, Sendable {
  /// N − 1.
  case unbiased
  /// N.
  case biased
}

/// The mean squared difference of two embeddings, equation (4).
///
/// - Parameters:
///   - z: Z `[N, d]`.
///   - other: Z̃ `[N, d]`.
///   - scale: Whether to divide by the number of dimensions too (D5).
/// - Returns: `[]`.
public func invarianceLoss<S>(
  _ z: Variable<S>, _ other: Variable<S>, scale: SquaredDifferenceScale = .mean
) -> Variable<S> {
  require(
    z.shape == other.shape,
    "invarianceLoss: shapes \(z.shape) and \(other.shape) differ. To mend: embed both views alike.")
  let squares = (z - other).squared()
  return scale == .mean ? squares.mean() : squares.sum() / S(max(1, z.shape[0]))
}

/// The standard deviation of each dimension over the batch, equation (6).
///
/// - Parameters:
///   - z: `[N, d]`.
///   - epsilon: ε, added to the variance.
///   - estimator: What the variance divides by.
/// - Returns: `[d]`. A batch of one has variance 0.
public func standardDeviation<S>(
  _ z: Variable<S>, epsilon: S, estimator: DeviationEstimator = .unbiased
) -> Variable<S> {
  require(
    z.shape.count == 2 && z.shape[0] > 0, "standardDeviation: shape \(z.shape); needs [N, d].")
  let centred = z - z.mean(over: 0, keepingAxes: true)
  let divisor = estimator == .unbiased ? max(1, z.shape[0] - 1) : z.shape[0]
  let variance = centred.squared().sum(over: 0) / S(divisor)  // [d]
  return (variance + epsilon).squareRoot()
}

/// How far each dimension's deviation falls short of a margin, on average, equation (5).
///
/// - Parameters:
///   - z: `[N, d]`.
///   - margin: γ, in units of the embedding.
///   - epsilon: ε of eq. (6).
///   - estimator: Of the deviation.
/// - Returns: `[]`, in 0…γ.
public func varianceHinge<S>(
  _ z: Variable<S>, margin: S = 1, epsilon: S = 1e-4, estimator: DeviationEstimator = .unbiased
) -> Variable<S> {
  relu(margin - standardDeviation(z, epsilon: epsilon, estimator: estimator)).mean()
}

/// Each row divided by its length, as `normalize_z` asks: z / max(‖z‖, 1e-12).
///
/// - Parameter z: `[N, d]`.
/// - Returns: `[N, d]`; a row of zeros stays zero.
public func lengthNormalized<S>(_ z: Variable<S>) -> Variable<S> {
  let length = z.squared().sum(over: 1, keepingAxes: true).squareRoot()
  // A row of zeros stays zero: the floor is a constant, so it passes no gradient.
  let floor = Variable(length.value.combined(.maximum, with: Tensor(1e-12)) - length.value)
  return z / (length + floor)
}
