// Matrix multiplication: C = op(A) · op(B), or C + op(A) · op(B), op = as it lies or transposed.
//
// Formula    C[i, j] = Σₖ A[i, k] · B[k, j]
// Ladder     `matrixMultiplyReference` is the formula as three loops, 1 to 2 GFLOP/s. The fast rung
//            keeps three levels of memory busy at once (Goto & van de Geijn, ACM TOMS 2008):
//            · a 12 × 2-vector tile of C in registers (RegisterTile.swift),
//            · a strip of A, 12 rows × 512 deep, in the first-level cache,
//            · a panel of B, 2 vectors wide, and a block of A, 120 rows, in the second-level cache.
//            A and B are repacked into the order in which the tile walks them (MatrixPacking.swift),
//            so the inner loop reads both one after the other, whatever the transposes were. All
//            blocks of depth pass over one block of C before the next, so C is fetched once.
// Order      The sum over k runs upwards in blocks of 512: fixed, whatever the number of threads.
// Read       RegisterTile.swift, TileWalk.swift, MatrixPacking.swift ← this file → Tensors/MatrixProduct.swift
// Tests      Tests/KernelsTests/MatrixMultiplyTests.swift

/// The formula as loops, for tests and for reading.
@specialized(where S == Float)
@specialized(where S == Double)
public func matrixMultiplyReference<S: KernelScalar>(
  rows: Int, columns: Int, depth: Int, a: Buffer<S>, transposeA: Bool, b: Buffer<S>,
  transposeB: Bool, into c: Buffer<S>
) {
  for i in 0..<rows {
    for j in 0..<columns {
      var sum: S = 0
      for k in 0..<depth {
        let x = transposeA ? a.pointer[k * rows + i] : a.pointer[i * depth + k]
        let y = transposeB ? b.pointer[j * depth + k] : b.pointer[k * columns + j]
        sum += x * y
      }
      c.pointer[i * columns + j] = sum
    }
  }
}

/// The product of two matrices, written or added to `c`.
///
/// - Parameters:
///   - rows: Rows of op(A) and C.
///   - columns: Columns of op(B) and C.
///   - depth: Columns of op(A), rows of op(B).
///   - a: `[rows, depth]`, or `[depth, rows]` when transposed.
///   - transposeA: Use Aᵀ.
///   - b: `[depth, columns]`, or `[columns, depth]` when transposed.
///   - transposeB: Use Bᵀ.
///   - c: `[rows, columns]`; may not be `a` or `b`.
///   - adding: Add to C instead of overwriting it.
///   - offsets: First scalar of A, B and C in their buffers.
@specialized(where S == Float)
@specialized(where S == Double)
public func matrixMultiply<S: KernelScalar>(
  rows: Int, columns: Int, depth: Int, a: Buffer<S>, transposeA: Bool = false, b: Buffer<S>,
  transposeB: Bool = false, into c: Buffer<S>, adding: Bool = false,
  offsets: (a: Int, b: Int, c: Int) = (0, 0, 0)
) {
  require(
    a.count >= offsets.a + rows * depth && b.count >= offsets.b + depth * columns
      && c.count >= offsets.c + rows * columns && offsets.a >= 0 && offsets.b >= 0
      && offsets.c >= 0,
    """
    matrixMultiply: a buffer is too short for [\(rows), \(depth)] · [\(depth), \(columns)].
      a \(a.count), b \(b.count), c \(c.count) scalars, offsets \(offsets).
    """)
  multiply(
    rows: rows, columns: columns, depth: depth,
    MatrixView(
      first: UnsafePointer(a.pointer + offsets.a), leading: transposeA ? rows : depth,
      isTransposed: transposeA),
    MatrixView(
      first: UnsafePointer(b.pointer + offsets.b), leading: transposeB ? depth : columns,
      isTransposed: transposeB),
    into: c.pointer + offsets.c, leading: columns, adding: adding, pieces: parallelFor)
}

/// A matrix somewhere in memory.
struct MatrixView<S> {
  let first: UnsafePointer<S>
  /// Scalars from one line to the next.
  let leading: Int
  /// Whether a line is a column.
  var isTransposed = false
}

/// C = A · B, or C + A · B, of matrices that may be parts of larger ones.
///
/// - Parameters:
///   - leading: Scalars from one row of C to the next.
///   - pieces: How independent pieces of work are done: `parallelFor`, or `oneByOne` inside another
///     piece.
@inline(__always)
func multiply<S: KernelScalar>(
  rows: Int, columns: Int, depth: Int, _ a: MatrixView<S>, _ b: MatrixView<S>,
  into C: UnsafeMutablePointer<S>, leading: Int, adding: Bool = false,
  pieces: (_ count: Int, _ body: (Int) -> Void) -> Void
) {
  guard rows > 0, columns > 0 else { return }
  guard depth > 0 else {
    guard !adding else { return }
    for i in 0..<rows { (C + i * leading).update(repeating: 0, count: columns) }
    return
  }
  typealias Columns = Beside<Vector1<S>>
  let height = TileHeight.main
  let deepest = min(depth, MatrixBlocking.range)
  let A = PackedOperand(
    a.first, leading: a.leading, linesAreDepth: a.isTransposed, total: rows, width: height,
    deepest: deepest)
  let B = PackedOperand(
    b.first, leading: b.leading, linesAreDepth: !b.isTransposed, total: columns,
    width: Columns.width, deepest: deepest)
  let blocksDown = (A.parts + MatrixBlocking.strips - 1) / MatrixBlocking.strips
  let blocksAcross = (B.parts + MatrixBlocking.panels - 1) / MatrixBlocking.panels

  for range in stride(from: 0, to: depth, by: deepest) {
    let blocks = DepthBlocks(count: min(deepest, depth - range))
    let piecesA = A.pieces(deep: MatrixBlocking.depth)
    let packing = piecesA + B.pieces(deep: MatrixBlocking.depth)
    pieces(blocks.total * packing) { n in
      let (start, deep) = blocks[n / packing]
      let piece = n % packing
      if piece < piecesA {
        A.pack(piece: piece, first: range + start, start: start, deep: deep)
      } else {
        B.pack(piece: piece - piecesA, first: range + start, start: start, deep: deep)
      }
    }
    pieces(blocksDown * blocksAcross) { block in
      let down = block % blocksDown * MatrixBlocking.strips
      let across = block / blocksDown * MatrixBlocking.panels
      // A block of C stays in cache while all depths pass.
      for n in 0..<blocks.total {
        let (start, deep) = blocks[n]
        let walk = TileWalk(inner: deep, steps: PackedSteps())
        for j in across..<min(B.parts, across + MatrixBlocking.panels) {
          for i in down..<min(A.parts, down + MatrixBlocking.strips) {
            walk.run(
              Columns.self, rows: min(height, rows - i * height),
              columns: columns - j * Columns.width,
              a: A.pointer(part: i, start: start, deep: deep),
              b: B.pointer(part: j, start: start, deep: deep),
              c: C + i * height * leading + j * Columns.width, cRow: leading,
              adding: adding || range + start > 0)
          }
        }
      }
    }
  }
}

/// Block extents; measured on a core with 48 KiB and 1 MiB of first- and second-level cache.
enum MatrixBlocking {
  /// Values of k that a tile walks at once.
  static let depth = 512
  /// Values of k that are packed at once: what the packed operands may take in memory.
  static let range = 2048
  static let strips = 10
  static let panels = 16
}

/// A range of k cut into blocks.
private struct DepthBlocks {
  let count: Int
  @inline(__always) var total: Int { (count + MatrixBlocking.depth - 1) / MatrixBlocking.depth }
  @inline(__always) subscript(n: Int) -> (start: Int, deep: Int) {
    (n * MatrixBlocking.depth, min(MatrixBlocking.depth, count - n * MatrixBlocking.depth))
  }
}
