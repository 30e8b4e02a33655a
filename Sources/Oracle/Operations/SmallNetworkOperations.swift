// The oracle's smaller networks: MobileNets, EfficientNets, CIFAR ResNets, and what they are made of.
//
// Random     Stochastic depth and dropout are off: what they draw is this project's own.
// Read       NetworkOperations.swift ← this file
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Kernels
import Networks
import Randomness
import Synchronization
import Tensors

private let activationAttribute = OracleAttribute.choice(
  "activation", ["silu", "hardSwish", "relu6", "relu"], "between the convolutions")

extension OracleOperation {
  static let bricks: [OracleOperation] = [
    OracleOperation(
      "squeeze-excitation", "x times a gate for each channel", symbol: "SqueezeExcitation",
      source: "Hu, Shen & Sun, CVPR 2018, eq. (2) to (4)",
      attributes: [
        .integer("channels", 1...1024, default: 4, "of x"),
        .integer("squeezed", 1...1024, default: 3, "channels in the middle"),
        .choice("activation", ["relu", "silu"], "in the middle"),
        .choice("gate", ["logistic", "hardSigmoid"], "at the end"),
      ], outputs: "y, of x's shape", tolerances: .network,
      kit: [.plain, .variant("hard", ["gate": "hardSigmoid"])],
      tensors: { a in
        let channels = a.integer("channels")
        return [.input("x", "N H W \(channels)", [2, 4, 3, channels])]
          + parameterSlots(excitation(a) as SqueezeExcitation<Float>, generated: false)
      }, verify: verifyImages, excitationOutputs, excitationOutputs),
    OracleOperation(
      "convolution-norm-activation", "activation(bn(conv x)), padded by half the kernel",
      symbol: "ConvolutionNormActivation", source: "torchvision's Conv2dNormActivation",
      attributes: [
        .integer("inputs", 1...512, default: 2, "channels of x"),
        .integer("outputs", 1...512, default: 3, "channels of y"),
        .integer("kernel", 1...7, default: 3, "side of the filters, in pixels; odd"),
        .integer("stride", 1...8, default: 2, "step of the filters, in pixels"),
        activationAttribute, modeAttribute,
      ], outputs: "y [N, H′, W′, outputs]; running statistics afterwards", tolerances: .network,
      kit: [.plain, .variant("hard-swish", ["activation": "hardSwish"])],
      tensors: { a in
        let inputs = a.integer("inputs")
        return [.input("x", "N H W \(inputs)", [3, 5, 6, inputs])]
          + parameterSlots(brick(a) as ConvolutionNormActivation<Float>, generated: false)
      }, verify: verifyImages, brickOutputs, brickOutputs),
    OracleOperation(
      "inverted-residual", "1×1 · k×k on each channel · gate · 1×1, and x where shapes are equal",
      symbol: "InvertedResidual",
      source: "Sandler et al., CVPR 2018, §3.3; Howard et al., ICCV 2019",
      attributes: [
        .integer("inputs", 1...512, default: 3, "channels of x"),
        .integer("expanded", 1...1024, default: 5, "channels in the middle"),
        .integer("outputs", 1...512, default: 3, "channels of y"),
        .integer("kernel", 1...7, default: 3, "side of the filters, in pixels; odd"),
        .integer("stride", 1...8, default: 1, "step of the filters, in pixels"),
        .integer("squeezed", 0...512, default: 2, "channels in the gate's middle; 0: no gate"),
        activationAttribute, modeAttribute,
      ], outputs: "y [N, H′, W′, outputs]; running statistics afterwards", tolerances: .network,
      kit: [
        .plain, .variant("evaluation", ["mode": "evaluation"]),
        .variant("no-gate", ["squeezed": "0", "activation": "relu6", "stride": "2"]),
        .variant("not-expanded", ["expanded": "3", "kernel": "5"]),
      ],
      tensors: { a in
        let inputs = a.integer("inputs")
        return [.input("x", "N H W \(inputs)", [3, 5, 6, inputs], in: -1...1.5)]
          + parameterSlots(inverted(a) as InvertedResidual<Float>, generated: false)
      }, verify: verifyImages, invertedOutputs, invertedOutputs),
  ]

  static let smallNetworks: [OracleOperation] = [
    OracleOperation(
      "small-network", "features of images, by torchvision's names", symbol: "NamedNetwork",
      source: "the papers of docs/networks.md",
      attributes: [
        .choice(
          "network",
          [
            "cifar_resnet20", "cifar_resnet32", "cifar_resnet44", "cifar_resnet56", "mobilenet_v2",
            "mobilenet_v3_large", "efficientnet_b0", "efficientnet_b1",
          ], "the architecture"), modeAttribute,
      ], outputs: "h [N, D]; running statistics afterwards", tolerances: .deepNetwork,
      kit: [
        .variant("cifar-20", shapes: ["input.x": [3, 15, 14, 3]]),
        .variant("mobile-v2", ["network": "mobilenet_v2", "mode": "evaluation"]),
        .variant("mobile-v3", ["network": "mobilenet_v3_large", "mode": "evaluation"]),
        // In training mode a shift before a batch norm has the gradient 0: only rounding to compare.
        .variant("efficient-b0", ["network": "efficientnet_b0", "mode": "evaluation"]),
        .variant(
          "efficient-b1-evaluation", ["network": "efficientnet_b1", "mode": "evaluation"]),
      ],
      tensors: { a in
        [.input("x", "N H W 3", [5, 40, 37, 3], in: -2...2)] + networkSlots(a)
      }, verify: verifyImages, networkOutputs, networkOutputs)
  ]
}

private func excitation<S>(_ a: OracleAttributes) -> SqueezeExcitation<S> {
  SqueezeExcitation(
    channels: a.integer("channels"), squeezed: a.integer("squeezed"),
    activation: Activation(rawValue: a.text("activation")) ?? .relu,
    gate: Activation(rawValue: a.text("gate")) ?? .logistic, key: RandomKey(seed: 0))
}

private func excitationOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer: SqueezeExcitation<S> = excitation(p.attributes)
  p.bind(layer)
  return [Output("y", layer(p["input.x"], mode: .training))]
}

private func brick<S>(_ a: OracleAttributes) -> ConvolutionNormActivation<S> {
  ConvolutionNormActivation(
    inputs: a.integer("inputs"), outputs: a.integer("outputs"), kernel: a.integer("kernel"),
    stride: a.integer("stride"), activation: Activation(rawValue: a.text("activation")) ?? .silu,
    key: RandomKey(seed: 0))
}

private func brickOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer: ConvolutionNormActivation<S> = brick(p.attributes)
  p.bind(layer)
  let y = layer(p["input.x"], mode: p.mode)
  return [Output("y", y)] + p.statistics(layer)
}

private func inverted<S>(_ a: OracleAttributes) -> InvertedResidual<S> {
  let squeezed = a.integer("squeezed")
  return InvertedResidual(
    InvertedResidualPlan(
      inputs: a.integer("inputs"), expanded: a.integer("expanded"), outputs: a.integer("outputs"),
      kernel: a.integer("kernel"), stride: a.integer("stride"),
      activation: Activation(rawValue: a.text("activation")) ?? .silu,
      gate: squeezed > 0
        ? .init(squeezed: squeezed, activation: .silu, gate: .logistic) : nil),
    key: RandomKey(seed: 0))
}

private func invertedOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let layer: InvertedResidual<S> = inverted(p.attributes)
  p.bind(layer)
  let y = layer(p["input.x"], mode: p.mode)
  return [Output("y", y)] + p.statistics(layer)
}

private func network<S: KernelScalar>(_ name: String, _: S.Type) -> any Layer<S> {
  (NamedNetwork(named: name) ?? .mobileNetV2).network(S.self, key: RandomKey(seed: 0))
}

private let knownSlots = Mutex<[String: [TensorSlot]]>([:])

private func networkSlots(_ a: OracleAttributes) -> [TensorSlot] {
  let name = a.text("network")
  if let slots = knownSlots.withLock({ $0[name] }) { return slots }
  let slots = parameterSlots(network(name, Float.self), generated: true)
  knownSlots.withLock { $0[name] = slots }
  return slots
}

private func networkOutputs<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let network = network(p.attributes.text("network"), S.self)
  p.bind(network)
  let h = network(p["input.x"], mode: p.mode)
  return [Output("h", h)] + p.statistics(network)
}
