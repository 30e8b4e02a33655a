// The convolution layer.
//
// Shapes     x [batch, height, width, inputs], W [kernel, kernel, inputs / groups, outputs]
// Read       Autodiff/Conv2D.swift ← this file → ResNet.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// A convolution; without a bias where batch norm follows it.
public struct Convolution2D<Scalar: KernelScalar>: Layer {
  /// How a filter is drawn.
  public enum Initializer: Sendable {
    /// Normal with variance 2/(k²·outputs): He et al. 2015, "fan out", as torchvision's ResNet.
    case heFanOut
    /// U(−b, b), b = 1/√(k²·inputs/groups): PyTorch's default, which the replaced small stem keeps.
    case uniformFanIn
  }

  /// W `[kernel, kernel, inputs / groups, outputs]`.
  public let weight: Parameter<Scalar>
  /// b `[outputs]`, or nil.
  public let bias: Parameter<Scalar>?
  let stride: Int
  let padding: Int
  let dilation: Int
  let groups: Int

  /// A convolution of `kernel` × `kernel` taps; a bias starts at 0.
  public init(
    inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1, bias: Bool = false, initializer: Initializer = .heFanOut, key: RandomKey
  ) {
    let shape = [kernel, kernel, inputs / groups, outputs]
    switch initializer {
    case .heFanOut:
      let deviation = (2 / Scalar(kernel * kernel * outputs)).squareRoot()
      weight = Parameter(
        .normal(shape, deviation: deviation, key: key.child("weight")), role: .filter)
    case .uniformFanIn:
      let bound = 1 / Scalar(kernel * kernel * inputs / groups).squareRoot()
      weight = Parameter(
        .uniform(shape, in: -bound...bound, key: key.child("weight")), role: .filter)
    }
    self.bias = bias ? Parameter(.zeros([outputs])) : nil
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    self(x, mode: mode, takesMoments: false)
  }

  /// The convolution, and mean and variance of its channels, if a norm follows.
  func callAsFunction(
    _ x: Variable<Scalar>, mode: Mode, takesMoments: Bool
  ) -> Variable<Scalar> {
    let y = conv2D(
      x, filter: weight.variable(mode), stride: stride, padding: padding, dilation: dilation,
      groups: groups, takesMoments: takesMoments)
    guard let bias else { return y }
    return y + bias.variable(mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    body("weight", weight)
    if let bias { body("bias", bias) }
  }
}
