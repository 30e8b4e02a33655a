// BYOL: predict what a slowly moving copy of yourself says of the other view.
//
// Source     Grill et al., NeurIPS 2020
// Formula    p₁, p₂: predictions of the network from views 1 and 2                      [N, d]
//            z₁, z₂: projections of its moving average, from the same views             [N, d]
//            L = N⁻¹ Σᵢ ‖p̂₁ − ẑ₂‖² + N⁻¹ Σᵢ ‖p̂₂ − ẑ₁‖²
//              = (2 − 2 cos(p₁, z₂)) + (2 − 2 cos(p₂, z₁))                              [], in 0…8
// Gradient   ∂/∂p (2 − 2 cos) = −2 (ẑ − (ẑ·p̂) p̂)/(N ‖p‖); none reaches the moving average
// Why        No negatives and no variance term: that it does not collapse rests on predictor and average.
// Errata     B3: L = 4 + 4 L_SimSiam on the same tensors; curves of the two are not comparable.
// Singular   A row of zeros costs 2 in its half.
// Read       CosineSimilarity.swift ← this file → SimSiam.swift
// Tests      Tests/ObjectivesTests/BYOLTests.swift

import Autodiff
import Kernels
import Tensors

/// BYOL's loss, symmetric in the views.
///
/// - Parameters:
///   - predictions: p₁ and p₂ `[N, d]`, from views 1 and 2.
///   - targets: z₁ and z₂ `[N, d]` of the moving average, from views 1 and 2; constants. Each is what the
///     prediction from the other view aims at.
/// - Returns: `[]`, in 0…8.
public func byolLoss<S>(
  predictions: (first: Variable<S>, second: Variable<S>),
  targets: (first: Tensor<S>, second: Tensor<S>)
) -> Variable<S> {
  let first = cosineSimilarity(predictions.first, Variable(targets.second)).mean()
  let second = cosineSimilarity(predictions.second, Variable(targets.first)).mean()
  return (2 - 2 * first) + (2 - 2 * second)
}
