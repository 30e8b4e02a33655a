// The oracle's layers and networks, with parameters under the keys of PyTorch's state dictionaries.
//
// Idea       The slots of a network are read off the network itself, so names, order and shapes cannot
//            drift. Parameters are put in place through `Parameter.substitute`, so that the code that runs
//            is that of training.
// Large      ResNet-18 has 11 million parameters, ResNet-50 23 million. With `parameters=generated` a
//            file holds neither them nor their gradients, but summaries (GeneratedParameters.swift).
// Read       NormalizationOperations.swift, Oracle/GeneratedParameters.swift ← this file
//            → TransformerOperations.swift, SmallNetworkOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Kernels
import Networks
import Randomness
import Synchronization
import Tensors

let modeAttribute = OracleAttribute.choice(
  "mode", ["training", "evaluation"], "batch norm by the batch's statistics, or by running ones")

extension OracleOperation {
  static let layers: [OracleOperation] = [
    OracleOperation(
      "linear", "y = x Wᵀ + b", symbol: "Linear", source: "an affine map",
      attributes: [.flag("bias", default: true, "whether there is a b")], outputs: "y [N, O]",
      tolerances: .sums, kit: [.plain, .variant("no-bias", ["bias": "false"])],
      tensors: { a in
        let weights: [TensorSlot] = [
          .input("x", "N I", [4, 5]), .parameter("weight", "O I", [3, 5]),
        ]
        return weights + (a.flag("bias") ? [.parameter("bias", "O", [3])] : [])
      }, verify: { _, e in try OracleError.bound([e["N"], e["O"]], of: "output.y") },
      linear, linear),
    OracleOperation(
      "residual-block", "relu(shortcut + convolutions), as torchvision v1.5",
      symbol: "ResidualBlock", source: "He et al., CVPR 2016, figures 2 and 5",
      attributes: [
        .choice("kind", ["basic", "bottleneck"], "two 3×3 convolutions, or 1×1 · 3×3 · 1×1"),
        .integer("inputs", 1...512, default: 3, "channels of x"),
        .integer("width", 1...512, default: 4, "channels of the 3×3 convolutions"),
        .integer("stride", 1...8, default: 2, "step of the block, in pixels"), modeAttribute,
      ], outputs: "y [N, H′, W′, C′]; running statistics afterwards", tolerances: .network,
      kit: [
        .plain, .variant("evaluation", ["mode": "evaluation"]),
        .variant("identity", ["inputs": "4", "stride": "1"]),
        .variant("bottleneck", ["kind": "bottleneck", "width": "2"]),
        .variant(
          "bottleneck-evaluation",
          ["kind": "bottleneck", "width": "2", "mode": "evaluation"]),
      ],
      tensors: { a in
        [
          .input(
            "x", "N H W \(a.integer("inputs"))", [2, 7, 6, a.integer("inputs")], in: -1...1.5)
        ] + parameterSlots(block(a) as ResidualBlock<Float>, generated: false)
      }, verify: verifyImages, residualBlock, residualBlock),
    OracleOperation(
      "projector", "linear · bn · relu · linear …, from features to embeddings",
      symbol: "Projector", source: "MV-MR §5, table 8",
      attributes: [
        .integer("inputs", 1...1024, default: 5, "length of h"),
        .integers("widths", 1...1024, count: 1...8, default: "7,6,4", "width of each layer"),
        modeAttribute,
      ], outputs: "z [N, d]; running statistics afterwards", tolerances: .network,
      kit: [
        .plain, .variant("evaluation", ["mode": "evaluation"]),
        .variant("linear", ["widths": "4"]),
      ],
      tensors: { a in
        [.input("x", "N \(a.integer("inputs"))", [9, a.integer("inputs")])]
          + parameterSlots(projector(a) as Projector<Float>, generated: false)
      }, projectorOutputs, projectorOutputs),
  ]

  static let networks: [OracleOperation] = [
    OracleOperation(
      "resnet", "features of images, without a classifier", symbol: "ResNet",
      source: "He et al., CVPR 2016, table 1; MV-MR §5",
      attributes: [
        .choice(
          // The wide ones have up to 586 million parameters: too many to be drawn for a file's sake.
          "backbone", Backbone.allCases.map(\.rawValue).filter { !$0.hasPrefix("resnet50w") },
          "the architecture"),
        .choice("stem", ["large", "small"], "7×7 with stride 2, or 3×3; 8×n has the 3×3 always"),
        modeAttribute,
        .choice(
          "parameters", ["generated", "stored"],
          "by the rule of docs/oracle.md, with gradients summarised, or in the file"),
      ], outputs: "h [N, D]; running statistics afterwards",
      tolerances: .deepNetwork,
      kit: [
        .variant("18", ["backbone": "resnet18"]),
        .variant("18-small", ["backbone": "resnet18", "stem": "small"]),
        .variant("18-evaluation", ["backbone": "resnet18", "mode": "evaluation"]),
        .variant("50", ["backbone": "resnet50"], shapes: ["input.x": [5, 40, 37, 3]]),
        .variant("50-small", ["backbone": "resnet50", "stem": "small"]),
        .variant("50-evaluation", ["backbone": "resnet50", "mode": "evaluation"]),
        .variant("8x4", ["backbone": "resnet8x4"]),
        .variant("8x4-small", ["backbone": "resnet8x4", "stem": "small"]),
        .variant("8x4-evaluation", ["backbone": "resnet8x4", "mode": "evaluation"]),
        .variant("8", ["backbone": "resnet8"], shapes: ["input.x": [2, 9, 7, 3]]),
        .variant("8-stored", ["backbone": "resnet8", "parameters": "stored"]),
      ],
      tensors: { a in
        [.input("x", "N H W 3", [3, 33, 30, 3], in: -2...2)]
          + resNetSlots(a)
      }, verify: verifyImages, resNetOutputs, resNetOutputs)
  ]
}

extension Tolerances {
  static let network = relative(
    float64: 1e-12, float32: 1e-3,
    "a few layers, each normalised by a variance of few rows, which amplifies rounding")
  static let deepNetwork = relative(
    float64: 1e-10, float32: 5e-2,
    "up to 53 layers, each normalised; in float32 a rounding turns some relu or maximum")
}

/// The parameters of a network, as its state dictionary names and orders them; counters excluded.
func parameterSlots<S>(_ layer: some Layer<S>, generated: Bool) -> [TensorSlot] {
  layer.parameters.enumerated().compactMap { index, entry in
    let (name, parameter) = entry
    guard parameter.role != .counter else { return nil }
    let shape = parameter.fileShape
    let isVariance = name.hasSuffix("running_var")
    let bound =
      shape.count > 1 ? (6 * Double(shape[0]) / Double(shape.reduce(1, *))).squareRoot() : 0
    // Filters by He's rule; gains and variances around 1, biases and means around 0.
    let isCentred = name.hasSuffix("bias") || name.hasSuffix("running_mean")
    let range =
      shape.count > 1
      ? -bound...bound : isCentred ? -0.2...0.2 : (isVariance ? 0.5...1.5 : 0.7...1.3)
    var slot = TensorSlot.parameter(
      name, shape.map(String.init).joined(separator: " "), shape, in: range,
      allowed: isVariance ? 0...3e38 : TensorSlot.anyNumber, tracked: parameter.isTrained)
    if generated { slot.generated = GeneratedParameter(name: name, shape: shape, index: index) }
    return slot
  }
}

extension Problem {
  /// Puts the problem's parameters in the place of a layer's own.
  func bind(_ layer: some Layer<Scalar>) {
    for (name, parameter) in layer.parameters where parameter.role != .counter {
      let given = self["parameter.\(name)"]
      switch parameter.role {
      case .filter: parameter.substitute(given.permuted(axes: 2, 3, 1, 0))
      case .trained: parameter.substitute(given)
      case .statistic, .counter: parameter.value = given.value
      }
    }
  }

  var mode: Mode { attributes.text("mode") == "training" ? .training : .frozenStatistics }

  /// The running statistics a layer was left with.
  func statistics(_ layer: some Layer<Scalar>) -> [Output<Scalar>] {
    layer.parameters.filter { $0.parameter.role == .statistic }
      .map { Output($0.name, $0.parameter.value) }
  }
}

func verifyImages(_ a: OracleAttributes, _ e: NamedExtents) throws {
  try OracleError.check(
    e["N"] <= 1 << 12 && e["H"] <= 512 && e["W"] <= 512 && e["N"] * e["H"] * e["W"] <= 1 << 16,
    tensor: "input.x", "\(e["N"]) images of \(e["H"]) × \(e["W"])",
    mend: "at most 512 × 512 pixels each, and 65536 together")
}

private func linear<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer = Linear<S>(
    inputs: p.extents["I"], outputs: p.extents["O"], bias: p.attributes.flag("bias"),
    key: RandomKey(seed: 0))
  p.bind(layer)
  return [Output("y", layer(p["input.x"], mode: .training))]
}

private func block<S>(_ a: OracleAttributes) -> ResidualBlock<S> {
  ResidualBlock(
    a.text("kind") == "basic" ? .basic : .bottleneck, inputs: a.integer("inputs"),
    width: a.integer("width"), stride: a.integer("stride"), zeroInitialized: false,
    key: RandomKey(seed: 0))
}

private func residualBlock<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer: ResidualBlock<S> = block(p.attributes)
  p.bind(layer)
  let y = layer(p["input.x"], mode: p.mode)
  return [Output("y", y)] + p.statistics(layer)
}

private func projector<S>(_ a: OracleAttributes) -> Projector<S> {
  Projector(
    inputs: a.integer("inputs"), widths: a.integers("widths"), key: RandomKey(seed: 0))
}

private func projectorOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer: Projector<S> = projector(p.attributes)
  p.bind(layer)
  let z = layer(p["input.x"], mode: p.mode)
  return [Output("z", z)] + p.statistics(layer)
}

private func resNet<S>(_ a: OracleAttributes) -> ResNet<S> {
  ResNet(
    Backbone(rawValue: a.text("backbone")) ?? .resnet18, smallKernel: a.text("stem") == "small",
    key: RandomKey(seed: 0))
}

/// Drawing the filters of a ResNet-50 only to read their shapes takes a quarter of a second: once is
/// enough.
private let knownSlots = Mutex<[String: [TensorSlot]]>([:])

private func resNetSlots(_ a: OracleAttributes) -> [TensorSlot] {
  let kind = ["backbone", "stem", "parameters"].map(a.text).joined(separator: " ")
  if let slots = knownSlots.withLock({ $0[kind] }) { return slots }
  let slots = parameterSlots(
    resNet(a) as ResNet<Float>, generated: a.text("parameters") == "generated")
  knownSlots.withLock { $0[kind] = slots }
  return slots
}

private func resNetOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let network: ResNet<S> = resNet(p.attributes)
  p.bind(network)
  let h = network(p["input.x"], mode: p.mode)
  return [Output("h", h)] + p.statistics(network)
}
