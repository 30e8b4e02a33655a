// The walk of a network's first layer, whose pixels have three channels.
//
// Formula    tile[r, ·] = Σ u,v,c  a[r·row + u·aOuter + 3·v + c] · b[(u, v, c), ·]      c < 3
// Idea       A window of 3 × 3 colours has 27 products, no more than a tile has rows and a half: what a walk does beside
//            them counts here. The next tile's lines have to be asked for while this one sums, and nested counts
//            leave no register for that. But three channels are a constant, and so is the distance between pixels: no
//            address but one is left to be kept, and a tap is three products without a turn.
// Read       TileWalk.swift ← this file → CorrelationPass.swift

/// The window of a convolution of three channels, without dilation.
struct ColorWalk<Steps: PixelSteps>: Walk {
  /// Tap rows, and taps in each.
  let outer: Int
  let middle: Int
  /// From one tap row to the next in a, in scalars.
  let aOuter: Int
  let steps: Steps

  @inline(__always) var row: Int { steps.row }

  @inline(never)
  func sum<Tile: RegisterTile>(_: Tile.Type, _ operands: TileOperands<Tile.Columns.Scalar>) {
    var tile = Tile.zero
    var p = Tile.cursor(operands.a, steps.row)
    var q = operands.b
    let turn = aOuter - 3 * middle
    var left = middle
    var writes = LinesAhead<Tile>(operands, steps: 3 * outer * middle)
    for _ in 0..<outer * middle {
      for _ in 0..<3 {
        writes.ask(AskNothing())
        tile.add(p, steps.row, times: .load(q))
        Tile.advance(&p, by: steps.a)
        q += steps.b(Tile.Columns.width)
      }
      left -= 1
      if left == 0 {
        left = middle
        Tile.advance(&p, by: turn)
      }
    }
    tile.finish(operands)
  }
}

/// Neighbouring pixels of three channels.
struct ColorSteps1: PixelSteps {
  @inline(__always) var row: Int { 3 }
}

/// Every second one.
struct ColorSteps2: PixelSteps {
  @inline(__always) var row: Int { 6 }
}
