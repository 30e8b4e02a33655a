// The Gram matrix: the product of a matrix with its own transpose.
//
// Formula    G[i, j] = Σₖ X[i, k] · X[j, k] = G[j, i]
// Idea       Half of a matrix product: tiles that lie below the diagonal are left out, and what they would have
//            held is copied from above it. A product does not depend on the order of its factors and the sum over
//            k is the same, so the bits are those of the whole product.
// Read       MatrixMultiply.swift ← this file → Tensors/MatrixProduct.swift
// Tests      Tests/KernelsTests/MatrixMultiplyTests.swift

/// G = X · Xᵀ.
///
/// - Parameters:
///   - x: `[rows, depth]`.
///   - rows: Rows of X; rows and columns of G.
///   - depth: Columns of X.
///   - g: `[rows, rows]`; every element is written.
@specialized(where S == Float)
@specialized(where S == Double)
public func gramMatrix<S: KernelScalar>(
  _ x: Buffer<S>, rows: Int, depth: Int, into g: Buffer<S>
) {
  require(
    x.count == rows * depth && g.count == rows * rows,
    "gramMatrix: \(x.count) scalars as [\(rows), \(depth)], \(g.count) as [\(rows), \(rows)].")
  let first = UnsafePointer(x.pointer)
  multiply(
    rows: rows, columns: rows, depth: depth, MatrixView(first: first, leading: depth),
    MatrixView(first: first, leading: depth, isTransposed: true), into: g.pointer, leading: rows,
    part: .fromDiagonal, pieces: parallelFor)
  let G = g.pointer
  parallelRuns(rows, grain: 16) { run in
    for i in run {
      for j in 0..<i { G[i * rows + j] = G[j * rows + i] }
    }
  }
}
