// The walk of a convolution's window: tap rows, tap columns and channels, in an image or in a copy of it.
//
// Formula    tile[r, ·] = Σ u,v,c  a[r·row + u·aOuter + v·aMiddle + c] · b[(u, v, c), ·]      but for what lies outside
// Idea       A window finds a column of zeros left of a row's first pixel and right of its last. In the tile that holds the
//            first pixel the first tap column passes over it; in the one that holds the last, the last tap column. So
//            no copy of the image with zeros around it is needed, and of twelve pixels one product in eighteen is saved.
//            (Rows of zeros above and below are no part of any walk: CorrelationPass.swift.)
// Loop       One, whose step is chosen anew where a tap column ends: between three loops the compiler would move the tile
//            to memory and back. It costs nothing: 116.5 of 117 GFLOP/s, with and without zeros.
// Read       TileWalk.swift ← this file → CorrelationPass.swift

/// Three nested counts: the window of a convolution, of which columns may lie beside the image.
struct WindowWalk: Walk {
  /// Tap rows, taps in each and scalars of a tap; taps that lie side by side may be counted as one.
  let outer: Int
  let middle: Int
  let inner: Int
  /// From one tap row, and one tap, to the next, in scalars.
  let aOuter: Int
  let aMiddle: Int
  let bOuter: Int
  let steps: ImageSteps
  /// Whether the first tap column lies outside for the tile's first pixel, and the last for its last.
  let skipsFirst: Bool
  let skipsLast: Bool
  /// From an output row to the one below it in a, in scalars.
  let below: Int

  @inline(__always) var row: Int { steps.row }

  @inline(never)
  func sum<Tile: RegisterTile>(_: Tile.Type, _ operands: TileOperands<Tile.Columns.Scalar>) {
    var tile = Tile.zero
    var p = Tile.cursor(operands.a, steps.row)
    var q = operands.b
    let width = steps.b(Tile.Columns.width)
    // From the end of one tap to the next, and what is more where a tap row ends.
    let aNext = aMiddle - inner * steps.a
    let (aReturn, bReturn) = (aOuter - middle * aMiddle, bOuter - middle * inner * width)
    // What the tile below reads is asked for meanwhile, a little in every step; its last tap row is new.
    let ask = (Tile.rows * steps.row + middle * inner - 1) / (middle * inner)
    var next = operands.a + below
    let nextReturn = aOuter - middle * inner * ask
    var (left, column) = (inner, 0)
    var pixels = pixels(of: 0, Tile.Columns.Scalar.self)
    Tile.askForLines(operands)
    for _ in 0..<outer * middle * inner {
      prefetchToRead(next)
      next += ask
      switch pixels {
      case .all: tile.add(p, steps.row, times: .load(q))
      case .butFirst: tile.addButFirst(p, steps.row, times: .load(q))
      case .butLast: tile.addButLast(p, steps.row, times: .load(q))
      }
      Tile.advance(&p, by: steps.a)
      q += width
      left -= 1
      if left == 0 {
        left = inner
        Tile.advance(&p, by: aNext)
        column += 1
        if column == middle {
          column = 0
          Tile.advance(&p, by: aReturn)
          q += bReturn
          next += nextReturn
        }
        pixels = self.pixels(of: column, Tile.Columns.Scalar.self)
      }
    }
    tile.finish(operands)
  }

  /// Which pixels of a tile a tap column meets.
  private enum Pixels { case all, butFirst, butLast }

  @inline(__always)
  private func pixels<S: KernelScalar>(of column: Int, _: S.Type) -> Pixels {
    guard Self.leavesOut(S.self) else { return .all }
    if skipsFirst && column == 0 { return .butFirst }
    return skipsLast && column == middle - 1 ? .butLast : .all
  }

  /// Whether a step can leave out a pixel.
  ///
  /// A low tile of Double the compiler keeps in memory where a step has this choice (AVX2: 22 GFLOP/s of 58): there the
  /// zeros are copied and multiplied.
  @inline(__always)
  static func leavesOut<S: KernelScalar>(_: S.Type) -> Bool {
    !(TileHeight.isLow && MemoryLayout<S>.size == 8)
  }
}
