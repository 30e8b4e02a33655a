// What a method is to a run: a loss of a batch, and what it remembers between steps.
//
// Idea       Data, views, optimiser, schedule, probe, checkpoint and curves are the same for all methods, so the
//            run (PreTraining.swift) owns them. A method computes a loss from a batch; what it keeps besides the
//            encoder's parameters, such as SEED's queue, goes into the checkpoint under its names.
// Names      `method.<name>` in checkpoints
// Read       Teacher.swift ← this file → MVMRMethod.swift, SEEDMethod.swift, SimRegMethod.swift,
//            TwoViewMethods.swift, BYOLMethod.swift
// Tests      Tests/TrainingTests/DistillationTests.swift

import Autodiff
import Datasets
import Kernels
import Networks
import Objectives
import Randomness
import Tensors

/// What a method made of a batch.
struct MethodStep {
  /// The loss with its terms; gradients reach the encoder.
  let objective: ObjectiveValue<Float>
  /// h `[N, features]` of the batch's images, without gradient, for the online probe.
  let features: Tensor<Float>
  /// z `[N, d]`, for watching collapse.
  let embedding: Tensor<Float>
}

/// A loss, and what has to be remembered for it.
protocol TrainingMethod: AnyObject {
  /// What batches carry for it besides an image and its random view.
  var views: ViewPlan { get }
  /// Whether batches carry an independent view for the augmented pixels.
  var needsAugmentedPixels: Bool { get }

  /// The loss of a batch.
  ///
  /// - Parameters:
  ///   - batch: With the views that were asked for.
  ///   - encoder: What is trained; its running statistics are updated.
  ///   - key: Of this batch; draws dropout and whatever else is random in the step.
  /// - Returns: The loss, and what the run watches.
  /// - Throws: When an image or a cache cannot be read.
  func step(
    _ batch: PreTrainingBatch, _ encoder: Encoder<Float>, key: RandomKey
  ) throws -> MethodStep

  /// Called once the loss of a batch has proved finite.
  func remember()

  /// Called after every step of the optimiser.
  ///
  /// - Parameters:
  ///   - encoder: As the step left it.
  ///   - progress: The share of the run's steps that are done, in 0…1.
  func encoderMoved(_ encoder: Encoder<Float>, progress: Double)

  /// What a checkpoint keeps.
  var state: [NamedTensor<Float>] { get }
  /// Takes it over again.
  func restore(_ state: [NamedTensor<Float>]) throws
}

extension TrainingMethod {
  var needsAugmentedPixels: Bool { false }
  func remember() {}
  func encoderMoved(_ encoder: Encoder<Float>, progress: Double) {}
  var state: [NamedTensor<Float>] { [] }
  func restore(_ state: [NamedTensor<Float>]) throws {
    if let extra = state.first {
      throw TrainingError(
        "the checkpoint holds 'method.\(extra.name)', which this method does not know",
        remedy: "resume with the checkpoint of the very same configuration")
    }
  }
}

extension Configuration {
  /// The method's head on the backbone.
  ///
  /// - Throws: `TrainingError` when it is as wide as a teacher that is not known yet.
  func head() throws -> EncoderHead {
    let features = network.featureCount
    func teacherWidth() throws -> Int {
      if let width = teacher.width { return width }
      throw TrainingError(
        "the head of \(method.rawValue) is as wide as the teacher's output, which is not known",
        remedy: "name the teacher, or write teacher.width")
    }
    switch method {
    case .mvmr, .vicReg, .barlowTwins, .byol, .simSiam:
      return .projector(widths: try Projector<Float>.widths(projector))
    case .seed:
      return .layers(
        HeadLayer.perceptron(
          inputs: features, hidden: distillation.hidden ?? features, outputs: try teacherWidth()))
    case .simReg:
      return .layers(
        distillation.head.layers(from: features, to: try teacherWidth()).map { layer in
          switch layer {
          case .linear(let inputs, let outputs):
            .linear(inputs: inputs, outputs: outputs, bias: true)
          case .batchNorm(let width): .batchNorm(width: width)
          case .relu: .relu
          }
        })
    }
  }

  /// The layers behind the projector, of the methods that predict; nil for the others.
  func predictor() throws -> [HeadLayer]? {
    guard method == .byol || method == .simSiam else { return nil }
    let d = try head().outputCount(inputs: network.featureCount)
    // SimSiam narrows to a quarter, BYOL widens.
    let hidden = baseline.hidden ?? (method == .simSiam ? max(1, d / 4) : 4096)
    return HeadLayer.predictor(width: d, hidden: hidden, inputBias: method == .byol)
  }

  /// The method with what it needs.
  func makeMethod(teacher: Teacher?, key: RandomKey) throws -> any TrainingMethod {
    if method.needsTeacher || hasTeacher, teacher == nil {
      throw TrainingError(
        "the configuration has a teacher, so it asks for distillation",
        remedy: "use mvmr distill, or remove the keys of teacher and clip to pre-train without one")
    }
    switch (method, teacher) {
    case (.seed, let teacher?): return SEEDMethod(self, teacher: teacher, key: key)
    case (.simReg, let teacher?): return SimRegMethod(self, teacher: teacher)
    case (.byol, nil): return try BYOLMethod(self)
    case (.vicReg, nil), (.barlowTwins, nil), (.simSiam, nil): return TwoViewMethod(self)
    default: return try MVMRMethod(self, teacher: teacher)
    }
  }
}
