// Strassen's product in Winograd's form: two matrices by their quarters, with seven products instead of eight.
//
// Source     Strassen, "Gaussian elimination is not optimal", Numerische Mathematik 13, 1969; the form with 15
//            additions is Winograd's: Winograd, "On multiplication of 2 × 2 matrices", Linear Algebra and its
//            Applications 4, 1971
// Formula    ⎡C11 C12⎤   ⎡A11 A12⎤ ⎡B11 B12⎤    S1 = A21 + A22   T1 = B12 − B11
//            ⎣C21 C22⎦ = ⎣A21 A22⎦ ⎣B21 B22⎦    S2 = S1 − A11    T2 = B22 − T1
//                                               S3 = A11 − A21   T3 = B22 − B12
//                                               S4 = A12 − S2    T4 = B21 − T2
//            P0 = A11 B11   P1 = A12 B21   P2 = S4 B22   P3 = A22 T4   P4 = S1 T1   P5 = S2 T2   P6 = S3 T3
//            C11 = P0 + P1                  U2 = P0 + P5,  U3 = U2 + P6
//            C12 = U2 + P4 + P2             C21 = U3 + P3             C22 = U3 + P4
// Idea       A 1×1 convolution is a product of matrices, [pixels, channels] · [channels, outputs]. Two pixels side by
//            side, each cut into halves of its channels, are a patch of 2 × 2; a filter's quarters are its taps; halves
//            of outputs are outputs. So this is a form like Winograd's others: patches and filters to seven values,
//            seven products, values to outputs. Everything else is theirs (WinogradConvolution.swift). With a stride the
//            pair is two of the pixels that are used, in one row of outputs.
// Gradient   C is linear in B, so dB is the transpose of that map: dB = Tᵀ [Σ (Uᵀ dC) ⊙ (S A)], with the sums over pixels.
// Cost       An eighth of the products, for sums that pass through the caches once more: with 256 channels and more a
//            twentieth of the time is won. Once is enough: halves of halves have half of the products to pay with.
// Error      Sums of four terms cancel to one: a little more than directly, a third of that of tiles of 6 × 6.
// Read       WinogradTransforms.swift ← this file → WinogradPlan.swift, WinogradConvolution.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// Products of matrices: tiles of two pixels by the two halves of their channels.
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
      let s1 = a21 + a22
      let s2 = s1 - a11
      to(0, a11)
      to(1, a12)
      to(2, a12 - s2)
      to(3, a22)
      to(4, s1)
      to(5, s2)
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
      let t1 = b12 - b11
      let t2 = b22 - t1
      to(0, b11)
      to(1, b21)
      to(2, b22)
      to(3, b21 - t2)
      to(4, t1)
      to(5, t2)
      to(6, b22 - b12)
    }
  }

  enum ValuesToOutputs: PatchTransform {
    @inline(__always) static var inputs: Int { 2 }
    @inline(__always)
    static func apply<V: SIMD>(
      between: UnsafeMutablePointer<V>, from: (Int) -> V, to: (Int, V) -> Void
    ) where V.Scalar: BinaryFloatingPoint {
      let (p0, p4) = (from(0), from(4))
      let u2 = p0 + from(5)
      let u3 = u2 + from(6)
      to(0, p0 + from(1))
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
      let (t3, t4) = (from(6), from(3))
      let t2 = from(5) - t4
      let t1 = from(4) - t2
      to(0, from(0) - t1)
      to(1, t1 - t3)
      to(2, from(1) + t4)
      to(3, from(2) + t2 + t3)
    }
  }
}
