// Attention within heads: every head of every image is a piece of work of its own.
//
// Source     Vaswani et al., NeurIPS 2017, eq. (1), §3.2.2
// Formula    per image and head, with Q, K, V [tokens, d]:
//            S = Q Kᵀ/√d,  P = softmax(S),  O = P V
//            dV = Pᵀ dO    dP = dO Vᵀ    dS = P ∘ (dP − Σ dP ∘ P)/√d    dQ = dS K    dK = dSᵀ Q
// Idea       A head of 197 tokens is too small to be shared between threads (25 µs a product, as long as
//            waking a thread), but there are many. Q, K and V are read where the fused projection wrote
//            them, 3D scalars from one token to the next, and O is written between the other heads' columns.
// Shapes     x [batch, tokens, 3D], a row's queries, then its keys, then its values; D = heads · d
// Memory     tokens² weights for each thread; for backward all of them, [batch, heads, tokens, tokens]
// Read       MatrixMultiply.swift, Softmax.swift ← this file → Autodiff/SelfAttention.swift
// Tests      Tests/KernelsTests/AttentionHeadsTests.swift

/// The extents of multi-head self-attention.
public struct AttentionGeometry: Sendable {
  public let batch: Int
  public let tokens: Int
  public let heads: Int
  /// d, columns of one head.
  public let depth: Int

  /// All extents.
  public init(batch: Int, tokens: Int, heads: Int, depth: Int) {
    self.batch = batch
    self.tokens = tokens
    self.heads = heads
    self.depth = depth
  }

  /// D, columns of all heads.
  public var width: Int { heads * depth }
  /// Attention weights of a batch.
  public var weightCount: Int { batch * heads * tokens * tokens }

  @inline(__always) var pieces: Int { batch * heads }

  /// Head `piece` of part 0 (queries), 1 (keys) or 2 (values) of `parts`.
  @inline(__always)
  func offset(_ piece: Int, part: Int, of parts: Int) -> Int {
    (piece / heads * tokens * parts + part) * width + piece % heads * depth
  }
}

/// O of every head.
///
/// - Parameters:
///   - g: Extents.
///   - x: Queries, keys and values, `[batch, tokens, 3D]`.
///   - weights: Where P is kept for backward, `[batch, heads, tokens, tokens]`; empty keeps none.
///   - y: `[batch, tokens, D]`.
@specialized(where T == Float)
@specialized(where T == Double)
public func attentionHeads<T: KernelScalar>(
  _ g: AttentionGeometry, _ x: Buffer<T>, weights: Buffer<T>, into y: Buffer<T>
) {
  require(
    x.count == 3 * y.count && y.count == g.batch * g.tokens * g.width
      && (weights.count == 0 || weights.count == g.weightCount),
    "attentionHeads: \(x.count) scalars into \(y.count) with \(g).")
  let n = g.tokens
  let scale = 1 / T(g.depth).squareRoot()
  parallelFor(g.pieces) { piece in
    let scratch = Buffer<T>(uninitialized: (weights.count == 0 ? 2 : 1) * n * n)
    defer { withExtendedLifetime(scratch) {} }
    let S = scratch.pointer
    let P = weights.count == 0 ? S + n * n : weights.pointer + piece * n * n
    let (Q, K, V) = (
      g.head(piece, 0, of: 3, x), g.head(piece, 1, of: 3, x), g.head(piece, 2, of: 3, x)
    )
    multiply(
      rows: n, columns: n, depth: g.depth, Q, K.transposed, into: S, leading: n, pieces: oneByOne)
    for row in 0..<n {
      let similarities = S + row * n
      for c in 0..<n { similarities[c] *= scale }
      let out = P + row * n
      let (_, sum) = exponentials(UnsafePointer(similarities), n, into: out)
      for c in 0..<n { out[c] /= sum }
    }
    multiply(
      rows: n, columns: g.depth, depth: n, MatrixView(first: UnsafePointer(P), leading: n), V,
      into: y.pointer + g.offset(piece, part: 0, of: 1), leading: g.width, pieces: oneByOne)
  }
}

/// The gradient of x.
///
/// - Parameters:
///   - g: Extents.
///   - x: What `attentionHeads` took.
///   - weights: What it kept.
///   - dY: Gradient of its result, `[batch, tokens, D]`.
///   - dX: `[batch, tokens, 3D]`; may not be `x`.
@specialized(where T == Float)
@specialized(where T == Double)
public func attentionHeadsGradient<T: KernelScalar>(
  _ g: AttentionGeometry, _ x: Buffer<T>, weights: Buffer<T>, outputGradient dY: Buffer<T>,
  into dX: Buffer<T>
) {
  require(
    x.count == 3 * dY.count && dX.count == x.count && weights.count == g.weightCount,
    "attentionHeadsGradient: \(dY.count) scalars into \(dX.count) with \(g).")
  let n = g.tokens
  let scale = 1 / T(g.depth).squareRoot()
  parallelFor(g.pieces) { piece in
    let scratch = Buffer<T>(uninitialized: n * n)
    defer { withExtendedLifetime(scratch) {} }
    let products = scratch.pointer
    let P = MatrixView(first: UnsafePointer(weights.pointer + piece * n * n), leading: n)
    let (Q, K, V) = (
      g.head(piece, 0, of: 3, x), g.head(piece, 1, of: 3, x), g.head(piece, 2, of: 3, x)
    )
    let dO = g.head(piece, 0, of: 1, dY)
    func gradient(_ part: Int, _ a: MatrixView<T>, _ b: MatrixView<T>) {
      multiply(
        rows: n, columns: g.depth, depth: n, a, b,
        into: dX.pointer + g.offset(piece, part: part, of: 3), leading: 3 * g.width,
        pieces: oneByOne)
    }
    gradient(2, P.transposed, dO)
    multiply(
      rows: n, columns: n, depth: g.depth, dO, V.transposed, into: products, leading: n,
      pieces: oneByOne)
    for row in 0..<n {
      // From here on `products` is dS.
      let dP = products + row * n
      let p = P.first + row * n
      let mean = lineProduct(p, UnsafePointer(dP), n)
      for c in 0..<n { dP[c] = scale * p[c] * (dP[c] - mean) }
    }
    let dS = MatrixView(first: UnsafePointer(products), leading: n)
    gradient(0, dS, K)
    gradient(1, dS.transposed, Q)
  }
}

extension AttentionGeometry {
  @inline(__always)
  fileprivate func head<T>(_ piece: Int, _ part: Int, of parts: Int, _ x: Buffer<T>) -> MatrixView<
    T
  > {
    MatrixView(
      first: UnsafePointer(x.pointer + offset(piece, part: part, of: parts)), leading: parts * width
    )
  }
}

extension MatrixView {
  @inline(__always) fileprivate var transposed: MatrixView {
    MatrixView(first: first, leading: leading, isTransposed: !isTransposed)
  }
}

/// Σ x[i] y[i], lanes first.
@inline(__always)
private func lineProduct<T: KernelScalar>(
  _ x: UnsafePointer<T>, _ y: UnsafePointer<T>, _ count: Int
) -> T {
  let lanes = T.Vector.scalarCount
  var sums = T.Vector(repeating: 0)
  var i = 0
  while i + lanes <= count {
    sums = sums.addingProduct((x + i).vector, (y + i).vector)
    i += lanes
  }
  for k in 0..<count - i { sums[k] = sums[k].addingProduct(x[i + k], y[i + k]) }
  return sums.sum()
}
