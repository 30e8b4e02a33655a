// The heights a register tile can have, and how rows are cut into them.
//
// Idea       A caller has some number of rows (pixels, channels) and a tile has a fixed height, so
//            `Walk.run` cuts the rows into the heights that exist. The sum of one output never
//            depends on which height computed it.
// Families   Which tiles are good depends on two things known when a caller is compiled: how wide a
//            row is, and whether the rows of a lie a constant distance apart. Each family is a type, so
//            that only tiles that can be reached are compiled: a tile of 24 sums takes the compiler as
//            long as two hundred lines of other code.
// Read       RegisterTile.swift ← this file → TileWalk.swift

/// The tiles that one kind of caller uses.
protocol TileFamily {
  associatedtype Columns: Lanes
  /// The next height for `rows` rows: the tallest that fits, with exceptions.
  static func next(_ rows: Int) -> Int
  /// Follows a walk with the tile of one of these heights.
  static func sum<W: Walk>(_ walk: W, height: Int, _ operands: TileOperands<Columns.Scalar>)
}

/// Where a tile reads and writes.
struct TileOperands<Scalar: KernelScalar> {
  /// Row r begins at a + r · (the walk's row).
  var a: UnsafePointer<Scalar>
  var b: UnsafePointer<Scalar>
  /// Row r is written to c + r · cRow.
  var c: UnsafeMutablePointer<Scalar>
  var cRow: Int
  /// What the next tile will write, with rows `nextRow` apart.
  var next: UnsafeMutablePointer<Scalar>
  var nextRow: Int
  /// Whether the sums are added to what c holds.
  var adding: Bool
  /// A row as wide as the tile that every row adds last.
  var bias: UnsafePointer<Scalar>?
}

/// Rows a constant distance apart, which share one address; one or two vectors wide.
enum Together<Columns: Lanes>: TileFamily {
  @inline(__always) static func next(_ rows: Int) -> Int { TileHeight.next(rows) }

  @inline(__always)
  static func sum<W: Walk>(_ walk: W, height: Int, _ operands: TileOperands<Columns.Scalar>) {
    switch height {
    #if !LANES_256
      case 12: walk.sum(Rows12<Columns>.self, operands)
      case 8: walk.sum(Rows8<Columns>.self, operands)
    #endif
    default: Low<Columns>.sum(walk, height: height, operands)
    }
  }
}

/// Rows at a distance known only at run time, of which four share an address, or two; one or two vectors wide.
enum Spread<Columns: Lanes>: TileFamily {
  @inline(__always) static func next(_ rows: Int) -> Int { TileHeight.next(rows) }

  @inline(__always)
  static func sum<W: Walk>(_ walk: W, height: Int, _ operands: TileOperands<Columns.Scalar>) {
    switch height {
    #if !LANES_256
      case 12: walk.sum(Rows12Apart<Columns>.self, operands)
      case 8: walk.sum(Rows8Apart<Columns>.self, operands)
    #else
      case 6: walk.sum(Rows6Apart<Columns>.self, operands)
    #endif
    default: Low<Columns>.sum(walk, height: height, operands)
    }
  }
}

/// Six rows at most: of four vectors each, they fill the registers.
enum Low<Columns: Lanes>: TileFamily {
  @inline(__always)
  static func next(_ rows: Int) -> Int {
    rows == 7 || rows == 8 ? 4 : min(6, TileHeight.next(rows))
  }

  @inline(__always)
  static func sum<W: Walk>(_ walk: W, height: Int, _ operands: TileOperands<Columns.Scalar>) {
    switch height {
    case 6: walk.sum(Rows6<Columns>.self, operands)
    case 4: walk.sum(Rows4<Columns>.self, operands)
    case 3: walk.sum(Rows3<Columns>.self, operands)
    case 2: walk.sum(Rows2<Columns>.self, operands)
    default: walk.sum(Rows1<Columns>.self, operands)
    }
  }
}

/// Which tile heights exist and which to take next.
enum TileHeight {
  #if LANES_256
    /// The height matrix multiply packs for.
    static let main = 6
    /// Whether registers are so few, and a step so short, that what costs nothing beside a step of twelve rows shows.
    @inline(__always) static var isLow: Bool { true }
    @inline(__always)
    static func next(_ rows: Int) -> Int {
      rows >= 6 ? (rows == 8 ? 4 : 6) : (rows == 5 ? 3 : rows)
    }
  #else
    /// The height matrix multiply packs for.
    static let main = 12
    @inline(__always) static var isLow: Bool { false }

    /// The next height for `rows` rows.
    ///
    /// 16 = 8 + 8, 14 = 8 + 6, 10 = 6 + 4 and 9 = 6 + 3: a tile of one or two rows waits for its own sums, as
    /// long as one of four takes. (A tile of 14 × 2 vectors leaves one register; the compiler then keeps sums
    /// in memory.)
    @inline(__always)
    static func next(_ rows: Int) -> Int {
      switch rows {
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
