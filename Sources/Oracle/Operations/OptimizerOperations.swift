// The oracle's optimiser steps and learning-rate schedules.
//
// Read       BaselineOperations.swift ← this file
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Kernels
import Networks
import Tensors
import Training

private let rateAttribute = OracleAttribute.number("learning-rate", 0...1e3, default: 0.01, "η")
private let decayAttribute = OracleAttribute.number(
  "weight-decay", 0...1e3, default: 0.1, "λ: joins the gradient, or shrinks θ (adamw)")

extension OracleOperation {
  static let optimizers: [OracleOperation] =
    ["adam", "adamw"].map { name in
      OracleOperation(
        name,
        name == "adam" ? "one step of Adam, decay coupled" : "one step of AdamW, decay decoupled",
        symbol: "adamStep",
        source: name == "adam"
          ? "Kingma & Ba, ICLR 2015, algorithm 1" : "Loshchilov & Hutter, ICLR 2019, algorithm 2",
        attributes: [
          rateAttribute, .number("beta1", 0...0.9999999, default: 0.9, "β₁"),
          .number("beta2", 0...0.9999999, default: 0.999, "β₂"),
          .number("epsilon", 1e-16...1, default: 1e-8, "ε, outside the root"), decayAttribute,
          .integer("step", 1...(1 << 40), default: 7, "t, from 1, this step included"),
        ], outputs: "parameter, first, second afterwards, of the shapes before",
        tolerances: .steps,
        kit: [
          .plain, .variant("first-step", ["step": "1"]),
          .variant("no-decay", ["weight-decay": "0"]),
          .variant(
            "other-betas",
            ["beta1": "0.8", "beta2": "0.95", "epsilon": "0.001", "step": "3"]),
        ],
        tensors: { _ in
          [
            .constant("parameter", "X…", [3, 5]), .constant("gradient", "X…", [3, 5]),
            .constant("first", "X…", [3, 5], in: -0.5...0.5),
            .constant("second", "X…", [3, 5], in: 0.01...0.5, allowed: 0...3e38),
          ]
        }, adam, adam)
    } + [
      OracleOperation(
        "sgd", "one step of SGD with momentum, as PyTorch writes it", symbol: "momentumStep",
        source: "Sutskever et al., ICML 2013, eq. (1), (2), with η outside the velocity",
        attributes: [
          rateAttribute, .number("momentum", 0...1, default: 0.9, "μ, without dampening"),
          decayAttribute,
        ], outputs: "parameter, velocity afterwards", tolerances: .steps,
        kit: [.plain, .variant("plain-descent", ["momentum": "0", "weight-decay": "0"])],
        tensors: { _ in
          [
            .constant("parameter", "X…", [3, 5]), .constant("gradient", "X…", [3, 5]),
            .constant("velocity", "X…", [3, 5]),
          ]
        }, momentum, momentum),
      OracleOperation(
        "optimizer", "several steps of a rule from fresh moments, gradients clipped before each",
        symbol: "Optimizer", source: "MV-MR §5, optimisation",
        attributes: [
          .choice(
            "rule", OptimizerRule.allCases.map(\.rawValue),
            "β = 0.9, 0.999 and ε = 1e-8, or momentum 0.9"),
          rateAttribute, decayAttribute,
          .number("clip", 0...1e6, default: 0, "c of g · min(1, c/(‖g‖ + 1e-6)); 0: not clipped"),
        ], outputs: "parameter after all T steps", tolerances: .steps,
        kit: [
          .plain, .variant("adamw", ["rule": "adamw"]), .variant("sgd", ["rule": "sgd"]),
          .variant("clipped", ["rule": "sgd", "clip": "1.5"]),
        ],
        tensors: { _ in
          [.constant("parameter", "P", [7]), .constant("gradients", "T P", [4, 7])]
        }, optimize, optimize),
    ]

  static let schedules: [OracleOperation] = [
    OracleOperation(
      "schedule", "learning rates of given steps", symbol: "Schedule",
      source: "Loshchilov & Hutter, ICLR 2017, eq. (5); MV-MR §5",
      attributes: [
        .choice("kind", ["warmup-cosine", "cosine", "multistep"], "how the rate moves"),
        .number("base", 0...1e3, default: 0.003, "η"),
        .integer("warmup", 0...(1 << 40), default: 10, "W: steps of warm-up"),
        .integer(
          "total", 1...(1 << 40), default: 100, "T: steps of the run; later ones keep the last rate"
        ),
        .integers(
          "milestones", 0...(1 << 40), count: 0...64, default: "30,60,90",
          "steps at which the rate is multiplied"),
        .number("factor", 0...10, default: 0.1, "by what"),
      ], outputs: "rates [M]", tolerances: .steps,
      kit: [
        .plain, .variant("cosine", ["kind": "cosine", "total": "97"]),
        .variant("multistep", ["kind": "multistep", "factor": "0.2"]),
        .variant("no-warmup", ["warmup": "0"]),
      ],
      tensors: { _ in
        [
          .indices(
            "steps", "M", [0, 1, 9, 10, 11, 29, 30, 31, 55, 60, 90, 96, 97, 99, 100, 101, 500],
            in: 0...(1 << 40))
        ]
      },
      verify: { a, _ in
        try OracleError.check(
          a.integer("warmup") < a.integer("total"),
          "warmup \(a.integer("warmup")) of \(a.integer("total")) steps",
          mend: "a warm-up that is shorter than the run")
      }, rates, rates)
  ]
}

extension Tolerances {
  fileprivate static let steps = relative(
    float64: 1e-13, float32: 5e-6, "some ten roundings an element; powers of β by repeated squaring"
  )
}

private func adam<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let a = p.attributes
  let step = AdamStep(
    learningRate: a.number("learning-rate"), beta1: a.number("beta1"), beta2: a.number("beta2"),
    epsilon: a.number("epsilon"), weightDecay: a.number("weight-decay"),
    decoupled: p.operation == "adamw", step: a.integer("step"))
  var (θ, m, v) = (
    p.value("input.parameter"), p.value("input.first"), p.value("input.second")
  )
  let g = p.value("input.gradient").buffer
  θ.update { θ in
    m.update { m in v.update { adamStep(step, parameter: θ, gradient: g, first: m, second: $0) } }
  }
  return [Output("parameter", θ), Output("first", m), Output("second", v)]
}

private func momentum<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let a = p.attributes
  var (θ, m) = (p.value("input.parameter"), p.value("input.velocity"))
  let g = p.value("input.gradient").buffer
  θ.update { θ in
    m.update {
      momentumStep(
        learningRate: a.number("learning-rate"), momentum: a.number("momentum"),
        weightDecay: a.number("weight-decay"), parameter: θ, gradient: g, velocity: $0)
    }
  }
  return [Output("parameter", θ), Output("velocity", m)]
}

/// The smallest network there is: one parameter that is its own output.
private struct OneParameter<Scalar: KernelScalar>: Layer {
  let parameter: Parameter<Scalar>

  func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    parameter.variable(mode)
  }
  func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) { body("weight", parameter) }
}

private func optimize<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (a, gradients) = (p.attributes, p.value("input.gradients"))
  let layer = OneParameter(parameter: Parameter(p.value("input.parameter")))
  let optimizer = Optimizer(
    OptimizerRule(rawValue: a.text("rule")) ?? .adam, of: layer,
    weightDecay: a.number("weight-decay"))
  for t in 0..<gradients.shape[0] {
    layer.parameter.gradient = gradients.slice(t..<(t + 1), axis: 0).reshaped([gradients.shape[1]])
    if a.number("clip") > 0 { optimizer.clipGradients(to: a.number("clip")) }
    optimizer.step(learningRate: a.number("learning-rate"))
  }
  return [Output("parameter", layer.parameter.value)]
}

private func rates<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let a = p.attributes
  let schedule: Schedule =
    switch a.text("kind") {
    case "warmup-cosine":
      .warmupCosine(warmupSteps: a.integer("warmup"), totalSteps: a.integer("total"))
    case "cosine": .cosine(totalSteps: a.integer("total"))
    default: .multistep(milestones: a.integers("milestones"), factor: a.number("factor"))
    }
  let rates = try p.integers("attribute.steps").map {
    S(schedule.learningRate(step: $0, base: a.number("base")))
  }
  return [Output("rates", Tensor([rates.count], rates))]
}
