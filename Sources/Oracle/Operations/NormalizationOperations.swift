// The oracle's normalisations, softmax and attention.
//
// Read       ProductOperations.swift ← this file → NetworkOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Kernels
import Networks
import Tensors

extension OracleOperation {
  static let normalizations: [OracleOperation] = [
    OracleOperation(
      "batch-norm", "batch normalisation of the last axis, and the running statistics it leaves",
      symbol: "BatchNorm", source: "Ioffe & Szegedy, ICML 2015, algorithms 1 and 2",
      attributes: [
        .choice(
          "mode", ["training", "evaluation"],
          "statistics of the batch, or the running ones; ε = 1e-5, momentum 0.1")
      ],
      outputs: "y, of x's shape; running_mean, running_var [C] afterwards", tolerances: .statistics,
      kit: [
        .plain, .variant("evaluation", ["mode": "evaluation"]),
        .variant("vectors", shapes: ["input.x": [7, 3]]),
        .variant("vectors-evaluation", ["mode": "evaluation"], shapes: ["input.x": [7, 3]]),
      ],
      tensors: { _ in
        [
          .input("x", "X… C", [3, 5, 4, 3], in: -2...3),
          .parameter("weight", "C", [3], in: 0.5...1.5),
          .parameter("bias", "C", [3]),
          .parameter("running_mean", "C", [3], tracked: false),
          .parameter("running_var", "C", [3], in: 0.5...2, allowed: 0...3e38, tracked: false),
        ]
      },
      verify: { _, e in
        try OracleError.check(
          !e.axes("X…").isEmpty, tensor: "input.x", "it has one axis",
          mend: "write it as [batch, …, channels]")
      }, normalize, normalize),
    OracleOperation(
      "layer-norm", "layer normalisation of the last axis", symbol: "layerNorm",
      source: "Ba, Kiros & Hinton, 2016, eq. (3)",
      attributes: [.number("epsilon", 0...1, default: 1e-5, "ε, added to the biased variance")],
      outputs: "y, of x's shape", tolerances: .statistics,
      kit: [
        .plain, .variant("epsilon", ["epsilon": "0.01"], shapes: ["input.x": [6, 5]]),
      ],
      tensors: { _ in
        [
          .input("x", "X… C", [2, 3, 5], in: -2...3),
          .parameter("weight", "C", [5], in: 0.5...1.5),
          .parameter("bias", "C", [5]),
        ]
      }, normalizeLayer, normalizeLayer),
  ]

  static let attentions: [OracleOperation] = [
    OracleOperation(
      "softmax", "softmax along the last axis", symbol: "softmax", source: "Bridle, 1990",
      outputs: "y, of x's shape", tolerances: .exponentials,
      kit: [
        .plain, .variant("many", shapes: ["input.x": [2, 131]]),
        .variant("far", multiplesOf: 200, in: -800...800),
      ],
      tensors: { _ in [.input("x", "X… C", [2, 3, 5], in: -3...3)] }, soften, soften),
    OracleOperation(
      "log-softmax", "its logarithm", symbol: "logSoftmax", source: "Bridle, 1990",
      outputs: "y, of x's shape", tolerances: .exponentials,
      kit: [.plain, .variant("far", multiplesOf: 200, in: -800...800)],
      tensors: { _ in [.input("x", "X… C", [2, 3, 5], in: -3...3)] }, soften, soften),
    OracleOperation(
      "cross-entropy", "the mean negative log-likelihood of labels, in nats",
      symbol: "crossEntropy", source: "−N⁻¹ Σ log softmax(x)[label]", outputs: "loss []",
      tolerances: .exponentials,
      tensors: { _ in
        [
          .input("logits", "N C", [5, 4], in: -3...3),
          .indices("labels", "N", [0, 3, 1, 3, 2], in: 0...(1 << 26)),
        ]
      }, classify, classify),
    OracleOperation(
      "attention", "multi-head scaled dot-product attention, without projections or mask",
      symbol: "attention", source: "Vaswani et al., NeurIPS 2017, eq. (1)",
      attributes: [.integer("heads", 1...256, default: 2, "heads, each of D / heads columns")],
      outputs: "o [N, Q, D]", tolerances: .exponentials,
      kit: [
        .plain, .variant("one-head", ["heads": "1"]),
        .variant(
          "three-heads", ["heads": "3"],
          shapes: ["input.query": [1, 4, 9], "input.key": [1, 7, 9], "input.value": [1, 7, 9]]),
      ],
      tensors: { a in
        let width = 3 * a.integer("heads")
        return [
          .input("query", "N Q D", [2, 3, width], in: -2...2),
          .input("key", "N K D", [2, 5, width], in: -2...2),
          .input("value", "N K D", [2, 5, width], in: -2...2),
        ]
      },
      verify: { a, e in
        try OracleError.check(
          e["D"] % a.integer("heads") == 0, tensor: "input.query",
          "\(e["D"]) columns do not split into \(a.integer("heads")) heads",
          mend: "a width that is a multiple of heads")
        try OracleError.bound([e["N"], a.integer("heads"), e["Q"], e["K"]], of: "output.o")
      }, attend, attend),
  ]
}

extension Tolerances {
  fileprivate static let exponentials = relative(
    float64: 1e-13, float32: 2e-5,
    "exponentials of a few units in the last place, divided by their sum")
}

private func normalize<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer = BatchNorm<S>(channels: p.extents["C"])
  p.bind(layer)
  let training = p.attributes.text("mode") == "training"
  let y = layer(p["input.x"], mode: training ? .training : .frozenStatistics)
  return [
    Output("y", y), Output("running_mean", layer.runningMean.value),
    Output("running_var", layer.runningVariance.value),
  ]
}

private func normalizeLayer<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [
    Output(
      "y",
      layerNorm(
        p["input.x"], gain: p["parameter.weight"], bias: p["parameter.bias"],
        epsilon: S(p.attributes.number("epsilon"))))
  ]
}

private func soften<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [Output("y", p.operation == "softmax" ? softmax(p["input.x"]) : logSoftmax(p["input.x"]))]
}

private func classify<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (logits, labels) = (p["input.logits"], try p.integers("attribute.labels"))
  let classes = logits.shape[1]
  try OracleError.check(
    labels.allSatisfy { $0 < classes }, tensor: "attribute.labels",
    "a label is \(labels.max() ?? 0), there are \(classes) classes",
    mend: "labels in 0..<\(classes)")
  return [Output("loss", crossEntropy(logits, labels: labels))]
}

private func attend<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [
    Output(
      "o",
      attention(
        query: p["input.query"], key: p["input.key"], value: p["input.value"],
        heads: p.attributes.integer("heads")))
  ]
}
