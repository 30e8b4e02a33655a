// The one inner loop: a register tile walks two operands and sums their outer products.
//
// Formula    tile[r, ·] = Σ_{o, m, i}  a[r·aRow + o·aOuter + m·aMiddle + i·aInner] ·
//                                      b[o·bOuter + m·bMiddle + i·bInner + ·]
// Idea       Three nested counts cover everything: a matrix product needs one (i = k); a
//            convolution forward walks kernel rows, kernel columns and channels; its filter
//            gradient walks image rows and pixels.
// Heights    A caller has some number of rows (pixels, channels) and a tile has a fixed height, so
//            `TileWalk.run` cuts the rows into the heights that exist. The sum of one output never
//            depends on which height computed it.
// Read       RegisterTile.swift ← this file → MatrixMultiply.swift, Correlation.swift

/// How far apart the rows of a tile lie in operand a.
protocol RowStep {
  var step: Int { get }
}

/// Neighbouring scalars: the offsets of the rows are constants in the instructions.
struct UnitStep: RowStep {
  @inline(__always) var step: Int { 1 }
}

/// Any distance.
struct AnyStep: RowStep {
  let step: Int
}

/// Extents and steps of the three nested loops, in scalars.
struct TileWalk {
  var outer = 1
  var middle = 1
  var inner: Int
  var aOuter = 0
  var aMiddle = 0
  var aInner: Int
  var bOuter = 0
  var bMiddle = 0
  var bInner: Int

  /// Sums one tile and writes it, or adds it, to c.
  @inline(__always)
  func sum<Tile: RegisterTile>(
    _: Tile.Type, _ a: UnsafePointer<Tile.Columns.Scalar>, _ aRow: some RowStep,
    _ b: UnsafePointer<Tile.Columns.Scalar>, _ c: UnsafeMutablePointer<Tile.Columns.Scalar>,
    _ cRow: Int, _ columns: Int, _ adding: Bool
  ) {
    var tile = Tile.zero
    for o in 0..<outer {
      for m in 0..<middle {
        var p = a + o * aOuter + m * aMiddle
        var q = b + o * bOuter + m * bMiddle
        for _ in 0..<inner {
          tile.add(p, aRow.step, times: .load(q))
          p += aInner
          q += bInner
        }
      }
    }
    if columns >= Tile.Columns.width {
      if adding { tile.addTo(c, cRow) } else { tile.store(c, cRow) }
    } else {
      storePart(tile, c, cRow, columns, adding)
    }
  }

  /// The last panel may be narrower than a tile: its sums take a detour through the stack.
  @inline(never)
  func storePart<Tile: RegisterTile>(
    _ tile: Tile, _ c: UnsafeMutablePointer<Tile.Columns.Scalar>, _ cRow: Int, _ columns: Int,
    _ adding: Bool
  ) {
    let width = Tile.Columns.width
    withUnsafeTemporaryAllocation(of: Tile.Columns.Scalar.self, capacity: Tile.rows * width) {
      all in
      guard let whole = all.baseAddress else { return }
      tile.store(whole, width)
      for r in 0..<Tile.rows {
        for i in 0..<columns {
          c[r * cRow + i] = adding ? c[r * cRow + i] + whole[r * width + i] : whole[r * width + i]
        }
      }
    }
  }

  /// Sums `rows` rows of outputs, cut into tiles, and writes or adds them to c.
  ///
  /// Row r reads a + r · aRow and writes c + r · cRow. Of the lanes, `columns` are wanted; the rest are
  /// computed and dropped.
  @inline(never)
  func run<L: Lanes>(
    _: L.Type, rows: Int, columns: Int, a: UnsafePointer<L.Scalar>, aRow: some RowStep,
    b: UnsafePointer<L.Scalar>, c: UnsafeMutablePointer<L.Scalar>, cRow: Int, adding: Bool
  ) {
    var done = 0
    while done < rows {
      let p = a + done * aRow.step
      let r = c + done * cRow
      let height = TileHeight.next(rows - done)
      switch height {
      #if !LANES_256
        case 14: sum(Rows14<L>.self, p, aRow, b, r, cRow, columns, adding)
        case 12: sum(Rows12<L>.self, p, aRow, b, r, cRow, columns, adding)
        case 8: sum(Rows8<L>.self, p, aRow, b, r, cRow, columns, adding)
      #endif
      case 6: sum(Rows6<L>.self, p, aRow, b, r, cRow, columns, adding)
      case 4: sum(Rows4<L>.self, p, aRow, b, r, cRow, columns, adding)
      case 3: sum(Rows3<L>.self, p, aRow, b, r, cRow, columns, adding)
      case 2: sum(Rows2<L>.self, p, aRow, b, r, cRow, columns, adding)
      default: sum(Rows1<L>.self, p, aRow, b, r, cRow, columns, adding)
      }
      done += height
    }
  }
}

/// Which tile heights exist and which to take next.
enum TileHeight {
  #if LANES_256
    /// The height matrix multiply packs for.
    static let main = 6
    @inline(__always)
    static func next(_ rows: Int) -> Int {
      rows >= 6 ? (rows == 8 ? 4 : 6) : (rows == 5 ? 3 : rows)
    }
  #else
    /// The height matrix multiply packs for.
    static let main = 12

    /// The next height for `rows` rows: even cuts where they exist (16 = 8 + 8, 28 = 14 + 14),
    /// else the tallest that fits.
    @inline(__always)
    static func next(_ rows: Int) -> Int {
      if rows % 12 == 0 { return 12 }
      if rows % 14 == 0 { return 14 }
      if rows % 8 == 0 { return 8 }
      switch rows {
      case 14...: return 12
      case 12, 13: return 12
      case 8...11: return 8
      case 6, 7: return 6
      case 4, 5: return 4
      default: return rows
      }
    }
  #endif
}
