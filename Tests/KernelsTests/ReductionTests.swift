// Sums, maxima and dot products against plain loops in double precision.

import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Reductions") struct ReductionTests {
  static let layouts: [(Int, Int, Int)] = [
    (1, 1, 1), (3, 7, 1), (1, 5000, 1), (5, 300, 1), (1, 5000, 3), (4, 9, 33), (2, 2000, 5),
    (1, 1025, 17), (7, 1, 13), (3, 0, 4), (0, 5, 2), (1, 0, 1), (600, 3, 3),
  ]

  @Test("a sum over the middle agrees with the loops", arguments: layouts)
  func sums(outer: Int, middle: Int, inner: Int) {
    for offset in [0, 40] {
      let x = Buffer<Double>.pattern(outer * middle * inner, offset: offset)
      let y = Buffer<Double>.unwritten(outer * inner)
      sumMiddle(x, outer: outer, middle: middle, inner: inner, into: y)
      let expected = loop(x.array, outer, middle, inner, from: 0, +)
      #expect(errorInBounds(y.array, expected, bounds: expected.map { _ in 1e-12 }) <= 1)
      let single = Buffer<Float>.unwritten(outer * inner)
      let narrow = Buffer<Float>.pattern(outer * middle * inner, offset: offset)
      sumMiddle(narrow, outer: outer, middle: middle, inner: inner, into: single)
      let exact = loop(narrow.doubles, outer, middle, inner, from: 0, +)
      #expect(errorInBounds(single.doubles, exact, bounds: exact.map { _ in 1e-4 }) <= 1)
    }
  }

  @Test("a maximum over the middle agrees with the loops, and a NaN shows")
  func maxima() {
    for (outer, middle, inner) in Self.layouts where middle > 0 {
      let x = Buffer<Double>.pattern(outer * middle * inner)
      let y = Buffer<Double>.unwritten(outer * inner)
      maximumMiddle(x, outer: outer, middle: middle, inner: inner, into: y)
      #expect(y.array == loop(x.array, outer, middle, inner, from: -.infinity) { max($0, $1) })
    }
    for place in 0..<3 {
      var scalars: [Float] = [1, 5, 2]
      scalars[place] = .nan
      let y = Buffer<Float>([0])
      maximumMiddle(Buffer(scalars), outer: 1, middle: 3, inner: 1, into: y)
      #expect(y[0].isNaN, "NaN at \(place)")
    }
  }

  @Test("a long Float sum loses no more than its blocks allow", arguments: [1, 2], [1, 3, 40])
  func longSums(outer: Int, inner: Int) {
    // All of one sign, so that a running sum would drift: 2¹⁸ terms of about 0.1.
    let middle = 1 << 18
    let x = Buffer<Float>(repeating: 0.1, count: outer * middle * inner)
    let y = Buffer<Float>.unwritten(outer * inner)
    sumMiddle(x, outer: outer, middle: middle, inner: inner, into: y)
    let exact = Double(Float(0.1)) * Double(middle)
    for value in y.doubles { #expect(abs(value - exact) < 1e-5 * exact) }
  }

  @Test("a dot product agrees with the loop", arguments: [0, 1, 15, 16, 17, 4096, 70_001])
  func dotProducts(count: Int) {
    let x = Buffer<Double>.pattern(count)
    let y = Buffer<Double>.pattern(count, offset: 17)
    #expect(abs(dotProduct(x, y) - projection(x.array, offset: 17)) < 1e-10)
  }

  @Test("only finite scalars are finite")
  func finite() {
    #expect(allFinite(Buffer<Float>([])) && allFinite(Buffer<Float>([0, -1, 3e38])))
    for bad in [Float.nan, .infinity, -.infinity] { #expect(!allFinite(Buffer([1, bad, 2]))) }
  }

  private func loop(
    _ x: [Double], _ outer: Int, _ middle: Int, _ inner: Int, from start: Double,
    _ step: (Double, Double) -> Double
  ) -> [Double] {
    (0..<outer * inner).map { place in
      let (o, i) = (place / inner, place % inner)
      return (0..<middle).reduce(start) { step($0, x[(o * middle + $1) * inner + i]) }
    }
  }
}
