// The residual block: y = relu(x′ + F(x)), x′ the input or its projection.
//
// Source     He, Zhang, Ren & Sun, CVPR 2016; stride on the 3×3 convolution as in torchvision (v1.5)
// Basic      F = conv 3×3 (stride) · bn · relu · conv 3×3 · bn
// Bottleneck F = conv 1×1 · bn · relu · conv 3×3 (stride) · bn · relu · conv 1×1 to 4 × width · bn
// Start      The last bn's γ starts at 0, so that the block starts as the identity.
// Read       Convolution2D.swift, BatchNorm.swift ← this file → ResNet.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// A residual block of two or three convolutions.
public struct ResidualBlock<Scalar: KernelScalar>: Layer {
  /// Which convolutions the residual branch has.
  public enum Kind: Sendable {
    case basic
    case bottleneck
    /// Output channels over width.
    var expansion: Int { self == .basic ? 1 : 4 }
  }

  private let convolutions: [Convolution2D<Scalar>]
  private let norms: [BatchNorm<Scalar>]
  private let shortcut: (convolution: Convolution2D<Scalar>, norm: BatchNorm<Scalar>)?

  /// A block.
  ///
  /// - Parameters:
  ///   - kind: Basic or bottleneck.
  ///   - inputs: Channels of the input.
  ///   - width: Channels of the 3×3 convolutions; the output has `width` × expansion.
  ///   - stride: Step of the (first) 3×3 convolution, in pixels.
  ///   - zeroInitialized: Whether the last γ starts at 0.
  ///   - key: Draws the filters.
  public init(
    _ kind: Kind, inputs: Int, width: Int, stride: Int, zeroInitialized: Bool, key: RandomKey
  ) {
    func conv(_ name: String, _ from: Int, _ to: Int, _ kernel: Int, _ stride: Int)
      -> Convolution2D<Scalar>
    {
      Convolution2D(
        inputs: from, outputs: to, kernel: kernel, stride: stride, padding: kernel / 2,
        key: key.child(name))
    }
    let outputs = width * kind.expansion
    switch kind {
    case .basic:
      convolutions = [conv("conv1", inputs, width, 3, stride), conv("conv2", width, width, 3, 1)]
      norms = [
        BatchNorm(channels: width), BatchNorm(channels: width, zeroInitialized: zeroInitialized),
      ]
    case .bottleneck:
      convolutions = [
        conv("conv1", inputs, width, 1, 1), conv("conv2", width, width, 3, stride),
        conv("conv3", width, outputs, 1, 1),
      ]
      norms = [
        BatchNorm(channels: width), BatchNorm(channels: width),
        BatchNorm(channels: outputs, zeroInitialized: zeroInitialized),
      ]
    }
    shortcut =
      stride != 1 || inputs != outputs
      ? (conv("downsample.0", inputs, outputs, 1, stride), BatchNorm(channels: outputs)) : nil
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    var y = x
    for i in convolutions.indices {
      y = norms[i](convolutions[i](y, mode: mode), mode: mode)
      if i < convolutions.count - 1 { y = relu(y) }
    }
    guard let shortcut else { return relu(x + y) }
    return relu(shortcut.norm(shortcut.convolution(x, mode: mode), mode: mode) + y)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    for i in convolutions.indices {
      visit("conv\(i + 1)", convolutions[i], body)
      visit("bn\(i + 1)", norms[i], body)
    }
    if let shortcut {
      visit("downsample.0", shortcut.convolution, body)
      visit("downsample.1", shortcut.norm, body)
    }
  }
}
