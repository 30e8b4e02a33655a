// Self-attention from one matrix: queries, keys and values lie side by side, as a fused projection
// writes them.
//
// Source     Vaswani et al., NeurIPS 2017, eq. (1), §3.2.2
// Formula    per image and head, with Q, K, V [tokens, d]:
//            P = softmax(Q Kᵀ/√d),  O = P V
//            dV = Pᵀ dO    dP = dO Vᵀ    dS = P (dP − Σ dP P) per row    dQ = dS K/√d    dK = dSᵀ Q/√d
// Idea       `attention` is the readable composition. Here each head's columns are copied once into a
//            dense matrix, straight from the fused one, and every product is one call of the matrix
//            multiply. Without a gradient the weights P of one image at a time exist, else all are kept.
// Shapes     [batch, tokens, 3 D], columns q | k | v, D = heads · d  →  [batch, tokens, D]
// Cost       O(batch · tokens² · D) time; O(heads · tokens²) memory, times batch when tracked
// Read       Attention.swift, MatrixProduct.swift ← this file → Networks/MultiHeadAttention.swift

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
  let (batch, tokens) = (x.shape[0], x.shape[1])
  let h = Heads(batch: batch, tokens: tokens, heads: heads, depth: x.shape[2] / (3 * heads))
  let scale = 1 / S(h.depth).squareRoot()
  let X = x.value.buffer
  let (Q, K, V) = (
    h.split(X, part: 0, of: 3), h.split(X, part: 1, of: 3), h.split(X, part: 2, of: 3)
  )
  scaleAndShift(Q, scale: scale, shift: 0, into: Q)
  let O = Buffer<S>(uninitialized: Q.count)
  var kept: [Tensor<S>] = []
  var P = Buffer<S>(uninitialized: heads * tokens * tokens)
  for image in 0..<batch {
    h.similarities(image, Q, K, into: P)
    softmax(P, rows: heads * tokens, columns: tokens, logarithm: false, into: P)
    h.sums(image, weights: P, V, into: O)
    guard x.isTracked else { continue }
    kept.append(Tensor(shape: [heads * tokens, tokens], buffer: P))
    P = Buffer(uninitialized: P.count)
  }
  let y = Buffer<S>(uninitialized: O.count)
  h.join(O, into: y, part: 0, of: 1)
  return Variable(Tensor(shape: [batch, tokens, h.width], buffer: y), from: [x]) { dY in
    let dO = h.split(dY.buffer, part: 0, of: 1)
    let (dQ, dK, dV) = (
      Buffer<S>(uninitialized: Q.count), Buffer<S>(uninitialized: Q.count),
      Buffer<S>(uninitialized: Q.count)
    )
    for image in 0..<batch {
      let P = kept[image]
      h.sums(image, weights: P.buffer, transposed: true, dO, into: dV)
      let products = Buffer<S>(uninitialized: P.count)
      h.similarities(image, dO, V, into: products)
      let dP = Tensor(shape: P.shape, buffer: products)
      let dS = (P * (dP - (dP * P).sum(over: 1, keepingAxes: true))).buffer
      h.sums(image, weights: dS, K, into: dQ)
      // Q carries 1/√d already.
      h.sums(image, weights: dS, transposed: true, Q, into: dK)
    }
    scaleAndShift(dQ, scale: scale, shift: 0, into: dQ)
    let dX = Buffer<S>(uninitialized: X.count)
    for (part, gradient) in [dQ, dK, dV].enumerated() {
      h.join(gradient, into: dX, part: part, of: 3)
    }
    return [Tensor(shape: x.shape, buffer: dX)]
  }
}

/// Where heads lie: side by side in a row of tokens, or one dense matrix after the other.
private struct Heads {
  let batch: Int
  let tokens: Int
  let heads: Int
  /// d, columns of one head.
  let depth: Int
  /// D.
  var width: Int { heads * depth }

  /// Part `part` of `parts` of each row: [batch, tokens, parts · D] → [batch, heads, tokens, d].
  func split<S>(_ x: Buffer<S>, part: Int, of parts: Int) -> Buffer<S> {
    let y = Buffer<S>(uninitialized: batch * tokens * width)
    stridedCopy(
      extents: [batch, heads, tokens, depth], steps: steps(parts), offset: part * width, x, into: y)
    return y
  }

  /// The reverse: the other parts of `y` stay as they are.
  func join<S>(_ x: Buffer<S>, into y: Buffer<S>, part: Int, of parts: Int) {
    stridedCopy(
      extents: [batch, heads, tokens, depth], steps: steps(parts), offset: part * width, x, into: y,
      scatter: true)
  }

  private func steps(_ parts: Int) -> [Int] {
    [tokens * parts * width, depth, parts * width, 1]
  }

  /// A Bᵀ for each head of one image: dense heads to [heads, tokens, tokens].
  func similarities<S>(_ image: Int, _ a: Buffer<S>, _ b: Buffer<S>, into c: Buffer<S>) {
    for head in 0..<heads {
      let dense = (image * heads + head) * tokens * depth
      matrixMultiply(
        rows: tokens, columns: tokens, depth: depth, a: a, b: b, transposeB: true, into: c,
        offsets: (dense, dense, head * tokens * tokens))
    }
  }

  /// W B, or Wᵀ B, for each head of one image: weights [heads, tokens, tokens] and dense heads to
  /// dense heads.
  func sums<S>(
    _ image: Int, weights: Buffer<S>, transposed: Bool = false, _ b: Buffer<S>, into c: Buffer<S>
  ) {
    for head in 0..<heads {
      let dense = (image * heads + head) * tokens * depth
      matrixMultiply(
        rows: tokens, columns: depth, depth: tokens, a: weights, transposeA: transposed, b: b,
        into: c, offsets: (head * tokens * tokens, dense, dense))
    }
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
