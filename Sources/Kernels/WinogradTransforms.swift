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
// Derivation A filter of 3 and m outputs are polynomials whose product has degree m + 1 (read backwards, a
//            correlation is a product). m + 2 values fix it: at 0, 1, -1, 2 (and -2 for m = 4) and its leading
//            coefficient. Values multiply point by point, so 6 multiplications replace 12, or 5 replace 9. In two
//            dimensions the transforms act on columns, then on rows: 36 instead of 144, or 25 instead of 81.
// Choice     m = 4 saves more, where its tiles fit: a map of 6 × 6 is 4 tiles either way, 144 values or 100.
// Gradient   y is linear in g, so dg is the transpose of that map: dg = Gᵀ [(A dy) ⊙ (Bᵀ d)].
// Read       this file → WinogradStride.swift, WinogradTiles.swift, WinogradConvolution.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// A linear map of a few vectors to a few others, applied to columns, then to rows.
protocol PatchTransform {
  /// Vectors in and out along one axis.
  static var inputs: Int { get }
  static var outputs: Int { get }
  /// One axis.
  static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint
}

extension PatchTransform {
  /// Both axes: `inputs` × `inputs` vectors to `outputs` × `outputs`, by number, row after row.
  ///
  /// Where they come from and go to is the caller's business, so that nothing is copied on the way but the
  /// columns' results, for which `between` has room (`withRoom`).
  @inline(__always)
  static func apply<V: SIMD>(
    between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
  ) where V.Scalar: BinaryFloatingPoint {
    for j in 0..<inputs { line({ from($0 * inputs + j) }, { between[$0 * inputs + j] = $1 }) }
    for i in 0..<outputs { line({ between[i * inputs + $0] }, { to(i * outputs + $0, $1) }) }
  }
}

/// What a sum over channels needs of an algorithm for one size of tile: what goes to values, and back.
///
/// Values of a tile: `points` of them, in rows as long as their columns.
protocol WinogradForm {
  /// Bᵀ: a patch to its values.
  associatedtype PatchToValues: PatchTransform
  /// G: a filter of 3 to its values.
  associatedtype FilterToValues: PatchTransform
  /// Aᵀ: values to the outputs of a tile.
  associatedtype ValuesToOutputs: PatchTransform
  /// Outputs along the side of a tile.
  static var side: Int { get }
  /// Pixels from one patch to the next.
  static var step: Int { get }
  /// Which value of the filter a value of the patch is multiplied by, along one axis.
  static func filterValue(along k: Int) -> Int
}

/// What a filter's gradient needs besides.
protocol WinogradGradientForm: WinogradForm {
  /// A: the gradients of a tile's outputs to those of values.
  associatedtype OutputsToValues: PatchTransform
  /// Gᵀ: the gradients of the filter's values to those of a filter of 3.
  associatedtype ValuesToFilter: PatchTransform
}

extension WinogradForm {
  @inline(__always) static var step: Int { side }
  @inline(__always) static func filterValue(along k: Int) -> Int { k }

  /// Values of a patch, and of a filter.
  @inline(__always) static var points: Int { PatchToValues.outputs * PatchToValues.outputs }
  @inline(__always) static var filterPoints: Int {
    FilterToValues.outputs * FilterToValues.outputs
  }
  /// Which value of the filter goes with a value of the patch.
  @inline(__always) static func filterPoint(of point: Int) -> Int {
    let (i, j) = (point / PatchToValues.outputs, point % PatchToValues.outputs)
    return filterValue(along: i) * FilterToValues.outputs + filterValue(along: j)
  }
}

/// F(4 × 4, 3 × 3): the values at 0, 1, -1, 2, -2 and the leading coefficient.
enum FourByFour: WinogradGradientForm {
  @inline(__always) static var side: Int { 4 }

  enum PatchToValues: PatchTransform {
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

  enum ValuesToOutputs: PatchTransform {
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

  enum OutputsToValues: PatchTransform {
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

  enum FilterToValues: PatchTransform {
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

  enum ValuesToFilter: PatchTransform {
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

/// F(3 × 3, 3 × 3): the values at 0, 1, -1, 2 and the leading coefficient.
enum ThreeByThree: WinogradGradientForm {
  @inline(__always) static var side: Int { 3 }

  enum PatchToValues: PatchTransform {
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

  enum ValuesToOutputs: PatchTransform {
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

  enum OutputsToValues: PatchTransform {
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

  enum FilterToValues: PatchTransform {
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

  enum ValuesToFilter: PatchTransform {
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
