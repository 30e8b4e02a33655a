// Winograd's transforms: short filters and patches as values of polynomials.
//
// Source     Winograd, "Arithmetic complexity of computations", 1980; Lavin & Gray, CVPR 2016, §4.1-4.3
// Formula    F(m, 3):  y = Aᵀ [(G g) ⊙ (Bᵀ d)]    m outputs of a filter of 3 from a patch of m + 2
//
//            F(4, 3)
//            Bᵀ = ⎡4  0 -5  0  1  0⎤   G = ⎡ 1/4    0     0 ⎤   Aᵀ = ⎡1  1  1  1  1  0⎤
//                 ⎢0 -4 -4  1  1  0⎥       ⎢-1/6 -1/6  -1/6⎥         ⎢0  1 -1  2 -2  0⎥
//                 ⎢0  4 -4 -1  1  0⎥       ⎢-1/6  1/6  -1/6⎥         ⎢0  1  1  4  4  0⎥
//                 ⎢0 -2 -1  2  1  0⎥       ⎢ 1/24 1/12  1/6⎥         ⎣0  1 -1  8 -8  1⎦
//                 ⎢0  2 -1 -2  1  0⎥       ⎢ 1/24 -1/12 1/6⎥
//                 ⎣0  4  0 -5  0  1⎦       ⎣ 0      0    1 ⎦
//
//            F(3, 3)
//            Bᵀ = ⎡2 -1 -2  1  0⎤   G = ⎡ 1/2   0    0 ⎤   Aᵀ = ⎡1  1  1  1  0⎤
//                 ⎢0 -2 -1  1  0⎥       ⎢-1/2 -1/2 -1/2⎥         ⎢0  1 -1  2  0⎥
//                 ⎢0  2 -3  1  0⎥       ⎢-1/6  1/6 -1/6⎥         ⎣0  1  1  4  1⎦
//                 ⎢0 -1  0  1  0⎥       ⎢ 1/6  1/3  2/3⎥
//                 ⎣0  2 -1 -2  1⎦       ⎣ 0    0    1  ⎦
//            F(6, 3)
//            Bᵀ = ⎡1   0  -21/4   0   21/4   0   -1  0⎤   G = ⎡  1     0     0  ⎤   Aᵀ = ⎡1  1  1  1   1   1    1    0⎤
//                 ⎢0   1    1  -17/4 -17/4   1    1  0⎥       ⎢-2/9  -2/9  -2/9 ⎥        ⎢0  1 -1  2  -2  1/2 -1/2   0⎥
//                 ⎢0  -1    1   17/4 -17/4  -1    1  0⎥       ⎢-2/9   2/9  -2/9 ⎥        ⎢0  1  1  4   4  1/4  1/4   0⎥
//                 ⎢0  1/2  1/4  -5/2  -5/4   2    1  0⎥       ⎢ 1/90  1/45  2/45⎥        ⎢0  1 -1  8  -8  1/8 -1/8   0⎥
//                 ⎢0 -1/2  1/4   5/2  -5/4  -2    1  0⎥       ⎢ 1/90 -1/45  2/45⎥        ⎢0  1  1 16  16 1/16 1/16   0⎥
//                 ⎢0   2    4   -5/2   -5   1/2   1  0⎥       ⎢32/45 16/45  8/45⎥        ⎣0  1 -1 32 -32 1/32 -1/32  1⎦
//                 ⎢0  -2    4    5/2   -5  -1/2   1  0⎥       ⎢32/45 -16/45 8/45⎥
//                 ⎣0  -1    0   21/4    0  -21/4  0  1⎦       ⎣  0     0     1  ⎦
// Derivation A filter of 3 and m outputs are polynomials whose product has degree m + 1 (read backwards, a
//            correlation is a product). m + 2 values fix it: its leading coefficient, and those at 0, 1, -1, 2, for m = 4
//            at -2, for m = 6 at 1/2 and -1/2, too. Values multiply point by point, so 5, 6 or 8 multiplications
//            replace 9, 12 or 18. In two dimensions the transforms act on columns, then on rows: 25 instead of 81, 36
//            instead of 144, 64 instead of 324.
// Gradient   y is linear in g, so dg is the transpose of that map: dg = Gᵀ [(A dy) ⊙ (Bᵀ d)].
// Read       this file → WinogradStride.swift, StrassenProduct.swift, WinogradTiles.swift, WinogradPlan.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// A linear map of a square of vectors to some others.
protocol PatchTransform {
  /// Vectors in along a side of the square.
  static var inputs: Int { get }
  /// `inputs` × `inputs` vectors, by number, row after row, to some others.
  ///
  /// Where they come from and go to is the caller's business, so that nothing is copied on the way but what
  /// lies between two steps, for which `between` has room (`withRoom`).
  static func apply<V: SIMD>(
    between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
  ) where V.Scalar: BinaryFloatingPoint
}

/// One that is a map of a line of vectors, applied to columns, then to rows.
protocol SeparableTransform: PatchTransform {
  /// Vectors out along one axis.
  static var outputs: Int { get }
  /// One axis.
  static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint
}

extension SeparableTransform {
  @inline(__always)
  static func apply<V: SIMD>(
    between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
  ) where V.Scalar: BinaryFloatingPoint {
    for j in 0..<inputs { line({ from($0 * inputs + j) }, { between[$0 * inputs + j] = $1 }) }
    for i in 0..<outputs { line({ between[i * inputs + $0] }, { to(i * outputs + $0, $1) }) }
  }
}

/// What a sum over channels needs of an algorithm for one size of tile: what goes to values, and back.
protocol WinogradForm {
  /// Bᵀ: a patch to its values.
  associatedtype PatchToValues: PatchTransform
  /// G: a filter's taps to its values.
  associatedtype FilterToValues: PatchTransform
  /// Aᵀ: values to the outputs of a tile.
  associatedtype ValuesToOutputs: PatchTransform
  /// Outputs along the side of a tile.
  static var side: Int { get }
  /// Pixels from one patch to the next.
  static var step: Int { get }
  /// Values of a patch, and of a filter.
  static var points: Int { get }
  static var filterPoints: Int { get }
  /// Which value of the filter a value of the patch is multiplied by.
  static func filterPoint(of point: Int) -> Int
}

/// What a filter's gradient needs besides.
protocol WinogradGradientForm: WinogradForm {
  /// A: the gradients of a tile's outputs to those of values.
  associatedtype OutputsToValues: PatchTransform
  /// Gᵀ: the gradients of the filter's values to those of its taps.
  associatedtype ValuesToFilter: PatchTransform
}

extension WinogradForm {
  /// Source channels whose values the second-level cache holds, all of a panel, beside what they make.
  @inline(__always) static var channelsAtOnce: Int { filterPoints > 16 ? 96 : 256 }
  @inline(__always) static var step: Int { side }
  @inline(__always) static func filterPoint(of point: Int) -> Int { point }
}

/// Values in rows as long as their columns.
extension WinogradForm where PatchToValues: SeparableTransform {
  @inline(__always) static var points: Int { PatchToValues.outputs * PatchToValues.outputs }
}
extension WinogradForm where FilterToValues: SeparableTransform {
  @inline(__always) static var filterPoints: Int {
    FilterToValues.outputs * FilterToValues.outputs
  }
}

/// F(4 × 4, 3 × 3): the values at 0, 1, -1, 2, -2 and the leading coefficient.
enum FourByFour: WinogradGradientForm {
  @inline(__always) static var side: Int { 4 }

  enum PatchToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 6 }
    @inline(__always) static var outputs: Int { 6 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (d0, d1, d2) = (from(0), from(1), from(2))
      let (d3, d4, d5) = (from(3), from(4), from(5))
      let (even, odd) = (d4 - 4 * d2, d3 - 4 * d1)
      let (near, far) = (d4 - d2, 2 * (d3 - d1))
      to(0, 4 * d0 - 5 * d2 + d4)
      to(1, even + odd)
      to(2, even - odd)
      to(3, near + far)
      to(4, near - far)
      to(5, 4 * d1 - 5 * d3 + d5)
    }
  }

  enum ValuesToOutputs: SeparableTransform {
    @inline(__always) static var inputs: Int { 6 }
    @inline(__always) static var outputs: Int { 4 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (m1, m2) = (from(1), from(2))
      let (m3, m4) = (from(3), from(4))
      let (sum, difference) = (m1 + m2, m1 - m2)
      let (sum2, difference2) = (m3 + m4, m3 - m4)
      to(0, from(0) + sum + sum2)
      to(1, difference + 2 * difference2)
      to(2, sum + 4 * sum2)
      to(3, difference + 8 * difference2 + from(5))
    }
  }

  enum OutputsToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 4 }
    @inline(__always) static var outputs: Int { 6 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (y0, y1, y2, y3) = (from(0), from(1), from(2), from(3))
      let (even, odd) = (y0 + y2, y1 + y3)
      let (even2, odd2) = (y0 + 4 * y2, 2 * y1 + 8 * y3)
      to(0, y0)
      to(1, even + odd)
      to(2, even - odd)
      to(3, even2 + odd2)
      to(4, even2 - odd2)
      to(5, y3)
    }
  }

  enum FilterToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 3 }
    @inline(__always) static var outputs: Int { 6 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (g0, g1, g2) = (from(0), from(1), from(2))
      let (sixth, twentyFourth) = (V.Scalar(1) / 6, V.Scalar(1) / 24)
      let (even, odd) = (g0 + g2, g1)
      let (even2, odd2) = (g0 + 4 * g2, 2 * g1)
      to(0, 0.25 * g0)
      to(1, -sixth * (even + odd))
      to(2, -sixth * (even - odd))
      to(3, twentyFourth * (even2 + odd2))
      to(4, twentyFourth * (even2 - odd2))
      to(5, g2)
    }
  }

  enum ValuesToFilter: SeparableTransform {
    @inline(__always) static var inputs: Int { 6 }
    @inline(__always) static var outputs: Int { 3 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (sixth, twentyFourth) = (V.Scalar(1) / 6, V.Scalar(1) / 24)
      let (m1, m2) = (-sixth * from(1), -sixth * from(2))
      let (m3, m4) = (twentyFourth * from(3), twentyFourth * from(4))
      let (sum, sum2) = (m1 + m2, m3 + m4)
      to(0, 0.25 * from(0) + sum + sum2)
      to(1, (m1 - m2) + 2 * (m3 - m4))
      to(2, sum + 4 * sum2 + from(5))
    }
  }
}

/// F(6 × 6, 3 × 3): the values at 0, 1, -1, 2, -2, 1/2, -1/2 and the leading coefficient.
enum SixBySix: WinogradGradientForm {
  @inline(__always) static var side: Int { 6 }

  enum PatchToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 8 }
    @inline(__always) static var outputs: Int { 8 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (d0, d1, d2, d3) = (from(0), from(1), from(2), from(3))
      let (d4, d5, d6, d7) = (from(4), from(5), from(6), from(7))
      let (even1, odd1) = (d2 + d6 - 4.25 * d4, d1 + d5 - 4.25 * d3)
      let (even2, odd2) = (0.25 * d2 - 1.25 * d4 + d6, 0.5 * d1 - 2.5 * d3 + 2 * d5)
      let (even3, odd3) = (4 * d2 - 5 * d4 + d6, 2 * d1 - 2.5 * d3 + 0.5 * d5)
      to(0, d0 - d6 + 5.25 * (d4 - d2))
      to(1, even1 + odd1)
      to(2, even1 - odd1)
      to(3, even2 + odd2)
      to(4, even2 - odd2)
      to(5, even3 + odd3)
      to(6, even3 - odd3)
      to(7, d7 - d1 + 5.25 * (d3 - d5))
    }
  }

  enum ValuesToOutputs: SeparableTransform {
    @inline(__always) static var inputs: Int { 8 }
    @inline(__always) static var outputs: Int { 6 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (m1, m2, m3) = (from(1), from(2), from(3))
      let (m4, m5, m6) = (from(4), from(5), from(6))
      let (sum1, difference1) = (m1 + m2, m1 - m2)
      let (sum2, difference2) = (m3 + m4, m3 - m4)
      let (sum3, difference3) = (m5 + m6, m5 - m6)
      to(0, from(0) + sum1 + sum2 + sum3)
      to(1, difference1 + 2 * difference2 + 0.5 * difference3)
      to(2, sum1 + 4 * sum2 + 0.25 * sum3)
      to(3, difference1 + 8 * difference2 + 0.125 * difference3)
      to(4, sum1 + 16 * sum2 + 0.0625 * sum3)
      to(5, difference1 + 32 * difference2 + 0.03125 * difference3 + from(7))
    }
  }

  enum OutputsToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 6 }
    @inline(__always) static var outputs: Int { 8 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (y0, y1, y2) = (from(0), from(1), from(2))
      let (y3, y4, y5) = (from(3), from(4), from(5))
      let (even1, odd1) = (y0 + y2 + y4, y1 + y3 + y5)
      let (even2, odd2) = (y0 + 4 * y2 + 16 * y4, 2 * y1 + 8 * y3 + 32 * y5)
      let (even3, odd3) = (
        y0 + 0.25 * y2 + 0.0625 * y4, 0.5 * y1 + 0.125 * y3 + 0.03125 * y5
      )
      to(0, y0)
      to(1, even1 + odd1)
      to(2, even1 - odd1)
      to(3, even2 + odd2)
      to(4, even2 - odd2)
      to(5, even3 + odd3)
      to(6, even3 - odd3)
      to(7, y5)
    }
  }

  enum FilterToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 3 }
    @inline(__always) static var outputs: Int { 8 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (g0, g1, g2) = (from(0), from(1), from(2))
      let (ninths, ninetieth, fortyFifths) = (-V.Scalar(2) / 9, V.Scalar(1) / 90, V.Scalar(8) / 45)
      let (even1, odd1) = (ninths * (g0 + g2), ninths * g1)
      let (even2, odd2) = (ninetieth * (g0 + 4 * g2), ninetieth * 2 * g1)
      let (even3, odd3) = (fortyFifths * (4 * g0 + g2), fortyFifths * 2 * g1)
      to(0, g0)
      to(1, even1 + odd1)
      to(2, even1 - odd1)
      to(3, even2 + odd2)
      to(4, even2 - odd2)
      to(5, even3 + odd3)
      to(6, even3 - odd3)
      to(7, g2)
    }
  }

  enum ValuesToFilter: SeparableTransform {
    @inline(__always) static var inputs: Int { 8 }
    @inline(__always) static var outputs: Int { 3 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (ninths, ninetieth, fortyFifths) = (-V.Scalar(2) / 9, V.Scalar(1) / 90, V.Scalar(8) / 45)
      let (sum1, difference1) = (ninths * (from(1) + from(2)), ninths * (from(1) - from(2)))
      let (sum2, difference2) = (ninetieth * (from(3) + from(4)), ninetieth * (from(3) - from(4)))
      let (sum3, difference3) = (
        fortyFifths * (from(5) + from(6)), fortyFifths * (from(5) - from(6))
      )
      to(0, from(0) + sum1 + sum2 + 4 * sum3)
      to(1, difference1 + 2 * difference2 + 2 * difference3)
      to(2, sum1 + 4 * sum2 + sum3 + from(7))
    }
  }
}

/// F(3 × 3, 3 × 3): the values at 0, 1, -1, 2 and the leading coefficient.
enum ThreeByThree: WinogradGradientForm {
  @inline(__always) static var side: Int { 3 }

  enum PatchToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 5 }
    @inline(__always) static var outputs: Int { 5 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (d0, d1, d2) = (from(0), from(1), from(2))
      let (d3, d4) = (from(3), from(4))
      let difference = d3 - d1
      to(0, 2 * (d0 - d2) + difference)
      to(1, d3 - d2 - 2 * d1)
      to(2, d3 - 3 * d2 + 2 * d1)
      to(3, difference)
      to(4, d4 - d2 - 2 * difference)
    }
  }

  enum ValuesToOutputs: SeparableTransform {
    @inline(__always) static var inputs: Int { 5 }
    @inline(__always) static var outputs: Int { 3 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (m1, m2, m3) = (from(1), from(2), from(3))
      let sum = m1 + m2
      to(0, from(0) + sum + m3)
      to(1, (m1 - m2) + 2 * m3)
      to(2, sum + 4 * m3 + from(4))
    }
  }

  enum OutputsToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 3 }
    @inline(__always) static var outputs: Int { 5 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (y0, y1, y2) = (from(0), from(1), from(2))
      let even = y0 + y2
      to(0, y0)
      to(1, even + y1)
      to(2, even - y1)
      to(3, y0 + 2 * y1 + 4 * y2)
      to(4, y2)
    }
  }

  enum FilterToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 3 }
    @inline(__always) static var outputs: Int { 5 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (g0, g1, g2) = (from(0), from(1), from(2))
      let sixth = V.Scalar(1) / 6
      let even = g0 + g2
      to(0, 0.5 * g0)
      to(1, -0.5 * (even + g1))
      to(2, -sixth * (even - g1))
      to(3, sixth * (g0 + 2 * g1 + 4 * g2))
      to(4, g2)
    }
  }

  enum ValuesToFilter: SeparableTransform {
    @inline(__always) static var inputs: Int { 5 }
    @inline(__always) static var outputs: Int { 3 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let sixth = V.Scalar(1) / 6
      let (m1, m2, m3) = (0.5 * from(1), sixth * from(2), sixth * from(3))
      to(0, 0.5 * from(0) - m1 - m2 + m3)
      to(1, m2 - m1 + 2 * m3)
      to(2, 4 * m3 - m1 - m2 + from(4))
    }
  }
}
