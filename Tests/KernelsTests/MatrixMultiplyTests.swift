// Matrix multiply against the formula as loops.
//
// Tolerance  A sum of K products in any order is off by at most K·u·Σ|a||b| to first order
//            (Higham, Accuracy and Stability, §3.1), u the unit roundoff. The loops run in Double on
//            the same rounded inputs, so for Float they are exact by comparison; for Double both
//            sides err, hence twice the bound.

import Kernels
import TestSupport
import Testing

@Suite("Matrix multiply") struct MatrixMultiplyTests {
  static let extents: [(rows: Int, columns: Int, depth: Int)] = {
    let small = [1, 2, 13, 33]
    let cubes = small.flatMap { m in small.flatMap { n in small.map { (m, n, $0) } } }
    return cubes + [
      (257, 33, 13), (13, 257, 33), (33, 13, 257), (1, 257, 513), (257, 1, 600), (121, 65, 300),
      (130, 520, 7), (24, 32, 256), (257, 257, 257),
    ]
  }()

  @Test(
    "every extent and transpose agrees with the loops", arguments: [false, true], [false, true])
  func againstReference(transposeA: Bool, transposeB: Bool) {
    for (m, n, k) in Self.extents {
      let single = worstError(Float.self, m, n, k, transposeA, transposeB)
      let double = worstError(Double.self, m, n, k, transposeA, transposeB)
      #expect(single <= 1, "Float, [\(m), \(k)] · [\(k), \(n)]: \(single) times the bound")
      #expect(double <= 1, "Double, [\(m), \(k)] · [\(k), \(n)]: \(double) times the bound")
    }
  }

  @Test("adding keeps what was there, offsets select, and neighbours are left alone")
  func addingAndOffsets() {
    addingAndOffsets(Float.self)
    addingAndOffsets(Double.self)
  }

  @Test("a bias joins every row once, whatever the depth", arguments: [1, 40, 600, 2100])
  func bias(depth: Int) {
    for (m, n) in [(1, 1), (13, 40), (30, 64)] {
      let (a, b) = (Buffer<Double>.pattern(m * depth), Buffer<Double>.pattern(depth * n, offset: 3))
      let bias = Buffer<Double>.pattern(n, offset: 9)
      let (plain, with) = (Buffer<Double>.unwritten(m * n), Buffer<Double>.unwritten(m * n))
      matrixMultiply(rows: m, columns: n, depth: depth, a: a, b: b, into: plain)
      matrixMultiply(rows: m, columns: n, depth: depth, a: a, b: b, into: with, bias: bias)
      let expected = (0..<m * n).map { plain[$0] + bias[$0 % n] }
      #expect(with.array == expected)
    }
  }

  @Test("a Gram matrix is symmetric and has the bits of the whole product")
  func gram() {
    for (n, k) in [(1, 1), (2, 13), (12, 5), (33, 600), (97, 40), (257, 2100), (300, 7)] {
      gram(Float.self, n, k)
      gram(Double.self, n, k)
    }
  }

  private func gram<S: KernelScalar>(_: S.Type, _ n: Int, _ k: Int) {
    let x = Buffer<S>.pattern(n * k)
    let (half, whole) = (Buffer<S>.unwritten(n * n), Buffer<S>.unwritten(n * n))
    gramMatrix(x, rows: n, depth: k, into: half)
    matrixMultiply(rows: n, columns: n, depth: k, a: x, b: x, transposeB: true, into: whole)
    #expect(half.array == whole.array, "\(S.self), [\(n), \(k)]")
    let transposed = (0..<n * n).map { half[$0 % n * n + $0 / n] }
    #expect(half.array == transposed, "\(S.self), [\(n), \(k)]")
  }

  @Test("an empty sum is zero, or adds nothing")
  func emptySum() {
    let nothing = Buffer<Float>(uninitialized: 0)
    let c = Buffer<Float>([5, 6])
    matrixMultiply(rows: 1, columns: 2, depth: 0, a: nothing, b: nothing, into: c, adding: true)
    #expect(c.array == [5, 6])
    matrixMultiply(rows: 1, columns: 2, depth: 0, a: nothing, b: nothing, into: c)
    #expect(c.array == [0, 0])
  }

  @Test("a NaN reaches its row and column and nothing else")
  func nanStaysInPlace() {
    let a = Buffer<Float>.pattern(30 * 20)
    a[7 * 20 + 3] = .nan
    let c = Buffer<Float>.unwritten(30 * 40)
    matrixMultiply(rows: 30, columns: 40, depth: 20, a: a, b: .pattern(20 * 40, offset: 4), into: c)
    for (i, value) in c.array.enumerated() { #expect(value.isNaN == (i / 40 == 7)) }
  }

  /// The largest error in units of the bound.
  private func worstError<S: KernelScalar>(
    _: S.Type, _ m: Int, _ n: Int, _ k: Int, _ transposeA: Bool, _ transposeB: Bool
  ) -> Double {
    let a = Buffer<S>.pattern(m * k)
    let b = Buffer<S>.pattern(k * n, offset: 29)
    let c = Buffer<S>.unwritten(m * n)
    matrixMultiply(
      rows: m, columns: n, depth: k, a: a, transposeA: transposeA, b: b, transposeB: transposeB,
      into: c)
    let expected = Buffer<Double>(uninitialized: m * n)
    matrixMultiplyReference(
      rows: m, columns: n, depth: k, a: a.wide, transposeA: transposeA, b: b.wide,
      transposeB: transposeB, into: expected)
    let size = Buffer<Double>(uninitialized: m * n)
    matrixMultiplyReference(
      rows: m, columns: n, depth: k, a: a.magnitudes, transposeA: transposeA, b: b.magnitudes,
      transposeB: transposeB, into: size)
    let factor = 2 * Double(k) * roundoff(S.self)
    return errorInBounds(c.doubles, expected.array, bounds: size.array.map { $0 * factor })
  }

  private func addingAndOffsets<S: KernelScalar>(_: S.Type) {
    let (m, n, k) = (29, 37, 270)
    let a = Buffer<S>.pattern(5 + m * k)
    let b = Buffer<S>.pattern(11 + k * n, offset: 3)
    let c = Buffer<S>.pattern(7 + m * n + 9, offset: 60)
    let before = c.doubles
    matrixMultiply(
      rows: m, columns: n, depth: k, a: a, b: b, into: c, adding: true, offsets: (5, 11, 7))
    let expected = Buffer<Double>(uninitialized: m * n)
    matrixMultiplyReference(
      rows: m, columns: n, depth: k, a: Buffer(Array(a.doubles.dropFirst(5))), transposeA: false,
      b: Buffer(Array(b.doubles.dropFirst(11))), transposeB: false, into: expected)
    let after = c.doubles
    #expect(Array(after[..<7]) == Array(before[..<7]))
    #expect(Array(after[(7 + m * n)...]) == Array(before[(7 + m * n)...]))
    let sums = zip(before[7...], expected.array).map { $0 + $1 }
    #expect(relativeError(Array(after[7..<7 + m * n]), sums) < Double(k) * roundoff(S.self))
  }
}
