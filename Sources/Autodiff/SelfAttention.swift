// Self-attention from one matrix: queries, keys and values lie side by side, as a fused projection
// writes them.
//
// Source     Vaswani et al., NeurIPS 2017, eq. (1), §3.2.2
// Formula    per image and head, with Q, K, V [tokens, d]:
//            P = softmax(Q Kᵀ/√d),  O = P V
//            dV = Pᵀ dO    dP = dO Vᵀ    dS = P (dP − Σ dP P) per row    dQ = dS K/√d    dK = dSᵀ Q/√d
// Idea       `attention` is the readable composition. Here one kernel reads the heads where the fused
//            projection wrote them (Kernels/AttentionHeads.swift). The weights P are kept when a gradient
//            is wanted, and only then.
// Shapes     [batch, tokens, 3 D], columns q | k | v, D = heads · d  →  [batch, tokens, D]
// Cost       O(batch · tokens² · D) time; O(batch · heads · tokens²) memory when tracked
// Read       Attention.swift, Kernels/AttentionHeads.swift ← this file → Networks/MultiHeadAttention.swift

import Kernels
import Tensors

/// Multi-head self-attention of a fused projection, without a mask.
///
/// - Parameters:
///   - x: `[batch, tokens, 3 D]`: a row's queries, then its keys, then its values.
///   - heads: Into how many parts D is split; must divide it.
/// - Returns: `[batch, tokens, D]`, heads side by side.
public func selfAttention<S>(_ x: Variable<S>, heads: Int) -> Variable<S> {
  require(
    x.shape.count == 3 && heads >= 1 && x.shape[2] % (3 * heads) == 0 && x.shape[1] >= 1,
    """
    selfAttention: input \(x.shape), \(heads) heads.
      To mend: [batch, tokens, 3 D] with D a multiple of heads.
    """)
  let g = AttentionGeometry(
    batch: x.shape[0], tokens: x.shape[1], heads: heads, depth: x.shape[2] / (3 * heads))
  let X = x.value.buffer
  let P = Buffer<S>(uninitialized: x.isTracked ? g.weightCount : 0)
  let y = Buffer<S>(uninitialized: g.batch * g.tokens * g.width)
  attentionHeads(g, X, weights: P, into: y)
  return Variable(Tensor(shape: [g.batch, g.tokens, g.width], buffer: y), from: [x]) { dY in
    let dX = Buffer<S>(uninitialized: X.count)
    attentionHeadsGradient(g, X, weights: P, outputGradient: dY.buffer, into: dX)
    return [Tensor(shape: x.shape, buffer: dX)]
  }
}

extension GradientCase {
  static let selfAttentions = [
    GradientCase("selfAttention", at: [2, 3, 18], in: -2...2) { selfAttention($0[0], heads: 2) },
    GradientCase("selfAttention, one head", at: [1, 5, 6], in: -2...2) {
      selfAttention($0[0], heads: 1)
    },
  ]
}
