// The cosine of two vectors: what SEED, SimReg, BYOL and SimSiam measure nearness by.
//
// Formula    cos(x, y) = ⟨x/‖x‖, y/‖y‖⟩                                       [N], in −1…1
//            ‖x/‖x‖ − y/‖y‖‖² = 2 − 2 cos(x, y)
// Gradient   ∂cos/∂x = (ŷ − cos x̂)/‖x‖: along the sphere, never along x, so a length is free to drift
// Singular   A row of zeros has no direction: its cosine is 0.
// Read       InvarianceAndVariance.swift ← this file → SEED.swift, SimReg.swift, BYOL.swift, SimSiam.swift
// Tests      Tests/ObjectivesTests/CosineSimilarityTests.swift

import Autodiff
import Kernels
import Tensors

/// The cosine between rows of the same number.
///
/// - Parameters:
///   - x: `[N, d]`, N at least 1.
///   - y: `[N, d]`.
/// - Returns: `[N]`, unitless, in −1…1; 0 for a row of zeros.
public func cosineSimilarity<S>(_ x: Variable<S>, _ y: Variable<S>) -> Variable<S> {
  require(
    x.shape.count == 2 && x.shape == y.shape && x.shape[0] > 0,
    """
    cosineSimilarity: shapes \(x.shape) and \(y.shape).
      To mend: one vector a row, [N, d], and as many rows and columns in both.
    """)
  return (lengthNormalized(x) * lengthNormalized(y)).sum(over: 1)
}
