// Attention: each query takes a weighted mean of the values, weighted by how well the keys answer it.
//
// Source     Vaswani et al., NeurIPS 2017, eq. (1), and §3.2.2 for the heads
// Formula    per head:  O = softmax(Q Kᵀ / √d) V,  d = D / heads
// Idea       A composition: head h owns columns h d ..< (h + 1) d of Q, K and V, so splitting the heads
//            is a reshape and a permutation, and every pullback is one that is checked already.
// Shapes     Q [batch, queries, D], K [batch, keys, D], V [batch, keys, D] → [batch, queries, D]
// Cost       O(batch · queries · keys · D) time, O(batch · heads · queries · keys) memory
// Read       MatrixProduct.swift, Softmax.swift ← this file

import Kernels
import Tensors

/// Multi-head scaled dot-product attention, without the projections around it and without a mask.
///
/// - Parameters:
///   - q: Queries `[batch, queries, D]`.
///   - k: Keys `[batch, keys, D]`.
///   - v: Values `[batch, keys, D]`.
///   - heads: Into how many parts D is split; must divide it.
/// - Returns: `[batch, queries, D]`, heads side by side.
public func attention<S>(
  query q: Variable<S>, key k: Variable<S>, value v: Variable<S>, heads: Int
) -> Variable<S> {
  require(
    q.shape.count == 3 && k.shape.count == 3 && k.shape == v.shape && q.shape[0] == k.shape[0]
      && q.shape[2] == k.shape[2] && heads >= 1 && q.shape[2] % heads == 0,
    """
    attention: query \(q.shape), key \(k.shape), value \(v.shape), \(heads) heads.
      To mend: query [batch, queries, D], key and value [batch, keys, D], D a multiple of heads.
    """)
  let (batch, width) = (q.shape[0], q.shape[2])
  let d = width / heads
  // [batch, T, D] → [batch · heads, T, d]
  func split(_ x: Variable<S>) -> Variable<S> {
    x.reshaped([batch, x.shape[1], heads, d]).permuted(axes: 0, 2, 1, 3)
      .reshaped([batch * heads, x.shape[1], d])
  }
  let scores = matmul(split(q), split(k), transposeB: true).scaled(by: 1 / S(d).squareRoot())
  let O = matmul(softmax(scores), split(v))  // [batch · heads, queries, d]
  return O.reshaped([batch, heads, q.shape[1], d]).permuted(axes: 0, 2, 1, 3)
    .reshaped([batch, q.shape[1], width])
}

extension GradientCase {
  static let attentions = [
    GradientCase("attention", at: [2, 3, 6], [2, 4, 6], [2, 4, 6], in: -2...2) {
      attention(query: $0[0], key: $0[1], value: $0[2], heads: 2)
    },
    GradientCase("attention, to itself", at: [2, 3, 4], in: -2...2) {
      attention(query: $0[0], key: $0[0], value: $0[0], heads: 1)
    },
  ]
}
