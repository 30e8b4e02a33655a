// Matrix multiplication: C = op(A) · op(B), or C + op(A) · op(B), op = as it lies or transposed.
//
// Formula    C[i, j] = Σₖ A[i, k] · B[k, j]
// Ladder     `matrixMultiplyReference` is the formula as three loops, 1 to 2 GFLOP/s. The fast rung
//            keeps three levels of memory busy at once (Goto & van de Geijn, ACM TOMS 2008):
//            · a 12 × 2-vector tile of C in registers (RegisterTile.swift),
//            · a strip of A, 12 rows × 256 or 512 deep, in the first-level cache,
//            · some panels of B, 2 vectors × as deep each, in the second-level cache.
//            A and B are repacked into the order in which the tile walks them (MatrixPacking.swift),
//            so the inner loop reads both one after the other, whatever the transposes were. A is packed
//            once for all; each piece of work packs its own panels of B, so that they are in its cache
//            when they are used and never travel to memory and back.
// Order      The sum over k runs upwards in blocks that the extents decide, not the number of threads.
// Read       RegisterTile.swift, TileWalk.swift, MatrixPacking.swift ← this file → GramMatrix.swift, Tensors/MatrixProduct.swift
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
///   - bias: `[columns]`, added to every row after the sum over k; nil adds nothing.
///   - offsets: First scalar of A, B and C in their buffers.
@specialized(where S == Float)
@specialized(where S == Double)
public func matrixMultiply<S: KernelScalar>(
  rows: Int, columns: Int, depth: Int, a: Buffer<S>, transposeA: Bool = false, b: Buffer<S>,
  transposeB: Bool = false, into c: Buffer<S>, adding: Bool = false,
  bias: Buffer<S>? = nil, offsets: (a: Int, b: Int, c: Int) = (0, 0, 0)
) {
  require(
    a.count >= offsets.a + rows * depth && b.count >= offsets.b + depth * columns
      && c.count >= offsets.c + rows * columns && offsets.a >= 0 && offsets.b >= 0
      && offsets.c >= 0 && (bias.map { $0.count == columns } ?? true),
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
    into: c.pointer + offsets.c, leading: columns, adding: adding,
    bias: bias.map { UnsafePointer($0.pointer) }, pieces: parallelFor)
  withExtendedLifetime(bias) {}
}

/// A matrix somewhere in memory.
struct MatrixView<S> {
  let first: UnsafePointer<S>
  /// Scalars from one line to the next.
  let leading: Int
  /// Whether a line is a column.
  var isTransposed = false
}

/// Which part of a product is wanted.
enum ProductPart {
  case all
  /// Elements on and above the diagonal; some others are written, too.
  case fromDiagonal
}

/// C = A · B, or C + A · B, of matrices that may be parts of larger ones.
///
/// `leading` is the number of scalars from one row of C to the next; `pieces` says how independent pieces
/// of work are done: `parallelFor`, or `oneByOne` inside another piece.
@inline(__always)
func multiply<S: KernelScalar>(
  rows: Int, columns: Int, depth: Int, _ a: MatrixView<S>, _ b: MatrixView<S>,
  into C: UnsafeMutablePointer<S>, leading: Int, adding: Bool = false,
  bias: UnsafePointer<S>? = nil, part: ProductPart = .all,
  pieces: (_ count: Int, _ body: (Int) -> Void) -> Void
) {
  guard rows > 0, columns > 0 else { return }
  guard depth > 0 else {
    for i in 0..<rows {
      for j in 0..<columns {
        C[i * leading + j] = (adding ? C[i * leading + j] : 0) + (bias.map { $0[j] } ?? 0)
      }
    }
    return
  }
  typealias Columns = Beside<Vector1<S>>
  let height = TileHeight.main
  let A = PackedOperand(
    source: a.first, leading: a.leading, linesAreDepth: a.isTransposed, total: rows, width: height)
  let B = PackedOperand(
    source: b.first, leading: b.leading, linesAreDepth: !b.isTransposed, total: columns,
    width: Columns.width)
  let blocking = MatrixBlocking(lineOfA: A.parts * height * MemoryLayout<S>.stride)
  let deepest = min(depth, blocking.range)
  // Half a product has pieces of different sizes: narrower ones are shared better.
  let panels = min(part == .all ? blocking.panels : blocking.panels / 2, B.parts)
  let blocksAcross = (B.parts + panels - 1) / panels
  let strips = MatrixBlocking.strips(of: A.parts, blocksAcross: blocksAcross)
  let blocksDown = (A.parts + strips - 1) / strips
  let packedA = Buffer<S>(uninitialized: A.parts * height * deepest)

  for range in stride(from: 0, to: depth, by: deepest) {
    let blocks = DepthBlocks(count: min(deepest, depth - range), deep: blocking.depth)
    let packing = (A.parts + 3) / 4
    pieces(blocks.total * packing) { n in
      let (start, deep) = blocks[n / packing]
      let first = n % packing * 4
      A.pack(
        first..<min(A.parts, first + 4), first: range + start, deep: deep,
        to: packedA.pointer + (start * A.parts + first * deep) * height)
    }
    pieces(blocksDown * blocksAcross) { block in
      let down = block % blocksDown * strips
      let across = block / blocksDown * panels
      let wanted = across..<min(B.parts, across + panels)
      let packedB = Buffer<S>(uninitialized: wanted.count * Columns.width * blocks.count)
      defer { withExtendedLifetime(packedB) {} }
      let end = min(A.parts, down + strips)
      for chunk in stride(from: down, to: end, by: MatrixBlocking.chunk) {
        for n in 0..<blocks.total {
          let (start, deep) = blocks[n]
          let panelsOfB = packedB.pointer + start * wanted.count * Columns.width
          if chunk == down { B.pack(wanted, first: range + start, deep: deep, to: panelsOfB) }
          let walk = FlatWalk(count: deep, steps: PackedSteps())
          for i in chunk..<min(end, chunk + MatrixBlocking.chunk) {
            for j in wanted
            where part == .all || (j + 1) * Columns.width > i * height {
              let (down, right) = j + 1 < wanted.upperBound ? (i, j + 1) : (i + 1, across)
              walk.run(
                Together<Columns>.self, rows: min(height, rows - i * height),
                columns: columns - j * Columns.width,
                a: packedA.pointer + (start * A.parts + i * deep) * height,
                b: panelsOfB + (j - across) * deep * Columns.width,
                c: C + i * height * leading + j * Columns.width, cRow: leading,
                adding: adding || range + start > 0,
                bias: range + start + deep == depth ? bias.map { $0 + j * Columns.width } : nil,
                next: C + down * height * leading + right * Columns.width)
            }
          }
        }
      }
    }
  }
  withExtendedLifetime(packedA) {}
}

/// Block extents; measured on a core with 48 KiB and 1 MiB of first- and second-level cache, on a shared
/// third level.
struct MatrixBlocking {
  /// Strips of A that all blocks of k pass over, before the next: their part of C stays in the second-level cache.
  static let chunk = 16

  /// Values of k for which A and B are packed at once.
  let range: Int
  /// Values of k that a tile walks at once.
  let depth: Int
  /// Panels of B a piece packs for itself and passes over with each strip of A.
  let panels: Int

  /// - Parameter lineOfA: Bytes of A, packed, for one k.
  ///
  /// An A that the third-level cache holds may be read often: narrow pieces leave the second level to it. A
  /// larger one comes from memory each time, so that wide pieces read it seldom (2048 × 2048: 144 GFLOP/s with
  /// two panels, 180 with eight, 195 with sixteen; 1024 × 1024: 200, 184, 191). Rather than that, a long sum is
  /// cut, if the parts are still long (1576 × 3072 · 3072 × 768: 182 instead of 171).
  @inline(__always)
  init(lineOfA: Int) {
    let near = (5 << 20) / max(1, lineOfA) / 256 * 256
    if near >= 768 {
      (range, depth, panels) = (min(2048, near), 512, 2)
    } else {
      (range, depth, panels) = (2048, 256, 16)
    }
  }

  /// Strips of A a piece passes over: all of them, unless that leaves threads without a piece.
  @inline(__always)
  static func strips(of total: Int, blocksAcross: Int) -> Int {
    let down = max(1, min(total / 8, (2 * ThreadTeam.count + blocksAcross - 1) / blocksAcross))
    return (total + down - 1) / down
  }
}

/// A range of k cut into blocks.
private struct DepthBlocks {
  let count: Int
  let deep: Int
  @inline(__always) var total: Int { (count + deep - 1) / deep }
  @inline(__always) subscript(n: Int) -> (start: Int, deep: Int) {
    (n * deep, min(deep, count - n * deep))
  }
}
