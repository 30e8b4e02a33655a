// Squeeze-excitation: the whole image decides how much each channel counts.
//
// Source     Hu, Shen & Sun, CVPR 2018, eq. (2) to (4)
// Formula    s = mean of x over the image,  g = γ(W₂ a(W₁ s + b₁) + b₂),  y = x g
// Variants   MobileNetV3: a relu, γ hard-sigmoid.  EfficientNet: a silu, γ the logistic function.
// Names      torchvision's: fc1 and fc2, 1×1 convolutions with a bias
// Read       Convolution2D.swift, Activation.swift ← this file → InvertedResidual.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// A gate for each channel, computed from all of them; `[batch, height, width, channels]` stays.
public struct SqueezeExcitation<Scalar: KernelScalar>: Layer {
  private let squeeze: Convolution2D<Scalar>
  private let excite: Convolution2D<Scalar>
  private let activation: Activation
  private let gate: Activation

  /// A gate through `squeezed` channels.
  public init(
    channels: Int, squeezed: Int, activation: Activation = .relu, gate: Activation = .logistic,
    key: RandomKey
  ) {
    squeeze = Convolution2D(
      inputs: channels, outputs: squeezed, kernel: 1, bias: true, key: key.child("fc1"))
    excite = Convolution2D(
      inputs: squeezed, outputs: channels, kernel: 1, bias: true, key: key.child("fc2"))
    self.activation = activation
    self.gate = gate
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    let s = x.mean(over: 1, 2, keepingAxes: true)  // [batch, 1, 1, channels]
    return x * gate(excite(activation(squeeze(s, mode: mode)), mode: mode))
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    visit("fc1", squeeze, body)
    visit("fc2", excite, body)
  }
}
