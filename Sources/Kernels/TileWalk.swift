// The one inner loop: a register tile walks two operands and sums their outer products.
//
// Formula    tile[r, ·] = Σ_{o, m, i}  a[r·row + o·aOuter + m·aMiddle + i·aInner] ·
//                                      b[o·bOuter + m·bMiddle + i·bInner + ·]
// Idea       Three nested counts cover everything: a matrix product needs one (i = k); a
//            convolution forward walks kernel rows, kernel columns and channels; its filter
//            gradient walks image rows and pixels.
// Heights    A caller has some number of rows (pixels, channels) and a tile has a fixed height, so
//            `Walk.run` cuts the rows into the heights that exist. The sum of one output never
//            depends on which height computed it.
// Read       RegisterTile.swift ← this file → MatrixMultiply.swift, Correlation.swift

/// How the operands advance in the inner loop, in scalars.
///
/// A step that is a constant of the type is a constant in the instructions. With all of them at run
/// time the compiler keeps addresses and sums on the stack: 175 instead of 240 GFLOP/s.
protocol WalkSteps {
  /// Whether `row` is known at compile time, so that one address serves all rows.
  static var rowIsConstant: Bool { get }
  /// From one row of the tile to the next in a.
  var row: Int { get }
  /// From one step of the inner loop to the next in a.
  var a: Int { get }
  /// The same in b, for a tile `width` lanes wide.
  func b(_ width: Int) -> Int
}

/// Both operands packed: a matrix product.
struct PackedSteps: WalkSteps {
  @inline(__always) static var rowIsConstant: Bool { true }
  @inline(__always) var row: Int { 1 }
  @inline(__always) var a: Int { TileHeight.main }
  @inline(__always) func b(_ width: Int) -> Int { width }
}

/// Rows are pixels, the inner loop runs along channels, the filter is packed: a correlation.
struct ImageSteps: WalkSteps {
  @inline(__always) static var rowIsConstant: Bool { false }
  let row: Int
  @inline(__always) var a: Int { 1 }
  @inline(__always) func b(_ width: Int) -> Int { width }
}

/// A way through two operands that one tile follows, summing outer products.
protocol Walk {
  /// Whether `row` is known at compile time, so that one address serves all rows.
  static var rowIsConstant: Bool { get }
  /// From one row of the tile to the next in a, in scalars.
  var row: Int { get }
  /// Sums the walk that begins at a and b in one tile, and writes it, or adds it, to c; the bias comes last.
  ///
  /// A function of its own in each walk, never inlined: a caller that holds the loops of seven heights
  /// compiles slower, and runs no faster.
  func sum<Tile: RegisterTile>(
    _: Tile.Type, _ a: UnsafePointer<Tile.Columns.Scalar>,
    _ b: UnsafePointer<Tile.Columns.Scalar>, _ c: UnsafeMutablePointer<Tile.Columns.Scalar>,
    _ cRow: Int, _ adding: Bool, _ bias: UnsafePointer<Tile.Columns.Scalar>?)
}

/// One loop with even steps: a matrix product, a 1×1 convolution.
struct FlatWalk<Steps: WalkSteps>: Walk {
  let count: Int
  let steps: Steps

  @inline(__always) static var rowIsConstant: Bool { Steps.rowIsConstant }
  @inline(__always) var row: Int { steps.row }

  @inline(never)
  func sum<Tile: RegisterTile>(
    _: Tile.Type, _ a: UnsafePointer<Tile.Columns.Scalar>,
    _ b: UnsafePointer<Tile.Columns.Scalar>, _ c: UnsafeMutablePointer<Tile.Columns.Scalar>,
    _ cRow: Int, _ adding: Bool, _ bias: UnsafePointer<Tile.Columns.Scalar>?
  ) {
    var tile = Tile.zero
    var p = Tile.cursor(a, steps.row)
    var q = b
    for _ in 0..<count {
      tile.add(p, steps.row, times: .load(q))
      Tile.advance(&p, by: steps.a)
      q += steps.b(Tile.Columns.width)
    }
    tile.finish(c, cRow, adding, bias)
  }
}

/// Three nested counts with even steps, in scalars: the window of a convolution.
struct NestedWalk: Walk {
  let outer: Int
  let middle: Int
  let inner: Int
  let aOuter: Int
  let aMiddle: Int
  let bOuter: Int
  let bMiddle: Int
  let steps: ImageSteps

  @inline(__always) static var rowIsConstant: Bool { ImageSteps.rowIsConstant }
  @inline(__always) var row: Int { steps.row }

  @inline(never)
  func sum<Tile: RegisterTile>(
    _: Tile.Type, _ a: UnsafePointer<Tile.Columns.Scalar>,
    _ b: UnsafePointer<Tile.Columns.Scalar>, _ c: UnsafeMutablePointer<Tile.Columns.Scalar>,
    _ cRow: Int, _ adding: Bool, _ bias: UnsafePointer<Tile.Columns.Scalar>?
  ) {
    var tile = Tile.zero
    var p = Tile.cursor(a, steps.row)
    var q = b
    // From the end of one inner count to the next, and what is more where the middle count ends.
    let width = steps.b(Tile.Columns.width)
    let (aNext, bNext) = (aMiddle - inner * steps.a, bMiddle - inner * width)
    let (aReturn, bReturn) = (aOuter - middle * aMiddle, bOuter - middle * bMiddle)
    var (innerLeft, middleLeft) = (inner, middle)
    // One loop, not three: between two loops the compiler moves the tile to memory and back.
    for _ in 0..<outer * middle * inner {
      tile.add(p, steps.row, times: .load(q))
      Tile.advance(&p, by: steps.a)
      q += width
      innerLeft -= 1
      if innerLeft == 0 {
        innerLeft = inner
        Tile.advance(&p, by: aNext)
        q += bNext
        middleLeft -= 1
        if middleLeft == 0 {
          middleLeft = middle
          Tile.advance(&p, by: aReturn)
          q += bReturn
        }
      }
    }
    tile.finish(c, cRow, adding, bias)
  }
}

/// A list of places in a, one a step, against evenly spaced b: a filter gradient.
///
/// Rows of an image, images of a batch and strides all become one loop: nested loops would cost more
/// at their edges than the small images of a network's last stage take to walk.
struct ListedWalk: Walk {
  /// Where each step reads, in scalars from a.
  let places: UnsafeBufferPointer<Int>
  /// From one step to the next in b, in scalars.
  let b: Int

  @inline(__always) static var rowIsConstant: Bool { true }
  @inline(__always) var row: Int { 1 }

  @inline(never)
  func sum<Tile: RegisterTile>(
    _: Tile.Type, _ a: UnsafePointer<Tile.Columns.Scalar>,
    _ b: UnsafePointer<Tile.Columns.Scalar>, _ c: UnsafeMutablePointer<Tile.Columns.Scalar>,
    _ cRow: Int, _ adding: Bool, _ bias: UnsafePointer<Tile.Columns.Scalar>?
  ) {
    var tile = Tile.zero
    var q = b
    for place in places {
      tile.add(Tile.cursor(a + place, 1), 1, times: .load(q))
      q += self.b
    }
    tile.finish(c, cRow, adding, bias)
  }
}

extension RegisterTile {
  /// Writes the sums to c, or adds them to it; the bias comes last.
  @inline(__always)
  fileprivate mutating func finish(
    _ c: UnsafeMutablePointer<Columns.Scalar>, _ cRow: Int, _ adding: Bool,
    _ bias: UnsafePointer<Columns.Scalar>?
  ) {
    // Most tiles leave here, from registers.
    guard adding || bias != nil else { return store(c, cRow) }
    if adding { add(from: c, cRow) }
    if let bias { add(from: bias, 0) }
    store(c, cRow)
  }
}

extension Walk {
  /// Sums `rows` rows of outputs, cut into tiles, and writes or adds them to c.
  ///
  /// Row r reads a + r · row and writes c + r · cRow. Of the lanes, `columns` are wanted; the rest
  /// are computed and dropped. `bias`, a row as wide as the tile, is added to every row.
  @inline(never)
  func run<L: Lanes>(
    _: L.Type, rows: Int, columns: Int, a: UnsafePointer<L.Scalar>, b: UnsafePointer<L.Scalar>,
    c: UnsafeMutablePointer<L.Scalar>, cRow: Int, adding: Bool,
    bias: UnsafePointer<L.Scalar>? = nil
  ) {
    // The last panel may be narrower than a tile: its sums take a detour through the stack.
    let partial = columns < L.width
    let capacity = partial ? TileHeight.main * L.width : 0
    withUnsafeTemporaryAllocation(of: L.Scalar.self, capacity: capacity) { scratch in
      var done = 0
      while done < rows {
        let height = TileHeight.next(rows - done, isWide: L.isWide)
        let out = c + done * cRow
        let whole = partial ? scratch.baseAddress ?? out : out
        runTile(
          L.self, height, a + done * row, b, whole, partial ? L.width : cRow, adding && !partial,
          partial ? nil : bias)
        if partial {
          for r in 0..<height {
            for i in 0..<columns {
              let sum = whole[r * L.width + i]
              let all = adding ? out[r * cRow + i] + sum : sum
              out[r * cRow + i] = bias.map { all + $0[i] } ?? all
            }
          }
        }
        done += height
      }
    }
  }

  @inline(__always)
  private func runTile<L: Lanes>(
    _: L.Type, _ height: Int, _ a: UnsafePointer<L.Scalar>, _ b: UnsafePointer<L.Scalar>,
    _ c: UnsafeMutablePointer<L.Scalar>, _ cRow: Int, _ adding: Bool,
    _ bias: UnsafePointer<L.Scalar>?
  ) {
    switch height {
    #if !LANES_256
      case 12 where !L.isWide && Self.rowIsConstant:
        sum(Rows12<L>.self, a, b, c, cRow, adding, bias)
      case 8 where !L.isWide && Self.rowIsConstant:
        sum(Rows8<L>.self, a, b, c, cRow, adding, bias)
      case 12 where !L.isWide: sum(Rows12Apart<L>.self, a, b, c, cRow, adding, bias)
      case 8 where !L.isWide: sum(Rows8Apart<L>.self, a, b, c, cRow, adding, bias)
    #endif
    case 6: sum(Rows6<L>.self, a, b, c, cRow, adding, bias)
    case 4: sum(Rows4<L>.self, a, b, c, cRow, adding, bias)
    case 3: sum(Rows3<L>.self, a, b, c, cRow, adding, bias)
    case 2: sum(Rows2<L>.self, a, b, c, cRow, adding, bias)
    default: sum(Rows1<L>.self, a, b, c, cRow, adding, bias)
    }
  }
}

/// Which tile heights exist and which to take next.
enum TileHeight {
  #if LANES_256
    /// The height matrix multiply packs for.
    static let main = 6
    @inline(__always)
    static func next(_ rows: Int, isWide: Bool = false) -> Int {
      rows >= 6 ? (rows == 8 ? 4 : 6) : (rows == 5 ? 3 : rows)
    }
  #else
    /// The height matrix multiply packs for.
    static let main = 12

    /// The next height for `rows` rows: the tallest that fits, with exceptions.
    ///
    /// 16 = 8 + 8, 14 = 8 + 6, 10 = 6 + 4 and 9 = 6 + 3: a tile of one or two rows waits for its own sums, as
    /// long as one of four takes. (A tile of 14 × 2 vectors leaves one register; the compiler then keeps sums
    /// in memory. Of wide lanes, four vectors, six rows fill the registers.)
    @inline(__always)
    static func next(_ rows: Int, isWide: Bool = false) -> Int {
      switch rows {
      case 6... where isWide: return 6
      case 14, 16: return 8
      case 12...: return 12
      case 9, 10: return 6
      case 8...: return 8
      case 6...: return 6
      case 4...: return 4
      default: return rows
      }
    }
  #endif
}
