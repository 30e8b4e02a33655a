// The residual block: y = relu(x′ + F(x)), x′ the input or its projection.
//
// Source     He, Zhang, Ren & Sun, CVPR 2016; stride on the 3×3 convolution as in torchvision (v1.5)
// Basic      F = conv 3×3 (stride) · bn · relu · conv 3×3 · bn
// Bottleneck F = conv 1×1 · bn · relu · conv 3×3 (stride) · bn · relu · conv 1×1 to 4 × width · bn
// Shortcut   x′ = bn(conv 1×1 x) where shapes differ; in CIFAR's ResNets every second pixel, and zeros
// Start      The last bn's γ starts at 0, so that the block starts as the identity.
// Read       Convolution2D.swift, BatchNorm.swift ← this file → ResNet.swift, CIFARResNet.swift

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

  /// How x becomes x′ where the block changes its shape.
  public enum Shortcut: Sendable {
    /// A 1×1 convolution with its norm (option B of the paper).
    case projection
    /// Every stride-th pixel, and zeros for half of the new channels before, half after (option A).
    case subsampling
  }

  private let stride: Int
  private let padding: Int
  private let convolutions: [Convolution2D<Scalar>]
  private let norms: [BatchNorm<Scalar>]
  private let projection: (convolution: Convolution2D<Scalar>, norm: BatchNorm<Scalar>)?

  /// A block.
  ///
  /// - Parameters:
  ///   - kind: Basic or bottleneck.
  ///   - inputs: Channels of the input.
  ///   - width: Channels of the 3×3 convolutions; the output has `width` × expansion.
  ///   - stride: Step of the (first) 3×3 convolution, in pixels.
  ///   - shortcut: How the input is fitted to the output.
  ///   - zeroInitialized: Whether the last γ starts at 0.
  ///   - key: Draws the filters.
  public init(
    _ kind: Kind, inputs: Int, width: Int, stride: Int, shortcut: Shortcut = .projection,
    zeroInitialized: Bool, key: RandomKey
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
    self.stride = stride
    padding = shortcut == .subsampling ? outputs - inputs : 0
    require(
      padding >= 0 && padding % 2 == 0,
      "ResidualBlock: \(inputs) channels padded to \(outputs). To mend: an even number of new ones."
    )
    projection =
      shortcut == .projection && (stride != 1 || inputs != outputs)
      ? (conv("downsample.0", inputs, outputs, 1, stride), BatchNorm(channels: outputs)) : nil
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    var y = x
    let last = convolutions.count - 1
    for i in 0..<last {
      y = norms[i](of: convolutions[i], y, mode: mode, rectified: true)
    }
    let shortcut =
      projection.map { $0.norm(of: $0.convolution, x, mode: mode) } ?? subsampled(x)
    return norms[last](
      of: convolutions[last], y, mode: mode, adding: shortcut, rectified: true)
  }

  /// Option A; x itself where its shape stays.
  private func subsampled(_ x: Variable<Scalar>) -> Variable<Scalar> {
    // The maximum of one pixel is that pixel.
    let kept = stride > 1 ? maximumPool(x, kernel: 1, stride: stride) : x
    guard padding > 0 else { return kept }
    let zeros = Variable(Tensor<Scalar>.zeros(Array(kept.shape.dropLast()) + [padding / 2]))
    return Variable.concatenated([zeros, kept, zeros], axis: 3)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    for i in convolutions.indices {
      visit("conv\(i + 1)", convolutions[i], body)
      visit("bn\(i + 1)", norms[i], body)
    }
    if let projection {
      visit("downsample.0", projection.convolution, body)
      visit("downsample.1", projection.norm, body)
    }
  }
}
