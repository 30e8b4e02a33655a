// The matrix product.
//
// Read       Kernels/MatrixMultiply.swift, Kernels/GramMatrix.swift ← this file → Convolution.swift

import Kernels

/// The product op(A) · op(B) of two matrices, or of two stacks of matrices.
///
/// - Parameters:
///   - a: `[M, K]` (`[K, M]` when transposed), optionally with a leading batch axis.
///   - b: `[K, N]` (`[N, K]` when transposed), with a batch axis exactly when `a` has one.
///   - transposeA: Use Aᵀ.
///   - transposeB: Use Bᵀ.
///   - bias: `[N]`, added to every row; nil adds nothing.
/// - Returns: `[M, N]`, or `[batch, M, N]`.
public func matmul<Scalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, transposeA: Bool = false, transposeB: Bool = false,
  bias: Tensor<Scalar>? = nil
) -> Tensor<Scalar> {
  require(
    (a.rank == 2 || a.rank == 3) && a.rank == b.rank,
    "matmul: shapes \(a.shape) and \(b.shape). To mend: two matrices, or two batches of matrices.")
  let (aRows, aColumns) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
  let (bRows, bColumns) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
  let rows = transposeA ? aColumns : aRows
  let depth = transposeA ? aRows : aColumns
  let columns = transposeB ? bRows : bColumns
  let batch = a.rank == 3 ? a.shape[0] : 1
  require(
    depth == (transposeB ? bColumns : bRows) && (a.rank == 2 || b.shape[0] == batch),
    """
    matmul: inner extents differ.
      a \(a.shape)\(transposeA ? " transposed" : ""), b \(b.shape)\(transposeB ? " transposed" : "")
      To mend: columns of op(A) = rows of op(B), and equal batch axes.
    """)
  require(
    bias.map { $0.shape == [columns] } ?? true,
    "matmul: a bias of shape \(bias?.shape ?? []) for \(columns) columns. To mend: [\(columns)].")
  let c = Buffer<Scalar>(uninitialized: batch * rows * columns)
  for i in 0..<batch {
    matrixMultiply(
      rows: rows, columns: columns, depth: depth, a: a.buffer, transposeA: transposeA, b: b.buffer,
      transposeB: transposeB, into: c, bias: bias?.buffer,
      offsets: (i * rows * depth, i * depth * columns, i * rows * columns))
  }
  return Tensor(shape: a.rank == 3 ? [batch, rows, columns] : [rows, columns], buffer: c)
}

/// The products of all pairs of rows, X · Xᵀ: the bits of `matmul(x, x, transposeB: true)` for half of its work.
///
/// - Parameter x: `[N, p]`.
/// - Returns: `[N, N]`, symmetric.
public func gramMatrix<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  require(x.rank == 2, "gramMatrix: shape \(x.shape). To mend: one vector a row, [N, p].")
  let (rows, depth) = (x.shape[0], x.shape[1])
  let g = Buffer<Scalar>(uninitialized: rows * rows)
  gramMatrix(x.buffer, rows: rows, depth: depth, into: g)
  return Tensor(shape: [rows, rows], buffer: g)
}
