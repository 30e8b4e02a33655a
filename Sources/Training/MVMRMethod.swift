// MV-MR in a run: eq. (10), with hand-crafted representations or with a teacher.
//
// Source     MV-MR eq. (10); §5.2 for the teacher: L = L₁ + L₂ + β (1 − dCor(Z̃, T)), T [N, D] the teacher's
//            embeddings of the original views, in the place of all hand-crafted representations
// Read       PreTrainingObjective.swift, Teacher.swift ← this file → PreTraining.swift
// Tests      Tests/TrainingTests/DistillationTests.swift

import Autodiff
import Datasets
import Kernels
import Networks
import Objectives
import Randomness
import Tensors

/// The paper's method.
final class MVMRMethod: TrainingMethod {
  let views: ViewPlan
  private let configuration: Configuration
  private let representations: RepresentationSet
  private let teacher: Teacher?

  init(_ configuration: Configuration, teacher: Teacher?) throws {
    self.configuration = configuration
    self.teacher = teacher
    representations = try RepresentationSet(configuration)
    var views = ViewPlan()
    views.teacher = teacher?.plan
    self.views = views
  }

  var needsAugmentedPixels: Bool { teacher == nil && representations.needsAugmentedPixels }

  func step(
    _ batch: PreTrainingBatch, _ encoder: Encoder<Float>, key: RandomKey
  ) throws -> MethodStep {
    let Φ =
      if let teacher {
        [RepresentationBatch(name: "teacher", values: try teacher.embeddings(of: batch))]
      } else {
        representations(batch, key: key)
      }
    let (objective, h, z) = preTrainingObjective(
      encoder, original: batch.original, augmented: batch.augmented, representations: Φ,
      settings: configuration.objective, statistics: configuration.viewStatistics,
      cache: configuration.gradientCache, randomness: key.child("network"))
    return MethodStep(objective: objective, features: h, embedding: z)
  }
}
