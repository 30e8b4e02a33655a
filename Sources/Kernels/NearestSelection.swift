// The k largest of a long row of scores that arrives block by block.
//
// Idea       Each row keeps a reservoir: every score above a threshold goes in; when it is full, the k best
//            stay and the k-th becomes the threshold. Soon almost every score is below, and a group of
//            columns costs one comparison each.
// Order      Best first; of equal scores the lower column. That is a total order, so the k best are the
//            same whatever the blocks. A NaN is never among them.
// Read       MatrixMultiply.swift ← this file → Training/Evaluation/NeighbourSearch.swift
// Tests      Tests/KernelsTests/NearestSelectionTests.swift

/// Reservoirs of a block of rows.
public final class NearestSelection<Scalar: KernelScalar>: @unchecked Sendable {
  /// Rows.
  public let rows: Int
  /// How many are kept of each row.
  public let keeping: Int
  let capacity: Int
  let scores: Buffer<Scalar>
  let thresholds: Buffer<Scalar>
  let columns: UnsafeMutablePointer<Int32>
  let filled: UnsafeMutablePointer<Int32>

  /// Empty reservoirs.
  ///
  /// - Parameters:
  ///   - rows: Rows of a block of scores.
  ///   - k: How many to keep of each, at least 1.
  public init(rows: Int, keeping k: Int) {
    require(
      rows >= 0 && k >= 1 && k <= 1 << 24,
      "NearestSelection: \(rows) rows, k = \(k). To mend: k in 1…\(1 << 24).")
    self.rows = rows
    keeping = k
    capacity = 2 * k + 62
    scores = Buffer(uninitialized: rows * capacity)
    thresholds = Buffer(repeating: -.infinity, count: rows)
    columns = .allocate(capacity: max(1, rows * capacity))
    filled = .allocate(capacity: max(1, rows))
    filled.update(repeating: 0, count: rows)
  }

  deinit {
    columns.deallocate()
    filled.deallocate()
  }

  /// The columns kept, `[rows, k]`, best first; −1 where a row had fewer.
  public var indices: [Int] {
    (0..<rows * keeping).map { place in
      let (row, i) = (place / keeping, place % keeping)
      return i < Int(filled[row]) ? Int(columns[row * capacity + i]) : -1
    }
  }

  /// Their scores; −∞ where a row had fewer.
  public var values: [Scalar] {
    (0..<rows * keeping).map { place in
      let (row, i) = (place / keeping, place % keeping)
      return i < Int(filled[row]) ? scores.pointer[row * capacity + i] : -.infinity
    }
  }
}

/// Columns that are compared at once.
private let group = 64

/// Adds a block of scores to the reservoirs.
///
/// - Parameters:
///   - block: `[rows, columns]`.
///   - columns: Columns of the block.
///   - shift: `[≥ firstColumn + columns]`, subtracted from the scores of a column.
///   - firstColumn: The number of the block's first column; blocks come in rising order.
///   - selection: What is filled.
@specialized(where S == Float)
@specialized(where S == Double)
public func selectNearest<S: KernelScalar>(
  _ block: Buffer<S>, columns: Int, minus shift: Buffer<S>, firstColumn: Int,
  into selection: NearestSelection<S>
) {
  require(
    block.count >= selection.rows * columns && shift.count >= firstColumn + columns
      && firstColumn >= 0 && firstColumn + columns <= Int(Int32.max),
    "selectNearest: \(block.count) scores for \(selection.rows) rows of \(columns) columns.")
  let minus = UnsafePointer(shift.pointer + firstColumn)
  parallelRuns(selection.rows, grain: 16) { run in
    for row in run {
      let from = UnsafePointer(block.pointer + row * columns)
      let scores = selection.scores.pointer + row * selection.capacity
      let numbers = selection.columns + row * selection.capacity
      var threshold = selection.thresholds.pointer[row]
      var count = Int(selection.filled[row])
      var start = 0
      while start < columns {
        let end = min(columns, start + group)
        var hits: Int32 = 0
        for j in start..<end { hits &+= from[j] - minus[j] > threshold ? 1 : 0 }
        if hits > 0 {
          for j in start..<end {
            let score = from[j] - minus[j]
            guard score > threshold else { continue }
            if count == selection.capacity {
              keepBest(selection.keeping, scores, numbers, count)
              count = selection.keeping
              threshold = scores[count - 1]
              guard score > threshold else { continue }
            }
            scores[count] = score
            numbers[count] = Int32(truncatingIfNeeded: firstColumn + j)
            count += 1
          }
        }
        start = end
      }
      selection.thresholds.pointer[row] = threshold
      selection.filled[row] = Int32(truncatingIfNeeded: count)
    }
  }
}

/// Sorts what the reservoirs hold; the selection is then ready to be read.
@specialized(where S == Float)
@specialized(where S == Double)
public func finishNearest<S: KernelScalar>(_ selection: NearestSelection<S>) {
  parallelRuns(selection.rows, grain: 16) { run in
    for row in run {
      let count = Int(selection.filled[row])
      keepBest(
        selection.keeping, selection.scores.pointer + row * selection.capacity,
        selection.columns + row * selection.capacity, count)
      selection.filled[row] = Int32(truncatingIfNeeded: min(count, selection.keeping))
    }
  }
}

/// Sorts pairs, best first (heap sort: no worst case, no memory).
@inline(__always)
private func keepBest<S: KernelScalar>(
  _ k: Int, _ scores: UnsafeMutablePointer<S>, _ columns: UnsafeMutablePointer<Int32>, _ count: Int
) {
  /// Whether pair a stands behind pair b.
  func isWorse(_ a: Int, _ b: Int) -> Bool {
    scores[a] < scores[b] || (scores[a] == scores[b] && columns[a] > columns[b])
  }
  func exchange(_ a: Int, _ b: Int) {
    (scores[a], scores[b]) = (scores[b], scores[a])
    (columns[a], columns[b]) = (columns[b], columns[a])
  }
  /// Lets the pair at `root` sink until none below it is worse: the worst is on top.
  func sink(_ root: Int, _ end: Int) {
    var root = root
    while 2 * root + 1 < end {
      var child = 2 * root + 1
      if child + 1 < end && isWorse(child + 1, child) { child += 1 }
      guard isWorse(child, root) else { return }
      exchange(root, child)
      root = child
    }
  }
  // A heap of the first k; every further pair that is better than its worst takes that one's place.
  let kept = min(k, count)
  var i = kept / 2 - 1
  while i >= 0 {
    sink(i, kept)
    i -= 1
  }
  i = kept
  while i < count {
    if isWorse(0, i) {
      exchange(0, i)
      sink(0, kept)
    }
    i += 1
  }
  i = kept - 1
  while i > 0 {
    exchange(0, i)
    sink(0, i)
    i -= 1
  }
}
