// The baselines in a run: VICReg, Barlow Twins, SimSiam. Two random views, one encoder, one loss.
//
// Source     Bardes et al., ICLR 2022; Zbontar et al., ICML 2021; Chen & He, CVPR 2021
// Step       x̃₁ → f → g → z₁; x̃₂ → f → g → z₂            each pass with batch statistics of its own
//            SimSiam: p = predictor(z), and the loss of (p₁, z₂) and (p₂, z₁)
//            L → backward → optimiser
// Difference Optimiser and schedule are the configuration's; the papers' LARS is not here. The projector is that of
//            `encoder.out_dim`: SimSiam's own ends with one more batch norm.
// Read       Objectives/VICReg.swift, Objectives/BarlowTwins.swift, Objectives/SimSiam.swift,
//            TrainingMethod.swift ← this file → BYOLMethod.swift
// Tests      Tests/TrainingTests/BaselineTests.swift

import Autodiff
import Datasets
import Kernels
import Networks
import Objectives
import Randomness
import Tensors

/// A method that compares two random views of an image.
final class TwoViewMethod: TrainingMethod {
  /// The loss of both views after the encoder.
  typealias Loss = (
    _ first: Variable<Float>, _ second: Variable<Float>, _ encoder: Encoder<Float>, _ mode: Mode
  ) -> ObjectiveValue<Float>

  let views: ViewPlan
  private let loss: Loss

  init(_ loss: @escaping Loss) {
    var views = ViewPlan()
    views.drawsSecondView = true
    self.views = views
    self.loss = loss
  }

  /// VICReg, Barlow Twins or SimSiam.
  convenience init(_ configuration: Configuration) {
    let margin = configuration.objective.margin
    let λ = Float(configuration.baseline.redundancy)
    switch configuration.method {
    case .barlowTwins:
      self.init { first, second, _, _ in barlowTwinsLoss(first, second, redundancyWeight: λ) }
    case .simSiam:
      self.init { first, second, encoder, mode in
        func predicted(_ z: Variable<Float>) -> Variable<Float> {
          encoder.predictor.map { $0(z, mode: mode) } ?? z
        }
        let L = simSiamLoss(
          predictions: (predicted(first), predicted(second)), projections: (first, second))
        return ObjectiveValue(total: L, terms: [("SimSiam", L.value.scalar)], chance: [])
      }
    default:
      var settings = VICRegSettings()
      settings.margin = margin
      let vicReg = settings
      self.init { first, second, _, _ in vicRegLoss(first, second, settings: vicReg) }
    }
  }

  func step(
    _ batch: PreTrainingBatch, _ encoder: Encoder<Float>, key: RandomKey
  ) throws -> MethodStep {
    let (h, first, second) = try TwoViewMethod.embed(batch, encoder, key: key)
    let mode = Mode.training.drawing(from: key.child("network").child("predictor"))
    return MethodStep(
      objective: loss(first, second, encoder, mode), features: h.value, embedding: first.value)
  }

  /// Both views through an encoder, one after the other: h of the first, z of both.
  static func embed(
    _ batch: PreTrainingBatch, _ encoder: Encoder<Float>, key: RandomKey, mode: Mode = .training
  ) throws -> (h: Variable<Float>, first: Variable<Float>, second: Variable<Float>) {
    guard let other = batch.planned.second else {
      throw TrainingError(
        "the batch has no second view", remedy: "make batches with a plan that draws one")
    }
    func pass(_ x: Tensor<Float>, _ view: String) -> (h: Variable<Float>, z: Variable<Float>) {
      encoder.embed(Variable(x), mode: mode.drawing(from: key.child("network").child(view)))
    }
    let (h, first) = pass(batch.augmented, "first")
    return (h, first, pass(other, "second").z)
  }
}
