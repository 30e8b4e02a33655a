import Kernels
import TestSupport
import Testing

@Suite("Nearest selection") struct NearestSelectionTests {
  /// Scores with many equal ones.
  static func scores(_ rows: Int, _ columns: Int) -> [Float] {
    (0..<rows * columns).map { (i: Int) -> Float in
      let residue: Int = (37 * i * i + 11 * i + 3) % 211
      return Float(residue)
    }
  }

  func select(
    _ scores: [Float], rows: Int, columns: Int, k: Int, blocks: [Int], shift: [Float]? = nil
  ) -> (indices: [Int], values: [Float]) {
    let selection = NearestSelection<Float>(rows: rows, keeping: k)
    let minus = Buffer(shift ?? [Float](repeating: 0, count: columns))
    var first = 0
    for width in blocks {
      var block: [Float] = []
      for r in 0..<rows { block += scores[r * columns + first..<r * columns + first + width] }
      selectNearest(
        Buffer(block), columns: width, minus: minus, firstColumn: first, into: selection)
      first += width
    }
    finishNearest(selection)
    return (selection.indices, selection.values)
  }

  @Test(
    "the k largest, best first, the lower column first among equals", arguments: [1, 2, 7, 90, 500])
  func sorted(k: Int) {
    let (rows, columns) = (35, 500)
    let all = Self.scores(rows, columns)
    let found = select(all, rows: rows, columns: columns, k: k, blocks: [columns])
    for r in 0..<rows {
      let line = Array(all[r * columns..<(r + 1) * columns])
      let expected = line.indices.sorted {
        line[$0] > line[$1] || (line[$0] == line[$1] && $0 < $1)
      }
      .prefix(k)
      #expect(Array(found.indices[r * k..<(r + 1) * k]) == Array(expected))
      #expect(Array(found.values[r * k..<(r + 1) * k]) == expected.map { line[$0] })
    }
  }

  @Test("any cut into blocks, and any number of threads, gives the same")
  func blocks() {
    let all = Self.scores(20, 300)
    let whole = select(all, rows: 20, columns: 300, k: 9, blocks: [300])
    defer { ThreadTeam.count = 0 }
    for (threads, blocks) in [(1, [1, 299]), (2, [100, 100, 100]), (3, [63, 64, 65, 108])] {
      ThreadTeam.count = threads
      let parts = select(all, rows: 20, columns: 300, k: 9, blocks: blocks)
      #expect(parts.indices == whole.indices && parts.values == whole.values)
    }
  }

  @Test("the shift of a column is subtracted; NaN is never chosen; missing columns are −1")
  func edges() {
    let shifted = select([1, 2, 3], rows: 1, columns: 3, k: 2, blocks: [3], shift: [0, 0, 9])
    #expect(shifted.indices == [1, 0])
    let broken = select([.nan, 2, .nan], rows: 1, columns: 3, k: 2, blocks: [3])
    #expect(broken.indices == [1, -1])
    let values: [Float] = [2, -.infinity]
    #expect(broken.values == values)
  }
}
