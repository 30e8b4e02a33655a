// The one inner loop: a register tile walks two operands and sums their outer products.
//
// Formula    tile[r, ·] = Σ_{o, m, i}  a[r·row + o·aOuter + m·aMiddle + i·aInner] ·
//                                      b[o·bOuter + m·bMiddle + i·bInner + ·]
// Idea       Three nested counts cover everything: a matrix product needs one (i = k); a
//            convolution forward walks kernel rows, kernel columns and channels; its filter
//            gradient walks image rows and pixels.
// Read       RegisterTile.swift, TileFamilies.swift, Meanwhile.swift ← this file → MatrixMultiply.swift, CorrelationPass.swift

/// How the operands advance in the inner loop, in scalars.
///
/// A step that is a constant of the type is a constant in the instructions. With all of them at run
/// time the compiler keeps addresses and sums on the stack: 175 instead of 240 GFLOP/s.
protocol WalkSteps {
  /// From one row of the tile to the next in a.
  var row: Int { get }
  /// From one step of the inner loop to the next in a.
  var a: Int { get }
  /// The same in b, for a tile `width` lanes wide.
  func b(_ width: Int) -> Int
  /// Where the next tile's part of a begins, and how much of it to ask for in each of `count` steps.
  func ahead(rows: Int, count: Int) -> (first: Int, step: Int)
}

/// Both operands packed: a matrix product.
struct PackedSteps: WalkSteps {
  @inline(__always) var row: Int { 1 }
  @inline(__always) var a: Int { TileHeight.main }
  @inline(__always) func b(_ width: Int) -> Int { width }
  @inline(__always) func ahead(rows: Int, count: Int) -> (first: Int, step: Int) { (count * a, a) }
}

/// Rows are pixels, the inner loop runs along channels, the filter is packed: a correlation.
protocol PixelSteps: WalkSteps {}

extension PixelSteps {
  @inline(__always) var a: Int { 1 }
  @inline(__always) func b(_ width: Int) -> Int { width }
  @inline(__always) func ahead(rows: Int, count: Int) -> (first: Int, step: Int) {
    (rows * row, rows)
  }
}

/// Pixels of any number of channels.
struct ImageSteps: PixelSteps {
  let row: Int
}

/// A way through two operands that one tile follows, summing outer products.
protocol Walk {
  /// From one row of the tile to the next in a, in scalars.
  var row: Int { get }
  /// Sums the walk that begins at a and b in one tile, and writes it, or adds it, to c; the bias comes last.
  ///
  /// A function of its own in each walk, never inlined: a caller that holds the loops of seven heights
  /// compiles slower, and runs no faster.
  func sum<Tile: RegisterTile>(_: Tile.Type, _ operands: TileOperands<Tile.Columns.Scalar>)
}

/// One loop with even steps: a matrix product, a 1×1 convolution.
struct FlatWalk<Steps: WalkSteps, Later: Meanwhile>: Walk {
  let count: Int
  let steps: Steps
  let later: Later

  init(count: Int, steps: Steps, later: Later = AskNothing()) {
    (self.count, self.steps, self.later) = (count, steps, later)
  }

  @inline(__always) var row: Int { steps.row }

  @inline(never)
  func sum<Tile: RegisterTile>(_: Tile.Type, _ operands: TileOperands<Tile.Columns.Scalar>) {
    var tile = Tile.zero
    var p = Tile.cursor(operands.a, steps.row)
    var q = operands.b
    let ahead = steps.ahead(rows: Tile.rows, count: count)
    var next = operands.a + ahead.first
    var writes = LinesAhead<Tile>(operands, steps: count)
    var later = later
    later.begin(at: operands.a)
    for _ in 0..<count {
      later.ask()
      prefetchToRead(next)
      writes.ask(later)
      next += ahead.step
      tile.add(p, steps.row, times: .load(q))
      Tile.advance(&p, by: steps.a)
      q += steps.b(Tile.Columns.width)
    }
    tile.finish(operands)
  }
}

/// A list of places, one a step: a filter gradient.
///
/// Rows of an image, images of a batch, strides and pixels left out all become one loop: nested loops would cost more
/// at their edges than the small images of a network's last stage take to walk.
struct ListedWalk: Walk {
  /// Where a step reads: in a, in scalars, and in b, in steps of `b` scalars.
  struct Place {
    var a: Int
    var b: Int
  }

  let places: UnsafeBufferPointer<Place>
  let b: Int
  /// What is asked for in every step: this far from what it reads of a, in scalars.
  let ahead: Int
  /// What else is asked for: where, and from one step to the next in bytes.
  let next: UnsafeRawPointer
  let nextStep: Int
  /// Which of the two a low tile asks for: its steps are too short for both.
  let asksNext: Bool

  @inline(__always) var row: Int { 1 }

  @inline(never)
  func sum<Tile: RegisterTile>(_: Tile.Type, _ operands: TileOperands<Tile.Columns.Scalar>) {
    var tile = Tile.zero
    let later = operands.a + ahead
    var next = next
    Tile.askForLines(operands)
    for place in places {
      if TileHeight.isLow {
        prefetchToReadLater(asksNext ? next : UnsafeRawPointer(later + place.a))
      } else {
        prefetchToReadLater(later + place.a)
        prefetchToReadLater(next)
      }
      next += nextStep
      tile.add(
        Tile.cursor(operands.a + place.a, 1), 1, times: .load(operands.b + place.b * b))
    }
    tile.finish(operands)
  }
}

/// Asks for the lines that the next tile will write, a row of them at a time, evenly over the steps of this one.
///
/// All at once they would hold up the reads of the steps between.
struct LinesAhead<Tile: RegisterTile> {
  private var row: UnsafeMutablePointer<Tile.Columns.Scalar>
  private let rowSize: Int
  private let steps: Int
  private var done = 0

  @inline(__always)
  init(_ operands: TileOperands<Tile.Columns.Scalar>, steps: Int) {
    (row, rowSize) = (operands.next, operands.nextRow)
    self.steps = steps
  }

  @inline(__always)
  mutating func ask<Later: Meanwhile>(_ later: Later) {
    for lane in stride(from: 0, to: Tile.Columns.width, by: Tile.Columns.Scalar.aLine) {
      prefetchToWrite(row + lane)
      later.ask(beside: row + lane)
    }
    done += Tile.rows
    let isNext = done >= steps
    done -= isNext ? steps : 0
    row += isNext ? rowSize : 0
  }
}

extension RegisterTile {
  /// Asks for all lines that the tile will write.
  @inline(__always)
  static func askForLines(_ operands: TileOperands<Columns.Scalar>) {
    for r in 0..<rows {
      for lane in stride(from: 0, to: Columns.width, by: Columns.Scalar.aLine) {
        prefetchToWrite(operands.c + r * operands.cRow + lane)
      }
    }
  }

  /// Writes the sums to c, or adds them to it; the bias comes last.
  @inline(__always)
  mutating func finish(_ operands: TileOperands<Columns.Scalar>) {
    let (c, cRow) = (operands.c, operands.cRow)
    // Most tiles leave here, from registers.
    guard operands.adding || operands.bias != nil else { return store(c, cRow) }
    if operands.adding { add(from: c, cRow) }
    if let bias = operands.bias { add(from: bias, 0) }
    store(c, cRow)
  }
}

extension Walk {
  /// Sums `rows` rows of outputs, cut into tiles of a family, and writes or adds them to c.
  ///
  /// Row r reads a + r · row and writes c + r · cRow. Of the lanes, `columns` are wanted; the rest
  /// are computed and dropped. `bias`, a row as wide as the tile, is added to every row. `next` is where the
  /// run that follows will write, if that is known.
  @inline(never)
  func run<F: TileFamily>(
    _: F.Type, rows: Int, columns: Int, a: UnsafePointer<F.Columns.Scalar>,
    b: UnsafePointer<F.Columns.Scalar>, c: UnsafeMutablePointer<F.Columns.Scalar>, cRow: Int,
    adding: Bool, bias: UnsafePointer<F.Columns.Scalar>? = nil,
    next: UnsafeMutablePointer<F.Columns.Scalar>? = nil
  ) {
    // The last panel may be narrower than a tile: its sums take a detour through the stack.
    let width = F.Columns.width
    let partial = columns < width
    let capacity = partial ? TileHeight.main * width : 0
    withUnsafeTemporaryAllocation(of: F.Columns.Scalar.self, capacity: capacity) { scratch in
      var done = 0
      while done < rows {
        let height = F.next(rows - done)
        let out = c + done * cRow
        let whole = partial ? scratch.baseAddress ?? out : out
        F.sum(
          self, height: height,
          TileOperands(
            a: a + done * row, b: b, c: whole, cRow: partial ? width : cRow,
            next: done + height < rows ? out + height * cRow : next ?? out, nextRow: cRow,
            adding: adding && !partial, bias: partial ? nil : bias))
        if partial {
          for r in 0..<height {
            for i in 0..<columns {
              let sum = whole[r * width + i]
              let all = adding ? out[r * cRow + i] + sum : sum
              out[r * cRow + i] = bias.map { all + $0[i] } ?? all
            }
          }
        }
        done += height
      }
    }
  }
}
