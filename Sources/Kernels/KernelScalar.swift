// The two number types everything here computes in, and their vectors.
//
// Idea       One generic source serves Float (training) and Double (the oracle, gradient checks).
//            A public kernel is a generic function marked `@specialized` for both, so a caller in
//            any module, also in a debug build, reaches a compiled copy through one type test.
// Width      One machine vector: 512 bits with AVX-512, 256 with AVX2, else 128. The manifest picks.
// Read       this file → Elementwise.swift, RegisterTile.swift

/// A floating-point type the kernels are compiled for: `Float` or `Double`.
public protocol KernelScalar: BinaryFloatingPoint, SIMDScalar, Sendable, Codable,
  CustomStringConvertible
where Magnitude == Self {
  /// One machine vector of this type.
  associatedtype Vector: SIMD where Vector.Scalar == Self
  /// The signed integer of the same width, for exponent and mantissa arithmetic.
  associatedtype Bits: FixedWidthInteger & SignedInteger
  /// `float32` or `float64`, as in files and messages.
  static var name: String { get }
}

#if LANES_512
  extension Float: KernelScalar {
    public typealias Vector = SIMD16<Float>
    public typealias Bits = Int32
    public static var name: String { "float32" }
  }
  extension Double: KernelScalar {
    public typealias Vector = SIMD8<Double>
    public typealias Bits = Int64
    public static var name: String { "float64" }
  }
#elseif LANES_256
  extension Float: KernelScalar {
    public typealias Vector = SIMD8<Float>
    public typealias Bits = Int32
    public static var name: String { "float32" }
  }
  extension Double: KernelScalar {
    public typealias Vector = SIMD4<Double>
    public typealias Bits = Int64
    public static var name: String { "float64" }
  }
#else
  extension Float: KernelScalar {
    public typealias Vector = SIMD4<Float>
    public typealias Bits = Int32
    public static var name: String { "float32" }
  }
  extension Double: KernelScalar {
    public typealias Vector = SIMD2<Double>
    public typealias Bits = Int64
    public static var name: String { "float64" }
  }
#endif
