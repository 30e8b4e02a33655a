// The layer norm layer: each row to mean 0 and variance 1, then a gain and a bias of its own.
//
// Formula    y = γ (x − μ)/√(σ² + ε) + β,  μ and the biased σ² over the last axis
// Read       Autodiff/LayerNorm.swift ← this file → TransformerBlock.swift

import Autodiff
import Kernels
import Tensors

/// Layer normalisation of the last axis; the same in training and in evaluation.
public struct LayerNorm<Scalar: KernelScalar>: Layer {
  /// γ `[channels]`.
  public let weight: Parameter<Scalar>
  /// β `[channels]`.
  public let bias: Parameter<Scalar>
  let epsilon: Scalar

  /// Starts with γ = 1 and β = 0; ε is PyTorch's by default.
  public init(channels: Int, epsilon: Scalar = 1e-5) {
    weight = Parameter(.ones([channels]))
    bias = Parameter(.zeros([channels]))
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    layerNorm(x, gain: weight.variable(mode), bias: bias.variable(mode), epsilon: epsilon)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    body("weight", weight)
    body("bias", bias)
  }
}
