// SimReg in a run: the student's head predicts the teacher's feature.
//
// Source     Navaneet et al., BMVC 2021, and its released code
// Step       x̃ → f → head → q; a view of the same image → teacher → t       [N, D]
//            L = N⁻¹ Σ ‖q̂ − t̂‖² → backward → optimiser
// Views      `dataset.aug_policy` draws the student's view; `teacher.view` is student (the released recipe, one weak
//            view for both), independent (drawn by `teacher.aug_policy`: weak beside weak or strong) or original
//            (features that could have been computed beforehand)
// Read       Objectives/SimReg.swift, Objectives/SimRegHead.swift, Teacher.swift ← this file → PreTraining.swift
// Tests      Tests/TrainingTests/DistillationTests.swift

import Autodiff
import Datasets
import Kernels
import Networks
import Objectives
import Randomness
import Tensors

/// Regression of a teacher's features.
final class SimRegMethod: TrainingMethod {
  let views: ViewPlan
  private let teacher: Teacher
  private let scale: SquaredDifferenceScale

  init(_ configuration: Configuration, teacher: Teacher) {
    self.teacher = teacher
    scale = configuration.distillation.squaredDifference
    var views = ViewPlan()
    views.teacher = teacher.plan
    self.views = views
  }

  func step(
    _ batch: PreTrainingBatch, _ encoder: Encoder<Float>, key: RandomKey
  ) throws -> MethodStep {
    let mode = Mode.training.drawing(from: key.child("network"))
    let (h, q) = encoder.embed(Variable(batch.augmented), mode: mode)
    let loss = simRegLoss(q, teacher: try teacher.embeddings(of: batch), scale: scale)
    return MethodStep(
      objective: ObjectiveValue(
        total: loss, terms: [("SimReg", loss.value.scalar)], chance: []),
      features: h.value, embedding: q.value)
  }
}
