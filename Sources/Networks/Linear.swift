// The affine map of vectors.
//
// Formula    y = x Wᵀ + b
// Shapes     x [N, inputs], W [outputs, inputs], b [outputs], y [N, outputs]
// Read       Layer.swift ← this file → Projector.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// The affine map y = x·Wᵀ + b, from `[N, inputs]` to `[N, outputs]`.
public struct Linear<Scalar: KernelScalar>: Layer {
  /// W `[outputs, inputs]`.
  public let weight: Parameter<Scalar>
  /// b `[outputs]`, or nil for a linear map.
  public let bias: Parameter<Scalar>?

  /// Draws W and b from U(−k, k), k = 1/√inputs, PyTorch's default, so that runs can be compared.
  public init(inputs: Int, outputs: Int, bias: Bool = true, key: RandomKey) {
    let k = 1 / Scalar(inputs).squareRoot()
    weight = Parameter(.uniform([outputs, inputs], in: -k...k, key: key.child("weight")))
    self.bias = bias ? Parameter(.uniform([outputs], in: -k...k, key: key.child("bias"))) : nil
  }

  /// Draws W from a normal distribution; b starts at 0.
  public init(inputs: Int, outputs: Int, deviation: Scalar, key: RandomKey) {
    weight = Parameter(
      .normal([outputs, inputs], deviation: deviation, key: key.child("weight")))
    bias = Parameter(.zeros([outputs]))
  }

  /// Draws W from U(−bound, bound); b starts at 0.
  public init(inputs: Int, outputs: Int, bound: Scalar, key: RandomKey) {
    weight = Parameter(
      .uniform([outputs, inputs], in: -bound...bound, key: key.child("weight")))
    bias = Parameter(.zeros([outputs]))
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    let W = weight.variable(mode)
    guard let bias else { return matmul(x, W, transposeB: true) }
    return linear(x, weight: W, bias: bias.variable(mode))
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    body("weight", weight)
    if let bias { body("bias", bias) }
  }
}
