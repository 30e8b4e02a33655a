// SEED in a run: one random view for student and teacher, a queue, and small patches where they are wanted.
//
// Source     Fang et al., ICLR 2021, and its released code
// Step       x̃ → f → head → s; x̃ → teacher → t        [N, D]; then the same of M patches an image, in a pass of
//            their own, so with batch statistics of their own
//            L(s, t; Q) (+ L(s′, t′; Q′)) → backward → optimiser;  Q ← t  (Q′ ← the first patch of each image)
// Order      A step's loss never sees its own embeddings in the queue; they enter it afterwards.
// State      `queue` [K, D], `queue_position`; `patch_queue` with patches
// Read       Objectives/SEED.swift, Objectives/SEEDMultiView.swift, Teacher.swift ← this file → PreTraining.swift
// Tests      Tests/TrainingTests/DistillationTests.swift

import Autodiff
import Datasets
import Kernels
import Networks
import Objectives
import Randomness
import Tensors

/// Similarity distillation.
final class SEEDMethod: TrainingMethod {
  let views: ViewPlan
  private let teacher: Teacher
  private let temperatures: SEEDTemperatures
  private var queue: SEEDQueue<Float>
  private var patchQueue: SEEDQueue<Float>?
  /// Of the last batch, until its loss has proved finite.
  private var pending: (whole: Tensor<Float>, patches: Tensor<Float>?)?

  init(_ configuration: Configuration, teacher: Teacher, key: RandomKey) {
    self.teacher = teacher
    let settings = configuration.distillation
    temperatures = settings.temperatures
    func queue(_ name: String) -> SEEDQueue<Float> {
      SEEDQueue(
        capacity: settings.queue, width: teacher.encoder.width, key: key.child(name))
    }
    self.queue = queue("queue")
    patchQueue = settings.patches > 0 ? queue("patch queue") : nil
    var views = ViewPlan()
    views.teacher = teacher.plan
    if settings.patches > 0 {
      views.patches = ViewPlan.Patches(
        count: settings.patches, size: settings.patchSize, policy: settings.patchPolicy,
        teacherSize: teacher.patchSide(settings.patchSize, of: configuration.imageSize))
    }
    self.views = views
  }

  func step(
    _ batch: PreTrainingBatch, _ encoder: Encoder<Float>, key: RandomKey
  ) throws -> MethodStep {
    let mode = Mode.training.drawing(from: key.child("network"))
    let (h, s) = encoder.embed(Variable(batch.augmented), mode: mode)
    let t = try teacher.embeddings(of: batch)
    guard let patchQueue, let patches = batch.planned.patches,
      let patchTeacher = teacher.patchEmbeddings(of: batch)
    else {
      pending = (t, nil)
      return MethodStep(
        objective: seedLoss(s, teacher: t, queue: queue, temperatures: temperatures),
        features: h.value, embedding: s.value)
    }
    let patchMode = Mode.training.drawing(from: key.child("network").child("patches"))
    let small = encoder(Variable(patches), mode: patchMode)
    pending = (t, patchTeacher)
    let objective = seedMultiViewLoss(
      whole: SEEDEmbeddings(student: s, teacher: t),
      patches: SEEDEmbeddings(student: small, teacher: patchTeacher),
      queues: try SEEDMultiViewQueue(whole: queue, patches: patchQueue),
      temperatures: temperatures)
    return MethodStep(objective: objective, features: h.value, embedding: s.value)
  }

  func remember() {
    guard let (t, patchTeacher) = pending else { return }
    pending = nil
    guard let patchTeacher, let small = patchQueue,
      var both = try? SEEDMultiViewQueue(whole: queue, patches: small)
    else {
      queue.append(t)
      return
    }
    both.append(t, patches: patchTeacher)
    (queue, patchQueue) = (both.whole, both.patches)
  }

  var state: [NamedTensor<Float>] {
    var state = [
      NamedTensor(name: "queue", tensor: queue.entries),
      NamedTensor(
        name: "queue_position", tensor: Tensor([], [Float(queue.position)]), isCounter: true),
    ]
    if let patchQueue {
      state.append(NamedTensor(name: "patch_queue", tensor: patchQueue.entries))
    }
    return state
  }

  func restore(_ state: [NamedTensor<Float>]) throws {
    func tensor(_ name: String, _ shape: [Int]) throws -> Tensor<Float> {
      guard let found = state.first(where: { $0.name == name })?.tensor, found.shape == shape else {
        throw TrainingError(
          "the checkpoint has no 'method.\(name)' in shape \(shape)",
          remedy: "resume with the checkpoint of the very same configuration")
      }
      return found
    }
    let position = Int(try tensor("queue_position", []).scalar)
    queue = try SEEDQueue(
      entries: try tensor("queue", queue.entries.shape), position: position)
    if let small = patchQueue {
      patchQueue = try SEEDQueue(
        entries: try tensor("patch_queue", small.entries.shape), position: position)
    }
  }
}
