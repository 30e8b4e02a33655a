// Work on the channels of rows, some columns at a time.
//
// Idea       What a norm does is the same for every channel, and channels lie side by side: four machine vectors of them
//            at a time, a whole run of cache lines from every row, and one at a time where fewer are left.
// How        A type for each kind of work: its loops are compiled for either width. (A closure would do; but called from
//            a class the compiler had not put closures in their place, and 64 numbers took 100 cycles instead of 20.)
// Read       RegisterTile.swift ← this file → ChannelAffine.swift, ChannelMoments.swift, ChannelGradientSums.swift

/// Four machine vectors.
typealias Four<S: KernelScalar> = Beside<Beside<Vector1<S>>>

/// What is done with some columns of one row or of several.
protocol ColumnWork<S> {
  associatedtype S: KernelScalar
  /// The columns from c on, as many as L is wide. Those beyond the last may be read, for buffers have a margin.
  func run<L: Lanes>(_: L.Type, from c: Int) where L.Scalar == S
}

extension ColumnWork {
  /// All columns.
  @inline(__always)
  func run(columns: Int) {
    var c = 0
    while c + Four<S>.width <= columns {
      run(Four<S>.self, from: c)
      c += Four<S>.width
    }
    while c < columns {
      run(Vector1<S>.self, from: c)
      c += Vector1<S>.width
    }
  }
}

/// Asks for the lines of some lanes, which are read next.
@inline(__always)
func prefetchLanes<L: Lanes>(_: L.Type, _ p: UnsafePointer<L.Scalar>) {
  for lane in stride(from: 0, to: L.width, by: L.Scalar.aLine) {
    prefetchToReadLater(p + lane)
  }
}
