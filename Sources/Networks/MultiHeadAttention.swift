// Self-attention with its projections, in the names of PyTorch's `MultiheadAttention`.
//
// Source     Vaswani et al., NeurIPS 2017, §3.2.2
// Formula    y = O Wₒᵀ + bₒ,  O = selfAttention(x Wᵀ + b),  rows of W: queries, keys, values
// Shapes     x [batch, tokens, D], W [3 D, D], b [3 D], Wₒ [D, D], bₒ [D], y [batch, tokens, D]
// Read       Autodiff/SelfAttention.swift ← this file → TransformerBlock.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// Multi-head self-attention, without a mask and without dropout.
public struct MultiHeadAttention<Scalar: KernelScalar>: Layer {
  /// W `[3 D, D]`.
  public let projectionWeight: Parameter<Scalar>
  /// b `[3 D]`.
  public let projectionBias: Parameter<Scalar>
  private let output: Linear<Scalar>
  private let heads: Int

  /// A layer of `heads` heads, D = `width`.
  ///
  /// W is drawn by Glorot's rule, U(−√(6/(4 D)), √(6/(4 D))), biases start at 0, as in PyTorch.
  public init(width: Int, heads: Int, key: RandomKey) {
    require(
      heads >= 1 && width % heads == 0,
      "MultiHeadAttention: width \(width), \(heads) heads. To mend: a width that heads divide.")
    let bound = Scalar(1.5 / Double(width)).squareRoot()
    projectionWeight = Parameter(
      .uniform([3 * width, width], in: -bound...bound, key: key.child("in_proj_weight")))
    projectionBias = Parameter(.zeros([3 * width]))
    output = Linear(inputs: width, outputs: width, key: key.child("out_proj"))
    output.bias?.value = .zeros([width])
    self.heads = heads
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    let (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    let fused = linear(
      x.reshaped([batch * tokens, width]), weight: projectionWeight.variable(mode),
      bias: projectionBias.variable(mode)
    ).reshaped([batch, tokens, 3 * width])
    let joined = selfAttention(fused, heads: heads).reshaped([batch * tokens, width])
    return output(joined, mode: mode).reshaped([batch, tokens, width])
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    body("in_proj_weight", projectionWeight)
    body("in_proj_bias", projectionBias)
    visit("out_proj", output, body)
  }
}
