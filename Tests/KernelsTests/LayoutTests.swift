// Strided copies, gathered and scattered rows: against index arithmetic, and there and back.

import Kernels
import TestSupport
import Testing

@Suite("Layout") struct LayoutTests {
  @Test("a strided copy reads the places its steps say")
  func stridedRead() {
    let x = Buffer<Float>((0..<200).map { Float($0) })
    let y = Buffer<Float>.unwritten(2 * 3 * 4)
    stridedCopy(extents: [2, 3, 4], steps: [50, 1, 7], offset: 5, x, into: y)
    var expected: [Float] = []
    for a in 0..<2 {
      for b in 0..<3 {
        for c in 0..<4 { expected.append(Float(5 + 50 * a + b + 7 * c)) }
      }
    }
    #expect(y.array == expected)
  }

  @Test("scattering writes the places that copying reads, and no others")
  func stridedWrite() {
    let extents = [3, 2, 5]
    let steps = [40, 13, 2]
    let dense = Buffer<Double>.pattern(30)
    let far = Buffer<Double>.unwritten(140)
    stridedCopy(extents: extents, steps: steps, offset: 3, dense, into: far, scatter: true)
    #expect(far.array.filter { !$0.isNaN }.count == 30)
    let back = Buffer<Double>.unwritten(30)
    stridedCopy(extents: extents, steps: steps, offset: 3, far, into: back)
    #expect(back.array == dense.array)
  }

  @Test("a block of no axes is one scalar, and an empty block is nothing")
  func degenerate() {
    let y = Buffer<Double>([0])
    stridedCopy(extents: [], steps: [], offset: 2, Buffer([5, 6, 7]), into: y)
    #expect(y.array == [7])
    let nothing = Buffer<Double>([])
    stridedCopy(extents: [3, 0], steps: [1, 1], offset: 0, nothing, into: nothing)
  }

  @Test("gathered rows come in the order given; scattering adds them back")
  func rows() {
    let x = Buffer<Float>([1, 2, 3, 4, 5, 6])
    let gathered = Buffer<Float>.unwritten(8)
    gatherRows(x, width: 2, indices: [2, 0, 2, 1], into: gathered)
    #expect(gathered.array == [5, 6, 1, 2, 5, 6, 3, 4])
    let sums = Buffer<Float>(repeating: 0, count: 6)
    scatterAddRows(gathered, width: 2, indices: [2, 0, 2, 1], into: sums)
    #expect(sums.array == [1, 2, 3, 4, 10, 12])
  }

  @Test("an index outside the rows stops with its range")
  func outside() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      gatherRows(Buffer<Float>([1, 2, 3]), width: 1, indices: [3], into: Buffer([0]))
    }
    #expect(String(decoding: exit.standardErrorContent, as: UTF8.self).contains("0..<3"))
  }
}
