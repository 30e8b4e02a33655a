enum StrassenProduct: WinogradGradientForm {
  @inline(__always) static var side: Int { 2 }
  @inline(__always) static var points: Int { 7 }
  @inline(__always) static var filterPoints: Int { 7 }

  enum PatchToValues: PatchTransform {
    @inline(__always) static var inputs: Int { 2 }
    @inline(__always)
    static func apply<V: SIMD>(
      between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
    ) where V.Scalar: BinaryFloatingPoint {
      let (a11, a12, a21, a22) = (from(0), from(1), from(2), from(3))
      let sum = a21 + a22
      let rest = sum - a11
      to(0, a11)
      to(1, a12)
      to(2, a12 - rest)
      to(3, a22)
      to(4, sum)
      to(5, rest)
      to(6, a11 - a21)
    }
  }

  enum FilterToValues: PatchTransform {
    @inline(__always) static var inputs: Int { 2 }
    @inline(__always)
    static func apply<V: SIMD>(
      between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
    ) where V.Scalar: BinaryFloatingPoint {
      let (b11, b12, b21, b22) = (from(0), from(1), from(2), from(3))
      let difference = b12 - b11
      let rest = b22 - difference
      to(0, b11)
      to(1, b21)
      to(2, b22)
      to(3, b21 - rest)
      to(4, difference)
      to(5, rest)
      to(6, b22 - b12)
    }
  }

  enum ValuesToOutputs: PatchTransform {
    @inline(__always) static var inputs: Int { 2 }
    @inline(__always)
    static func apply<V: SIMD>(
      between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
    ) where V.Scalar: BinaryFloatingPoint {
      let p4 = from(4)
      let u2 = from(0) + from(5)
      let u3 = u2 + from(6)
      to(0, from(0) + from(1))
      to(1, u2 + p4 + from(2))
      to(2, u3 + from(3))
      to(3, u3 + p4)
    }
  }

  enum OutputsToValues: PatchTransform {
    @inline(__always) static var inputs: Int { 2 }
    @inline(__always)
    static func apply<V: SIMD>(
      between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
    ) where V.Scalar: BinaryFloatingPoint {
      let (c11, c12, c21, c22) = (from(0), from(1), from(2), from(3))
      let u3 = c21 + c22
      let u2 = u3 + c12
      to(0, c11 + u2)
      to(1, c11)
      to(2, c12)
      to(3, c21)
      to(4, c12 + c22)
      to(5, u2)
      to(6, u3)
    }
  }

  enum ValuesToFilter: PatchTransform {
    @inline(__always) static var inputs: Int { 2 }
    @inline(__always)
    static func apply<V: SIMD>(
      between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
    ) where V.Scalar: BinaryFloatingPoint {
      let (m3, m6) = (from(3), from(6))
      let rest = from(5) - m3
      let difference = from(4) - rest
      to(0, from(0) - difference)
      to(1, difference - m6)
      to(2, from(1) + m3)
      to(3, from(2) + rest + m6)
    }
  }
}
