// BYOL in a run: an encoder with a predictor, and a copy of the encoder that follows slowly.
//
// Source     Grill et al., NeurIPS 2020, §3.1 and appendix J
// Step       x̃₁, x̃₂ → f → g → predictor → p₁, p₂;  x̃₁, x̃₂ → f_ξ → g_ξ → z₁, z₂ without gradient    [N, d]
//            L(p, z) → backward → optimiser
//            ξ ← τ ξ + (1 − τ) θ after every step of the optimiser
//            τ = 1 − ½ (1 − τ₀)(1 + cos π k/K), k of K steps: from τ₀ to 1
// Statistics The copy normalises with the batch's statistics too and keeps running ones of its own; only trained
//            parameters are averaged.
// State      `target.<name>`: all of f_ξ and g_ξ
// Read       Objectives/BYOL.swift, TwoViewMethods.swift ← this file
// Tests      Tests/TrainingTests/BaselineTests.swift

import Autodiff
import Datasets
import Kernels
import Networks
import Objectives
import Randomness
import Tensors

/// BYOL.
final class BYOLMethod: TrainingMethod {
  let views: ViewPlan
  let target: Encoder<Float>
  private let momentum: Double
  private var hasBegun = false

  init(_ configuration: Configuration) throws {
    var views = ViewPlan()
    views.drawsSecondView = true
    self.views = views
    momentum = configuration.baseline.momentum
    target = try PreTraining.randomEncoder(configuration, withPredictor: false, of: Float.self)
  }

  /// τ after a share of the run, in 0…1.
  static func momentum(_ base: Double, progress: Double) -> Double {
    1 - 0.5 * (1 - base) * (1 + Elementary.cosine(Double.pi * min(1, progress)))
  }

  func step(
    _ batch: PreTrainingBatch, _ encoder: Encoder<Float>, key: RandomKey
  ) throws -> MethodStep {
    if !hasBegun { follow(encoder, momentum: 0) }
    hasBegun = true
    let (h, first, second) = try TwoViewMethod.embed(batch, encoder, key: key)
    let mode = Mode.training.drawing(from: key.child("network").child("predictor"))
    func predicted(_ z: Variable<Float>) -> Variable<Float> {
      encoder.predictor.map { $0(z, mode: mode) } ?? z
    }
    let aim = try TwoViewMethod.embed(
      batch, target, key: key.child("target"),
      mode: Mode(usesBatchStatistics: true, tracksGradients: false))
    let L = byolLoss(
      predictions: (predicted(first), predicted(second)),
      targets: (aim.first.value, aim.second.value))
    return MethodStep(
      objective: ObjectiveValue(total: L, terms: [("BYOL", L.value.scalar)], chance: []),
      features: h.value, embedding: first.value)
  }

  func encoderMoved(_ encoder: Encoder<Float>, progress: Double) {
    follow(encoder, momentum: BYOLMethod.momentum(momentum, progress: progress))
  }

  /// ξ ← τ ξ + (1 − τ) θ.
  private func follow(_ encoder: Encoder<Float>, momentum τ: Double) {
    // The target has the encoder's parameters in their order, without the predictor at the end.
    for ((_, ξ), (_, θ)) in zip(target.parameters, encoder.parameters) where ξ.isTrained {
      ξ.value = τ == 0 ? θ.value : ξ.value * Float(τ) + θ.value * Float(1 - τ)
    }
  }

  var state: [NamedTensor<Float>] {
    target.stateDictionary().map {
      NamedTensor(name: "target.\($0.name)", tensor: $0.tensor, isCounter: $0.isCounter)
    }
  }

  func restore(_ state: [NamedTensor<Float>]) throws {
    try target.load(
      state.map { entry in
        let isTarget = entry.name.hasPrefix("target.")
        return NamedTensor(
          name: isTarget ? String(entry.name.dropFirst(7)) : entry.name, tensor: entry.tensor)
      })
    hasBegun = true
  }
}
