// SimReg: a student with a head on top regresses its teacher's feature.
//
// Source     Navaneet, Koohpayegani, Tejankar & Pirsiavash, BMVC 2021, and its released code
// Formula    q̂ = g(f_S(x))/‖g(f_S(x))‖,  t̂ = f_T(x′)/‖f_T(x′)‖                       [N, D]
//            L = N⁻¹ Σᵢ ‖q̂ᵢ − t̂ᵢ‖² = N⁻¹ Σᵢ (2 − 2 q̂ᵢ·t̂ᵢ)                            [], in 0…4
// Gradient   ∂L/∂q̂ᵢ = −2 t̂ᵢ/N; none reaches the teacher
// Views      x and x′ come from one image; the formula is the same for all four. The released recipe has
//            one weak view (crop, flip) for both, x′ = x; two weak views, a strong one for the student
//            beside a weak one for the teacher, or two strong ones are its options.
// Teachers   With several, each has a head of its own and L is the mean of their losses (R19: in the paper,
//            not in the released code).
// Errata     R2: "MSE" sums over dimensions, L is D times the mean over all numbers. R1: the released
//            option for vectors that are not normalised computes the same, since they already are.
// Singular   A row of zeros has no direction and costs 2, as one at a right angle does.
// Read       CosineSimilarity.swift ← this file → SimRegHead.swift
// Tests      Tests/ObjectivesTests/SimRegTests.swift

import Autodiff
import Kernels
import Tensors

/// The squared distance of normalised prediction and teacher.
///
/// - Parameters:
///   - prediction: g(f_S(x)) `[N, D]`, of any length.
///   - teacher: f_T(x′) `[N, D]`, row i of the same image; a constant.
///   - scale: What the squares are divided by (R2): the batch, or the number of dimensions too.
/// - Returns: `[]`, in 0…4 (0…4/D); 2 (2/D) for directions at a right angle.
public func simRegLoss<S>(
  _ prediction: Variable<S>, teacher: Tensor<S>, scale: SquaredDifferenceScale = .batch
) -> Variable<S> {
  require(
    prediction.shape == teacher.shape,
    """
    simRegLoss: prediction \(prediction.shape), teacher \(teacher.shape).
      To mend: a head on the student gives it the teacher's length.
    """)
  let distance = 2 - 2 * cosineSimilarity(prediction, Variable(teacher)).mean()
  return scale == .batch ? distance : distance / S(teacher.shape[1])
}

/// The mean over several teachers, each predicted by a head of its own (R19).
///
/// - Parameters:
///   - predictions: One `[N, Dₘ]` a teacher; widths may differ.
///   - teachers: `[N, Dₘ]` in the same order; at least one.
///   - scale: As for one teacher.
/// - Returns: `[]`.
public func simRegLoss<S>(
  _ predictions: [Variable<S>], teachers: [Tensor<S>], scale: SquaredDifferenceScale = .batch
) -> Variable<S> {
  require(
    predictions.count == teachers.count,
    "simRegLoss: \(predictions.count) predictions, \(teachers.count) teachers. "
      + "To mend: one head a teacher.")
  let losses = zip(predictions, teachers).map { simRegLoss($0, teacher: $1, scale: scale) }
  guard let first = losses.first else { fatalError("simRegLoss: no teacher. To mend: name one.") }
  return losses.dropFirst().reduce(first, +) / S(losses.count)
}
