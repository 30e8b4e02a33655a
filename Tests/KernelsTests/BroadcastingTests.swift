// Functions of two scalars with broadcasting, against loops over index tuples.

import Kernels
import TestSupport
import Testing

@Suite("Broadcasting") struct BroadcastingTests {
  static let pairs: [([Int], [Int])] = [
    ([], []), ([5], []), ([], [5]), ([37], [37]), ([4, 9], [9]), ([4, 1], [1, 9]),
    ([4, 9], [4, 1]),
    ([1], [3, 1, 2]), ([2, 3, 4], [3, 1]), ([2, 1, 4], [1, 3, 1]), ([6, 1, 1, 5], [6, 4, 3, 5]),
    ([2, 3, 4, 5], [1, 3, 1, 5]), ([0, 3], [1, 3]), ([3, 0], [1]), ([1, 70_000], [2, 70_000]),
    ([70_001], [1]), ([300, 1], [300, 33]), ([1, 1], [1, 1]),
  ]

  @Test("every function and pair of shapes agrees with the loops", arguments: pairs)
  func againstLoops(a: [Int], b: [Int]) throws {
    let shape = try #require(broadcastShape(a, b))
    let x = Buffer<Double>.pattern(a.reduce(1, *))
    // Away from zero, so that the quotient is finite.
    let y = Buffer<Double>(pattern(b.reduce(1, *), offset: 9, shift: 0.75))
    let formulas: [(BinaryFunction, (Double, Double) -> Double)] = [
      (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }),
      (.divide, { $0 / $1 }), (.maximum, { max($0, $1) }), (.minimum, { min($0, $1) }),
    ]
    let (xPlaces, yPlaces) = (places(a, in: shape), places(b, in: shape))
    let (xs, ys) = (x.array, y.array)
    for (function, formula) in formulas {
      let z = Buffer<Double>.unwritten(shape.reduce(1, *))
      combine(function, x, a, y, b, into: z)
      let expected = zip(xPlaces, yPlaces).map { formula(xs[$0], ys[$1]) }
      #expect(z.array == expected, "\(function) of \(a) and \(b)")
    }
  }

  @Test("extents that differ and are not 1 do not broadcast")
  func misfits() {
    #expect(broadcastShape([2, 3], [2, 4]) == nil)
    #expect(broadcastShape([3], [3, 2]) == nil)
    #expect(broadcastShape([0], [2]) == nil)
    #expect(broadcastShape([0], [1]) == [0])
  }

  /// For every index tuple of `shape`, the offset in a tensor of shape `part`.
  private func places(_ part: [Int], in shape: [Int]) -> [Int] {
    let padded = [Int](repeating: 1, count: shape.count - part.count) + part
    return (0..<shape.reduce(1, *)).map { flat in
      var (rest, stride, place) = (flat, 1, 0)
      for axis in shape.indices.reversed() {
        let index = rest % shape[axis]
        rest /= shape[axis]
        if padded[axis] != 1 { place += index * stride }
        stride *= padded[axis]
      }
      return place
    }
  }
}
