// The oracle's transformer: self-attention, its layers, and CLIP's image tower.
//
// Read       NetworkOperations.swift ← this file → SmallNetworkOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors

private let activationAttribute = OracleAttribute.choice(
  "activation", ["gelu", "quickGELU"], "in the perceptron: exact, or OpenAI's x σ(1.702 x)")

extension OracleOperation {
  static let transformers: [OracleOperation] = [
    OracleOperation(
      "self-attention", "attention of a fused projection: columns q | k | v",
      symbol: "selfAttention",
      source: "Vaswani et al., NeurIPS 2017, eq. (1), §3.2.2",
      attributes: [.integer("heads", 1...64, default: 2, "parts of D")],
      outputs: "o [N, T, D]", tolerances: .transformer,
      kit: [.plain, .variant("one-head", ["heads": "1"])],
      tensors: { a in [.input("x", "N T C", [2, 3, 9 * a.integer("heads")], in: -2...2)] },
      verify: { a, e in
        try OracleError.check(
          e["C"] % (3 * a.integer("heads")) == 0, tensor: "input.x",
          "\(e["C"]) columns do not split into q, k, v of \(a.integer("heads")) heads",
          mend: "a width that is a multiple of 3 · heads")
        try OracleError.bound([e["N"], a.integer("heads"), e["T"], e["T"]], of: "output.o")
      }, attendToItself, attendToItself),
    OracleOperation(
      "multi-head-attention", "self-attention with its projections", symbol: "MultiHeadAttention",
      source: "Vaswani et al., NeurIPS 2017, §3.2.2",
      attributes: [
        .integer("width", 1...256, default: 6, "D, a multiple of heads"),
        .integer("heads", 1...64, default: 2, "parts of D"),
      ], outputs: "y [N, T, D]", tolerances: .transformer,
      kit: [.plain],
      tensors: { a in
        try checkHeads(a)
        return [.input("x", "N T \(a.integer("width"))", [2, 3, a.integer("width")])]
          + parameterSlots(attention(a) as MultiHeadAttention<Float>, generated: false)
      }, verify: verifyTokens, attentionOutputs, attentionOutputs),
    OracleOperation(
      "transformer-block", "x + attention(ln x), then x + perceptron(ln x)",
      symbol: "TransformerBlock", source: "Dosovitskiy et al., ICLR 2021, eq. (2), (3)",
      attributes: [
        .integer("width", 1...256, default: 6, "D, a multiple of heads"),
        .integer("heads", 1...64, default: 2, "parts of D"),
        .integer("hidden", 1...1024, default: 10, "width of the perceptron's middle"),
        activationAttribute,
      ], outputs: "y [N, T, D]", tolerances: .transformer,
      kit: [.plain, .variant("quick-gelu", ["activation": "quickGELU"])],
      tensors: { a in
        try checkHeads(a)
        return [.input("x", "N T \(a.integer("width"))", [2, 3, a.integer("width")])]
          + parameterSlots(block(a) as TransformerBlock<Float>, generated: false)
      }, verify: verifyTokens, blockOutputs, blockOutputs),
    OracleOperation(
      "vision-transformer", "CLIP's image tower", symbol: "VisionTransformer",
      source: "Dosovitskiy et al., ICLR 2021, eq. (1) to (4); Radford et al., ICML 2021, §2.4",
      attributes: [
        .integer("grid", 1...16, default: 3, "patches along a side"),
        .integer("patch", 1...32, default: 4, "pixels along a side of a patch"),
        .integer("width", 1...256, default: 12, "D, a multiple of heads"),
        .integer("layers", 1...12, default: 2, "blocks"),
        .integer("heads", 1...64, default: 3, "parts of D"),
        .integer("outputs", 1...1024, default: 5, "length of the embedding"), activationAttribute,
      ], outputs: "y [N, outputs]", tolerances: .transformer,
      kit: [.plain, .variant("quick-gelu", ["activation": "quickGELU"])],
      tensors: { a in
        try checkHeads(a)
        let size = a.integer("grid") * a.integer("patch")
        return [.input("x", "N \(size) \(size) 3", [2, size, size, 3], in: -2...2)]
          + parameterSlots(tower(a) as VisionTransformer<Float>, generated: false)
      },
      verify: { _, e in
        try OracleError.check(
          e["N"] <= 64, tensor: "input.x", "\(e["N"]) images", mend: "at most 64")
      }, towerOutputs, towerOutputs),
  ]
}

extension Tolerances {
  fileprivate static let transformer = relative(
    float64: 1e-11, float32: 1e-3,
    "products, exponentials and norms of short rows, one after the other")
}

private func checkHeads(_ a: OracleAttributes) throws {
  try OracleError.check(
    a.integer("width") % a.integer("heads") == 0,
    "a width of \(a.integer("width")) does not split into \(a.integer("heads")) heads",
    mend: "a width that is a multiple of heads")
}

private func verifyTokens(_ a: OracleAttributes, _ e: NamedExtents) throws {
  try OracleError.bound([e["N"], a.integer("heads"), e["T"], e["T"]], of: "output.y")
  try OracleError.bound([e["N"], e["T"], 4 * a.integer("width")], of: "output.y")
}

private func attendToItself<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [Output("o", selfAttention(p["input.x"], heads: p.attributes.integer("heads")))]
}

private func attention<S>(_ a: OracleAttributes) -> MultiHeadAttention<S> {
  MultiHeadAttention(
    width: a.integer("width"), heads: a.integer("heads"), key: RandomKey(seed: 0))
}

private func attentionOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer: MultiHeadAttention<S> = attention(p.attributes)
  p.bind(layer)
  return [Output("y", layer(p["input.x"], mode: .training))]
}

private func block<S>(_ a: OracleAttributes) -> TransformerBlock<S> {
  TransformerBlock(
    width: a.integer("width"), heads: a.integer("heads"), hidden: a.integer("hidden"),
    activation: Activation(rawValue: a.text("activation")) ?? .gelu, key: RandomKey(seed: 0))
}

private func blockOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer: TransformerBlock<S> = block(p.attributes)
  p.bind(layer)
  return [Output("y", layer(p["input.x"], mode: .training))]
}

private func tower<S>(_ a: OracleAttributes) -> VisionTransformer<S> {
  VisionTransformer(
    VisionTransformerPlan(
      imageSize: a.integer("grid") * a.integer("patch"), patch: a.integer("patch"),
      width: a.integer("width"), layers: a.integer("layers"), heads: a.integer("heads"),
      outputs: a.integer("outputs"),
      activation: Activation(rawValue: a.text("activation")) ?? .gelu), key: RandomKey(seed: 0))
}

private func towerOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let network: VisionTransformer<S> = tower(p.attributes)
  p.bind(network)
  return [Output("y", network(p["input.x"], mode: .training))]
}
