// Convolution, batch norm, activation: the brick of the networks for telephones.
//
// Names      torchvision's `Conv2dNormActivation`: 0 the convolution, 1 the norm
// Read       Convolution2D.swift, BatchNorm.swift, Activation.swift ← this file → InvertedResidual.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// How a network's batch norms differ from PyTorch's defaults.
public struct BatchNormOptions<Scalar: KernelScalar>: Sendable {
  /// ε under the root.
  public var epsilon: Scalar = 1e-5
  /// Weight of the new value in running statistics.
  public var momentum: Scalar = 0.1

  /// PyTorch's defaults, unless said otherwise.
  public init(epsilon: Scalar = 1e-5, momentum: Scalar = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

/// A convolution without bias, its batch norm and an activation.
public struct ConvolutionNormActivation<Scalar: KernelScalar>: Layer {
  private let convolution: Convolution2D<Scalar>
  private let norm: BatchNorm<Scalar>
  private let activation: Activation

  /// A brick whose map has the input's size divided by `stride`: the padding is half the kernel.
  public init(
    inputs: Int, outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1,
    norm options: BatchNormOptions<Scalar> = .init(), activation: Activation, key: RandomKey
  ) {
    convolution = Convolution2D(
      inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, padding: kernel / 2,
      groups: groups, key: key.child("0"))
    norm = BatchNorm(
      channels: outputs, epsilon: options.epsilon, momentum: options.momentum)
    self.activation = activation
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    activation == .relu
      ? norm(of: convolution, x, mode: mode, rectified: true)
      : activation(norm(of: convolution, x, mode: mode))
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    visit("0", convolution, body)
    visit("1", norm, body)
  }
}
