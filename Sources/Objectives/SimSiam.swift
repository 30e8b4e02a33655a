// SimSiam: predict what you yourself say of the other view, and let no gradient through that.
//
// Source     Chen & He, CVPR 2021, and its released code
// Formula    p = h(z),  z = g(f(x));  views 1 and 2                                     [N, d]
//            L = −½ (N⁻¹ Σ cos(p₁, sg z₂) + N⁻¹ Σ cos(p₂, sg z₁))                        [], in −1…1
//            sg: the value without its gradient
// Why        BYOL without the moving average: with sg and the predictor h there is no collapse, without
//            either there is.
// Errata     B3: L_BYOL = 4 + 4 L on the same tensors.
// Singular   A row of zeros has the cosine 0.
// Read       BYOL.swift ← this file
// Tests      Tests/ObjectivesTests/SimSiamTests.swift

import Autodiff
import Kernels
import Tensors

/// SimSiam's loss, symmetric in the views.
///
/// - Parameters:
///   - predictions: p₁ and p₂ `[N, d]`, from views 1 and 2.
///   - projections: z₁ and z₂ `[N, d]`; no gradient reaches them from here.
/// - Returns: `[]`, in −1…1; −1 is agreement, or collapse.
public func simSiamLoss<S>(
  predictions: (first: Variable<S>, second: Variable<S>),
  projections: (first: Variable<S>, second: Variable<S>)
) -> Variable<S> {
  let first = cosineSimilarity(predictions.first, projections.second.detached()).mean()
  let second = cosineSimilarity(predictions.second, projections.first.detached()).mean()
  return -0.5 * (first + second)
}
