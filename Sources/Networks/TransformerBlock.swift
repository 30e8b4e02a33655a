// A block of the vision transformer: attention between tokens, then a perceptron on each of them.
//
// Source     Dosovitskiy et al., ICLR 2021, eq. (2) and (3): norms stand before, not after (pre-norm)
// Formula    x ← x + attention(ln₁ x),  x ← x + W₂ a(W₁ ln₂ x + b₁) + b₂
// Names      open_clip's: ln_1, attn.…, ln_2, mlp.c_fc, mlp.c_proj
// Read       LayerNorm.swift, MultiHeadAttention.swift ← this file → VisionTransformer.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// A pre-norm transformer block, from `[batch, tokens, width]` to the same shape.
public struct TransformerBlock<Scalar: KernelScalar>: Layer {
  private let attentionNorm: LayerNorm<Scalar>
  private let attention: MultiHeadAttention<Scalar>
  private let perceptronNorm: LayerNorm<Scalar>
  private let widening: Linear<Scalar>
  private let narrowing: Linear<Scalar>
  private let activation: Activation

  /// A block.
  ///
  /// - Parameters:
  ///   - width: Length of a token.
  ///   - heads: Heads of the attention.
  ///   - hidden: Width of the perceptron's hidden layer.
  ///   - activation: a.
  ///   - key: Draws the matrices.
  public init(width: Int, heads: Int, hidden: Int, activation: Activation, key: RandomKey) {
    attentionNorm = LayerNorm(channels: width)
    attention = MultiHeadAttention(width: width, heads: heads, key: key.child("attn"))
    perceptronNorm = LayerNorm(channels: width)
    widening = Linear(inputs: width, outputs: hidden, key: key.child("mlp.c_fc"))
    narrowing = Linear(inputs: hidden, outputs: width, key: key.child("mlp.c_proj"))
    self.activation = activation
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    let y = x + attention(attentionNorm(x, mode: mode), mode: mode)
    let rows = [x.shape[0] * x.shape[1], x.shape[2]]
    let hidden = widening(perceptronNorm(y, mode: mode).reshaped(rows), mode: mode)
    return y + narrowing(activation(hidden), mode: mode).reshaped(x.shape)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    visit("ln_1", attentionNorm, body)
    visit("attn", attention, body)
    visit("ln_2", perceptronNorm, body)
    visit("mlp.c_fc", widening, body)
    visit("mlp.c_proj", narrowing, body)
  }
}
