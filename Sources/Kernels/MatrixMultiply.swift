// Matrix multiplication: C = op(A) · op(B), or C + op(A) · op(B), op = as it lies or transposed.
//
// Formula    C[i, j] = Σₖ A[i, k] · B[k, j]
// Ladder     `matrixMultiplyReference` is the formula as three loops, 1 to 2 GFLOP/s. The fast rung
//            keeps three levels of memory busy at once (Goto & van de Geijn, ACM TOMS 2008):
//            · a 12 × 2-vector tile of C in registers (RegisterTile.swift),
//            · a strip of A, 12 rows × 512 deep, in the first-level cache,
//            · a panel of B, 2 vectors wide, and a block of A, 120 rows, in the second-level cache.
//            A and B are repacked block by block into the order in which the tile walks them, so
//            the inner loop reads both one after the other, whatever the transposes were.
// Order      The sum over k runs upwards in blocks of 512: fixed, whatever the number of threads.
// Read       RegisterTile.swift, TileWalk.swift ← this file → Tensors/MatrixProduct.swift
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
  guard rows > 0, columns > 0 else { return }
  let C = c.pointer + offsets.c
  guard depth > 0 else {
    if !adding { C.update(repeating: 0, count: rows * columns) }
    return
  }
  typealias Columns = Beside<Vector1<S>>
  let width = Columns.width
  let height = TileHeight.main
  let strips = (rows + height - 1) / height
  let panels = (columns + width - 1) / width
  let deepest = min(depth, MatrixBlocking.depth)
  let packedA = Buffer<S>(uninitialized: strips * height * deepest)
  let packedB = Buffer<S>(uninitialized: panels * width * deepest)
  let A = UnsafePointer(a.pointer + offsets.a)
  let B = UnsafePointer(b.pointer + offsets.b)
  let pA = packedA.pointer
  let pB = packedB.pointer

  var k0 = 0
  while k0 < depth {
    let deep = min(MatrixBlocking.depth, depth - k0)
    // [strip][k][row] and [panel][k][column], zero where the matrix ends; eight at a time, so that
    // a line of the matrix is read in long pieces.
    let groupsOfStrips = (strips + 7) / 8
    parallelFor(groupsOfStrips + (panels + 7) / 8) { group in
      if group < groupsOfStrips {
        pack(
          A, leading: transposeA ? rows : depth, majorIsDepth: transposeA, total: rows,
          width: height, parts: 8 * group..<min(strips, 8 * group + 8), k0: k0, deep: deep,
          into: pA)
      } else {
        let first = 8 * (group - groupsOfStrips)
        pack(
          B, leading: transposeB ? depth : columns, majorIsDepth: !transposeB, total: columns,
          width: width, parts: first..<min(panels, first + 8), k0: k0, deep: deep, into: pB)
      }
    }
    let blocksDown = (strips + MatrixBlocking.strips - 1) / MatrixBlocking.strips
    let blocksAcross = (panels + MatrixBlocking.panels - 1) / MatrixBlocking.panels
    let walk = TileWalk(inner: deep, steps: PackedSteps())
    let overwrite = k0 == 0 && !adding
    parallelFor(blocksDown * blocksAcross) { block in
      let down = block % blocksDown
      let across = block / blocksDown
      for j in across * MatrixBlocking.panels..<min(panels, (across + 1) * MatrixBlocking.panels) {
        for i in down * MatrixBlocking.strips..<min(strips, (down + 1) * MatrixBlocking.strips) {
          walk.run(
            Columns.self, rows: min(height, rows - i * height), columns: columns - j * width,
            a: pA + i * height * deep, b: pB + j * width * deep,
            c: C + i * height * columns + j * width, cRow: columns, adding: !overwrite)
        }
      }
    }
    k0 += deep
  }
}

/// Block extents; measured on a core with 48 KiB and 1 MiB of first- and second-level cache.
enum MatrixBlocking {
  static let depth = 512
  static let strips = 10
  static let panels = 16
}

/// Copies strips of rows of A, or panels of columns of B, to the order [part][k][row or column].
///
/// `leading` is the number of scalars from one line of the stored matrix to the next; `majorIsDepth`
/// says whether a line holds all rows of one k (copy) or all k of one row (transpose); `total` counts
/// rows of A or columns of B in the whole matrix; `parts` are strips or panels of a given width.
@inline(__always)
private func pack<S: KernelScalar>(
  _ source: UnsafePointer<S>, leading: Int, majorIsDepth: Bool, total: Int, width: Int,
  parts: Range<Int>, k0: Int, deep: Int, into target: UnsafeMutablePointer<S>
) {
  let lanes = S.Vector.scalarCount
  if majorIsDepth {
    for k in 0..<deep {
      let line = source + (k0 + k) * leading
      for part in parts {
        let count = min(width, total - part * width)
        let out = target + (part * deep + k) * width
        let from = line + part * width
        if count == width && width % lanes == 0 {
          for r in stride(from: 0, to: width, by: lanes) { (out + r).vector = (from + r).vector }
        } else {
          for r in 0..<count { out[r] = from[r] }
          for r in count..<width { out[r] = 0 }
        }
      }
    }
  } else {
    for part in parts {
      let start = target + part * deep * width
      let count = min(width, total - part * width)
      for r in 0..<count {
        let line = source + (part * width + r) * leading + k0
        var out = start + r
        for k in 0..<deep {
          out.pointee = line[k]
          out += width
        }
      }
      for r in count..<width {
        for k in 0..<deep { start[k * width + r] = 0 }
      }
    }
  }
}
