// Filter panels: a convolution's filter in the order in which a correlation walks it.
//
// Layout     [panel][tap row][tap column][in][lanes]: a panel is as many outputs as the tile is wide,
//            zeros beyond the last one.
// Idea       Forward, the outputs of a tap and an input lie side by side and are copied. The input
//            gradient exchanges inputs and outputs, so there the panels are transposed.
// Read       MatrixPacking.swift ← this file → Correlation.swift

/// How a filter is cut into panels, and the packing of them.
struct FilterPanels<S: KernelScalar> {
  let tapRows: Int
  let tapColumns: Int
  let inputs: Int
  let outputs: Int
  /// Panels.
  let count: Int
  /// Machine vectors across a panel: 1, 2 or 4.
  let vectors: Int
  /// Where the matrix of each tap begins, by rows, and how far its lines are apart.
  private let taps: [UnsafePointer<S>]
  private let leading: Int
  private let transposed: Bool

  /// Describes a filter.
  ///
  /// `columns` is the number of output pixels in a row: short rows want wide panels to fill the
  /// registers. So do inputs that are multiples of 4 KiB: all pixels of a tile then fall into one set of the
  /// first-level cache, which holds 8 lines, and a wide tile has 6 (1024 → 256 channels: 200 GFLOP/s, 221 so).
  /// `tap` is where the matrix of a tap (row, column) begins; its lines lie `leading` apart and hold all outputs
  /// of one input, or, transposed, all inputs of one output.
  @inline(__always)
  init(
    tapRows: Int, tapColumns: Int, inputs: Int, outputs: Int, columns: Int, leading: Int,
    transposed: Bool, tap: (Int, Int) -> UnsafePointer<S>
  ) {
    let lanes = S.Vector.scalarCount
    var vectors = outputs <= lanes ? 1 : 2
    #if !LANES_256
      if columns <= 7 || inputs * MemoryLayout<S>.stride % 4096 == 0, outputs % (4 * lanes) == 0 {
        vectors = 4
      }
    #endif
    self.tapRows = tapRows
    self.tapColumns = tapColumns
    self.inputs = inputs
    self.outputs = outputs
    self.vectors = vectors
    self.leading = leading
    self.transposed = transposed
    count = (outputs + vectors * lanes - 1) / (vectors * lanes)
    taps = (0..<tapRows * tapColumns).map { tap($0 / tapColumns, $0 % tapColumns) }
  }

  /// Outputs a panel.
  @inline(__always) var width: Int { vectors * S.Vector.scalarCount }
  /// Scalars of one tap row of a panel, and of a whole panel.
  @inline(__always) var rowSize: Int { tapColumns * inputs * width }
  @inline(__always) var size: Int { tapRows * rowSize }

  /// Tap rows of a panel that are summed at once; the next ones are added to their sums.
  ///
  /// As many as the second-level cache holds beside the pixels. Of wide panels one, a single even loop: where the
  /// walk turns, the compiler keeps six rows of four vectors in memory (256 → 512 channels, stride 2: 80 GFLOP/s,
  /// 106 so). It depends on the filter and the extents of an image only, so that an image has the same bits alone
  /// and in a batch.
  @inline(__always) var tapRowsAtOnce: Int {
    vectors == 4 ? 1 : max(1, min(tapRows, 400 * 1024 / (rowSize * MemoryLayout<S>.stride)))
  }
  /// The tap rows from one on that are summed at once.
  @inline(__always)
  func taps(from first: Int) -> Range<Int> { first..<min(tapRows, first + tapRowsAtOnce) }

  /// Packs some tap rows of a panel.
  @inline(__always)
  func pack(panel: Int, rows: Range<Int>, to target: UnsafeMutablePointer<S>) {
    let first = panel * width
    let wanted = min(width, outputs - first)
    for n in 0..<rows.count * tapColumns {
      let tap = taps[rows.lowerBound * tapColumns + n]
      let to = target + n * inputs * width
      if transposed {
        packTransposed(
          tap + first * leading, leading: leading, count: wanted, width: width, deep: inputs, to: to
        )
      } else {
        packLines(
          tap + first, leading: leading, count: wanted, width: width, deep: inputs, to: to)
      }
    }
  }

  /// Asks for a share of what packing some tap rows of a panel will read.
  @inline(__always)
  func ask(panel: Int, rows: Range<Int>, share: Int, of shares: Int) {
    let (lines, length) = transposed ? (width, inputs) : (inputs, width)
    let first = transposed ? panel * width * leading : panel * width
    let all = rows.count * tapColumns * lines
    for n in all * share / shares..<all * (share + 1) / shares {
      let line = taps[rows.lowerBound * tapColumns + n / lines] + first + n % lines * leading
      for scalar in stride(from: 0, to: length, by: S.aLine) {
        prefetchToReadLater(line + scalar)
      }
    }
  }
}
