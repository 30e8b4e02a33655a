// The inverted residual: narrow ends, a wide middle where each channel is filtered by itself.
//
// Source     Sandler et al., CVPR 2018, §3.3 and figure 4; with squeeze-excitation: Howard et al.,
//            ICCV 2019, figure 4; Tan & Le, ICML 2019 ("MBConv")
// Formula    F = 1×1 to `expanded` · k×k on each channel (stride) · gate · 1×1 to `outputs`, each with
//            its norm, the last without activation;  y = x + F(x) where shapes are equal, else F(x)
// Details    The first 1×1 is left out where nothing is expanded. The gate stands after the activation.
// Names      Of torchvision, which has two manners: `block.0.0 … block.3.1` (MobileNetV3, EfficientNet), and
//            MobileNetV2's `conv.0.0, conv.1.0, conv.2, conv.3`, whose last norm is no brick's
// Read       ConvolutionNormActivation.swift, SqueezeExcitation.swift, StochasticDepth.swift ← this file
//            → MobileNetV2.swift, MobileNetV3.swift, EfficientNet.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// Sizes and options of an inverted residual.
public struct InvertedResidualPlan: Hashable, Sendable {
  /// How torchvision names the parts.
  public enum Names: Sendable { case conv, block }
  /// How a gate is made.
  public struct Gate: Hashable, Sendable {
    /// Channels in its middle.
    public var squeezed: Int
    /// Between its two maps, and at its end.
    public var activation: Activation
    public var gate: Activation

    /// A gate through `squeezed` channels.
    public init(squeezed: Int, activation: Activation, gate: Activation) {
      self.squeezed = squeezed
      self.activation = activation
      self.gate = gate
    }
  }

  public var inputs: Int
  public var expanded: Int
  public var outputs: Int
  /// Side of the filters, in pixels.
  public var kernel: Int
  /// Step of the filters, in pixels.
  public var stride: Int
  public var activation: Activation
  public var gate: Gate?
  /// Probability that an image's branch is left out in training.
  public var dropProbability: Double
  public var names: Names

  /// All of them.
  public init(
    inputs: Int, expanded: Int, outputs: Int, kernel: Int = 3, stride: Int = 1,
    activation: Activation, gate: Gate? = nil, dropProbability: Double = 0, names: Names = .block
  ) {
    self.inputs = inputs
    self.expanded = expanded
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.activation = activation
    self.gate = gate
    self.dropProbability = dropProbability
    self.names = names
  }
}

/// An inverted residual, `[batch, height, width, inputs]` → `[batch, H′, W′, outputs]`.
public struct InvertedResidual<Scalar: KernelScalar>: Layer {
  private let plan: InvertedResidualPlan
  private let parts: [(name: String, layer: any Layer<Scalar>)]
  private let depth: StochasticDepth<Scalar>

  /// A block.
  ///
  /// - Parameters:
  ///   - plan: Sizes and options.
  ///   - norm: ε and momentum of its norms.
  ///   - name: Its place in the network, which names its draws.
  ///   - key: Draws the filters.
  public init(
    _ plan: InvertedResidualPlan, norm: BatchNormOptions<Scalar> = .init(), name: String = "",
    key: RandomKey
  ) {
    self.plan = plan
    depth = StochasticDepth(Scalar(plan.dropProbability), name: name)
    var layers: [any Layer<Scalar>] = []
    func brick(
      _ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1,
      _ activation: Activation
    ) -> ConvolutionNormActivation<Scalar> {
      ConvolutionNormActivation(
        inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, groups: groups,
        norm: norm, activation: activation, key: key.child(layers.count))
    }
    if plan.expanded != plan.inputs {
      layers.append(brick(plan.inputs, plan.expanded, plan.activation))
    }
    layers.append(
      brick(
        plan.expanded, plan.expanded, kernel: plan.kernel, stride: plan.stride,
        groups: plan.expanded, plan.activation))
    if let gate = plan.gate {
      layers.append(
        SqueezeExcitation(
          channels: plan.expanded, squeezed: gate.squeezed, activation: gate.activation,
          gate: gate.gate, key: key.child(layers.count)))
    }
    switch plan.names {
    case .block: layers.append(brick(plan.expanded, plan.outputs, .none))
    case .conv:
      layers.append(
        Convolution2D(
          inputs: plan.expanded, outputs: plan.outputs, kernel: 1, key: key.child(layers.count)))
      layers.append(
        BatchNorm(channels: plan.outputs, epsilon: norm.epsilon, momentum: norm.momentum))
    }
    let folder = plan.names == .block ? "block" : "conv"
    parts = layers.enumerated().map { i, layer in ("\(folder).\(i)", layer) }
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    let y = parts.reduce(x) { y, part in part.layer(y, mode: mode) }
    guard plan.stride == 1, plan.inputs == plan.outputs else { return y }
    return x + depth(y, mode: mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    for part in parts { visit(part.name, part.layer, body) }
  }
}
