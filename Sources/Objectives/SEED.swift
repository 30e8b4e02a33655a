// SEED: a student learns how similar its teacher finds an image to thousands of others.
//
// Source     Fang, Wang, Wang, Zhang, Yang & Liu, ICLR 2021, and its released code
// Formula    s = f_S(x)/‖f_S(x)‖,  t = f_T(x)/‖f_T(x)‖          of the very same view     [N, D]
//            dᵢ₀ = tᵢ,  dᵢₖ = qₖ for k in 1…K                    the dictionary of image i
//            pˢᵢₖ = softmaxₖ(sᵢ·dᵢₖ/τ_S),  pᵗᵢₖ = softmaxₖ(tᵢ·dᵢₖ/τ_T)                    [N, K + 1]
//            L = −N⁻¹ Σᵢ Σₖ pᵗᵢₖ log pˢᵢₖ                                                 []
// Gradient   ∂L/∂sᵢ = (N τ_S)⁻¹ Σₖ (pˢᵢₖ − pᵗᵢₖ) dᵢₖ; none reaches the teacher or the queue
// Reading    tᵢ·dᵢ₀ = 1, so the image itself is always the teacher's first choice. L is a cross-entropy: it
//            ends at the entropy of pᵗ, not at 0; KL, which does, is logged beside it.
// Limit      τ_T → 0 makes pᵗ one-hot, and L the InfoNCE loss with the teacher's embedding as positive.
// Errata     S1: τ_T is 0.01 in the paper and 1e-4 by default in the released code, where the target is all
//            but one-hot. S10: its half-precision logits, a grid of 8 at 1/τ_T = 10⁴, are not imitated.
// Read       SEEDQueue.swift ← this file → SEEDMultiView.swift
// Tests      Tests/ObjectivesTests/SEEDTests.swift

import Autodiff
import Kernels
import Tensors

/// How sharply student and teacher tell near from far (S1).
public struct SEEDTemperatures: Hashable, Sendable {
  /// τ_S, in units of a cosine; above 0.
  public var student: Double
  /// τ_T.
  public var teacher: Double

  /// Temperatures.
  public init(student: Double, teacher: Double) {
    self.student = student
    self.teacher = teacher
  }

  /// 0.2 and 0.01.
  public static let paper = SEEDTemperatures(student: 0.2, teacher: 0.01)
  /// 0.2 and 1e-4.
  public static let releasedCode = SEEDTemperatures(student: 0.2, teacher: 1e-4)
}

/// The cross-entropy between what teacher and student find similar.
///
/// - Parameters:
///   - student: f_S(x) `[N, D]`, of any length.
///   - teacher: f_T(x) `[N, D]`, row i of the same view as row i of `student`; a constant.
///   - queue: As it was before this batch; append `teacher` to it afterwards.
///   - temperatures: τ_S and τ_T.
/// - Returns: L in nats, with the terms `SEED`, which is L, and `KL`, which ends at 0.
public func seedLoss<S>(
  _ student: Variable<S>, teacher: Tensor<S>, queue: SEEDQueue<S>,
  temperatures: SEEDTemperatures = .paper
) -> ObjectiveValue<S> {
  require(
    student.shape == teacher.shape && teacher.rank == 2 && teacher.shape[1] == queue.width,
    """
    seedLoss: student \(student.shape), teacher \(teacher.shape), queue \(queue.entries.shape).
      To mend: [N, D], [N, D] and [K, D]; a head on the student gives it the teacher's D.
    """)
  require(
    temperatures.student > 0 && temperatures.teacher > 0,
    "seedLoss: \(temperatures). To mend: both above 0.")
  let (n, τS, τT) = (S(student.shape[0]), S(temperatures.student), S(temperatures.teacher))
  let s = lengthNormalized(student)
  let t = lengthNormalized(Variable(teacher))
  func logProbabilities(_ x: Variable<S>, _ τ: S) -> Variable<S> {
    let own = cosineSimilarity(x, t).reshaped([x.shape[0], 1])
    let others = matmul(x, Variable(queue.entries), transposeB: true)  // [N, K]
    return logSoftmax(Variable.concatenated([own, others], axis: 1) / τ)
  }
  let logTarget = logProbabilities(t, τT)
  let pT = logTarget.exponential()
  let L = -(pT * logProbabilities(s, τS)).sum() / n
  let entropy = -(pT * logTarget).sum() / n
  return ObjectiveValue(
    total: L,
    terms: [("SEED", L.value.scalar), ("KL", L.value.scalar - entropy.value.scalar)], chance: [])
}
