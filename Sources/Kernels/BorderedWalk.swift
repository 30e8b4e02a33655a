// The walk of a tile that is a whole row of an image: what lies beside the image is not multiplied.
//
// Formula    tile[r, ·] = Σ u,v,c  a[r·row + u·aOuter + v·row + c] · b[(u, v, c), ·]      0 < r + v ≤ rows
// Idea       A window of three columns finds a column of zeros left of the first pixel and right of the last. Where one tile
//            holds all pixels of a row, the first tap column passes over its first pixel and the last over its last:
//            one product in eighteen is saved of rows of twelve pixels, one in nine of rows of six. (Rows of zeros above
//            and below are no part of any walk: Correlation.swift.)
// Cost       Three loops instead of one, between which the tile goes to memory and back: worth it if channels are many.
// Read       TileWalk.swift ← this file → Correlation.swift

/// The window of a convolution of three columns over a row of which the tile holds all pixels, with one of zeros at each
/// end.
struct BorderedWalk: Walk {
  let tapRows: Int
  let channels: Int
  /// From one tap row to the next, in scalars.
  let aOuter: Int
  let bOuter: Int
  let steps: ImageSteps

  @inline(__always) var row: Int { steps.row }

  @inline(never)
  func sum<Tile: RegisterTile>(_: Tile.Type, _ operands: TileOperands<Tile.Columns.Scalar>) {
    var tile = Tile.zero
    Tile.askForLines(operands)
    for u in 0..<tapRows {
      var p = Tile.cursor(operands.a + u * aOuter, steps.row)
      var q = operands.b + u * bOuter
      for _ in 0..<channels {
        tile.addButFirst(p, steps.row, times: .load(q))
        Tile.advance(&p, by: steps.a)
        q += steps.b(Tile.Columns.width)
      }
      for _ in 0..<channels {
        tile.add(p, steps.row, times: .load(q))
        Tile.advance(&p, by: steps.a)
        q += steps.b(Tile.Columns.width)
      }
      for _ in 0..<channels {
        tile.addButLast(p, steps.row, times: .load(q))
        Tile.advance(&p, by: steps.a)
        q += steps.b(Tile.Columns.width)
      }
    }
    tile.finish(operands)
  }
}
