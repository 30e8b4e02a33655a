// Winograd with stride 2: every second pixel meets one tap, those between meet two.
//
// Source     Yepez & Ko, "Stride 2 1-D, 2-D, and 3-D Winograd for convolutional neural networks", IEEE Trans. VLSI
//            Systems 28(4), 2020
// Formula    y[i] = x[2i] w0 + x[2i+1] w1 + x[2i+2] w2 = b[i] w1 + (a[i] w0 + a[i+1] w2)    a[i] = x[2i],  b[i] = x[2i+1]
//
//            F(4, 2): Bᵀ of F(3, 3)                             F(3, 2)
//            G = ⎡ 1/2   0 ⎤   Aᵀ = ⎡1  1  1  1  0⎤            Bᵀ = ⎡1  0 -1  0⎤  G = ⎡ 1    0 ⎤  Aᵀ = ⎡1  1  1  0⎤
//                ⎢-1/2 -1/2⎥        ⎢0  1 -1  2  0⎥                 ⎢0  1  1  0⎥      ⎢1/2  1/2⎥       ⎢0  1 -1  0⎥
//                ⎢-1/6  1/6⎥        ⎢0  1  1  4  0⎥                 ⎢0 -1  1  0⎥      ⎢1/2 -1/2⎥       ⎣0  1  1  1⎦
//                ⎢ 1/6  1/3⎥        ⎣0  1 -1  8  1⎦                 ⎣0 -1  0  1⎦      ⎣ 0    1 ⎦
//                ⎣ 0     1 ⎦
// Idea       Sort a patch's pixels. Every second one (a) meets two taps in a convolution without stride, which F(m, 2)
//            computes in m + 1 multiplications instead of 2m; those between (b) meet one. Along an axis 2m + 1
//            instead of 3m, in two dimensions 81 instead of 144, or 49 instead of 81.
// Gradient   Of x: dB[i] = dY[i] w1, and dA is dY with the two taps turned around, by F(m, 2) again. With a border of one
//            the first pixel of an image is b[0]. Tiles are 2m pixels wide, their patches m + 1 gradients.
// Values     First m plain ones, all to be multiplied by the filter's value 0 (w1), then the m + 1 of F(m, 2).
// Read       WinogradTransforms.swift ← this file → WinogradTiles.swift, WinogradPlan.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// F(m, 2): m outputs of two taps from m + 1 numbers, by m + 1 values.
protocol TwoTapForm {
  /// m.
  static var side: Int { get }
  /// Bᵀ: m + 1 numbers to their values.
  static func values<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint
  /// G: two taps to their values.
  static func filterValues<V: SIMD>(_ g0: V, _ g1: V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint
  /// Aᵀ: values to m outputs.
  static func outputs<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint
  /// A: the gradients of m outputs to those of values.
  static func gradients<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint
  /// Gᵀ: the gradients of values to those of two taps.
  static func filterGradients<V: SIMD>(_ from: (Int) -> V) -> (V, V)
  where V.Scalar: BinaryFloatingPoint
}

/// F(4, 2): the values at 0, 1, -1, 2 and the leading coefficient, as of F(3, 3).
enum FourOfTwoTaps: TwoTapForm {
  @inline(__always) static var side: Int { 4 }

  @inline(__always)
  static func values<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint {
    ThreeByThree.PatchToValues.line(from, to)
  }

  @inline(__always)
  static func filterValues<V: SIMD>(_ g0: V, _ g1: V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint {
    let sixth = V.Scalar(1) / 6
    to(0, 0.5 * g0)
    to(1, -0.5 * (g0 + g1))
    to(2, -sixth * (g0 - g1))
    to(3, sixth * (g0 + 2 * g1))
    to(4, g1)
  }

  @inline(__always)
  static func outputs<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint {
    let (m1, m2, m3) = (from(1), from(2), from(3))
    let (sum, difference) = (m1 + m2, m1 - m2)
    to(0, from(0) + sum + m3)
    to(1, difference + 2 * m3)
    to(2, sum + 4 * m3)
    to(3, difference + 8 * m3 + from(4))
  }

  @inline(__always)
  static func gradients<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint {
    let (y0, y1, y2, y3) = (from(0), from(1), from(2), from(3))
    let (even, odd) = (y0 + y2, y1 + y3)
    to(0, y0)
    to(1, even + odd)
    to(2, even - odd)
    to(3, y0 + 2 * y1 + 4 * y2 + 8 * y3)
    to(4, y3)
  }

  @inline(__always)
  static func filterGradients<V: SIMD>(_ from: (Int) -> V) -> (V, V)
  where V.Scalar: BinaryFloatingPoint {
    let sixth = V.Scalar(1) / 6
    let (m1, m2, m3) = (0.5 * from(1), sixth * from(2), sixth * from(3))
    return (0.5 * from(0) - m1 - m2 + m3, m2 - m1 + 2 * m3 + from(4))
  }
}

/// F(3, 2): the values at 0, 1, -1 and the leading coefficient.
enum ThreeOfTwoTaps: TwoTapForm {
  @inline(__always) static var side: Int { 3 }

  @inline(__always)
  static func values<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint {
    let (d0, d1, d2, d3) = (from(0), from(1), from(2), from(3))
    to(0, d0 - d2)
    to(1, d1 + d2)
    to(2, d2 - d1)
    to(3, d3 - d1)
  }

  @inline(__always)
  static func filterValues<V: SIMD>(_ g0: V, _ g1: V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint {
    to(0, g0)
    to(1, 0.5 * (g0 + g1))
    to(2, 0.5 * (g0 - g1))
    to(3, g1)
  }

  @inline(__always)
  static func outputs<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint {
    let (m1, m2) = (from(1), from(2))
    to(0, from(0) + (m1 + m2))
    to(1, m1 - m2)
    to(2, m1 + m2 + from(3))
  }

  @inline(__always)
  static func gradients<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
  where V.Scalar: BinaryFloatingPoint {
    let (y0, y1, y2) = (from(0), from(1), from(2))
    let even = y0 + y2
    to(0, y0)
    to(1, even + y1)
    to(2, even - y1)
    to(3, y2)
  }

  @inline(__always)
  static func filterGradients<V: SIMD>(_ from: (Int) -> V) -> (V, V)
  where V.Scalar: BinaryFloatingPoint {
    let (m1, m2) = (0.5 * from(1), 0.5 * from(2))
    return (from(0) + m1 + m2, m1 - m2 + from(3))
  }
}

/// Tiles of m × m outputs of a 3×3 filter with stride 2.
enum WithStride<Taps: TwoTapForm>: WinogradGradientForm {
  @inline(__always) static var side: Int { Taps.side }
  @inline(__always) static var step: Int { 2 * Taps.side }
  @inline(__always)
  static func filterPoint(of point: Int) -> Int {
    /// Of the values along an axis, the plain ones meet the filter's value 0.
    func along(_ k: Int) -> Int { max(0, k - Taps.side + 1) }
    let (i, j) = (point / PatchToValues.outputs, point % PatchToValues.outputs)
    return along(i) * FilterToValues.outputs + along(j)
  }

  enum PatchToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 2 * Taps.side + 1 }
    @inline(__always) static var outputs: Int { 2 * Taps.side + 1 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      for i in 0..<Taps.side { to(i, from(2 * i + 1)) }
      Taps.values({ from(2 * $0) }, { to(Taps.side + $0, $1) })
    }
  }

  enum FilterToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { 3 }
    @inline(__always) static var outputs: Int { Taps.side + 2 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      to(0, from(1))
      Taps.filterValues(from(0), from(2)) { to(1 + $0, $1) }
    }
  }

  enum ValuesToOutputs: SeparableTransform {
    @inline(__always) static var inputs: Int { 2 * Taps.side + 1 }
    @inline(__always) static var outputs: Int { Taps.side }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      Taps.outputs({ from(Taps.side + $0) }, { to($0, from($0) + $1) })
    }
  }

  enum OutputsToValues: SeparableTransform {
    @inline(__always) static var inputs: Int { Taps.side }
    @inline(__always) static var outputs: Int { 2 * Taps.side + 1 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      for i in 0..<Taps.side { to(i, from(i)) }
      Taps.gradients(from, { to(Taps.side + $0, $1) })
    }
  }

  enum ValuesToFilter: SeparableTransform {
    @inline(__always) static var inputs: Int { Taps.side + 2 }
    @inline(__always) static var outputs: Int { 3 }
    @inline(__always)
    static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
    where V.Scalar: BinaryFloatingPoint {
      let (first, last) = Taps.filterGradients { from(1 + $0) }
      to(0, first)
      to(1, from(0))
      to(2, last)
    }
  }

  /// Tiles of 2m × 2m of dX, from dY and the filter turned around.
  enum InputGradient: WinogradForm {
    @inline(__always) static var side: Int { 2 * Taps.side }
    @inline(__always) static var step: Int { Taps.side }
    @inline(__always) static func filterPoint(of point: Int) -> Int {
      WithStride.filterPoint(of: point)
    }
    typealias FilterToValues = WithStride.FilterToValues

    enum PatchToValues: SeparableTransform {
      @inline(__always) static var inputs: Int { Taps.side + 1 }
      @inline(__always) static var outputs: Int { 2 * Taps.side + 1 }
      @inline(__always)
      static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
      where V.Scalar: BinaryFloatingPoint {
        for i in 0..<Taps.side { to(i, from(i)) }
        Taps.values(from, { to(Taps.side + $0, $1) })
      }
    }

    enum ValuesToOutputs: SeparableTransform {
      @inline(__always) static var inputs: Int { 2 * Taps.side + 1 }
      @inline(__always) static var outputs: Int { 2 * Taps.side }
      @inline(__always)
      static func line<V: SIMD>(_ from: (Int) -> V, _ to: (Int, V) -> Void)
      where V.Scalar: BinaryFloatingPoint {
        for i in 0..<Taps.side { to(2 * i, from(i)) }
        Taps.outputs({ from(Taps.side + $0) }, { to(2 * $0 + 1, $1) })
      }
    }
  }
}
