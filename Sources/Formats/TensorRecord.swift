// A tensor as it lies in a file: element type, shape, bytes.
//
// Layout     Little-endian, row-major, dense.
// Idea       Bytes move in whole arrays; nothing is converted until somebody asks for numbers, and
//            a conversion that could lose something has its own name.
// Read       this file → SafeTensors.swift
// Tests      Tests/FormatsTests/TensorRecordTests.swift

/// The element types of a safetensors file.
public enum DType: String, Sendable, CaseIterable {
  case u64 = "U64"
  case i64 = "I64"
  case f64 = "F64"
  case c64 = "C64"
  case f32 = "F32"
  case u32 = "U32"
  case i32 = "I32"
  case bf16 = "BF16"
  case f16 = "F16"
  case u16 = "U16"
  case i16 = "I16"
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  case i8 = "I8"
  case u8 = "U8"
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case f4 = "F4"
  case bool = "BOOL"

  /// Bits an element takes.
  public var bitCount: Int {
    switch self {
    case .u64, .i64, .f64, .c64: 64
    case .f32, .u32, .i32: 32
    case .bf16, .f16, .u16, .i16: 16
    case .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz, .i8, .u8, .bool: 8
    case .f6e2m3, .f6e3m2: 6
    case .f4: 4
    }
  }

  /// The bytes `count` elements take.
  ///
  /// - Parameter count: A number of elements.
  /// - Returns: nil on overflow, or if elements smaller than a byte do not fill whole bytes.
  public func byteCount(of count: Int) -> Int? {
    let (bits, overflow) = count.multipliedReportingOverflow(by: bitCount)
    return overflow || bits < 0 || bits % 8 != 0 ? nil : bits / 8
  }
}

/// One tensor of a file.
public struct TensorRecord: Hashable, Sendable {
  public let dtype: DType
  /// Extents, slowest axis first; empty for a scalar.
  public let shape: [Int]
  /// The elements, little-endian, row-major.
  public let bytes: [UInt8]

  /// The largest dimension, element count and byte count: the bound of the safetensors schema.
  public static let largestExtent = 1 << 48 - 1

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// A tensor from raw bytes.
  ///
  /// - Parameters:
  ///   - dtype: The element type.
  ///   - shape: Extents, slowest axis first.
  ///   - bytes: As many as type and shape ask for.
  /// - Throws: `typeMismatch` if they are not.
  public init(dtype: DType, shape: [Int], bytes: [UInt8]) throws(FormatError) {
    guard let count = TensorRecord.elementCount(of: shape),
      dtype.byteCount(of: count) == bytes.count
    else {
      throw FormatError(
        .typeMismatch, format: "tensor",
        "\(bytes.count) bytes cannot hold \(dtype.rawValue) of shape \(shape)")
    }
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }

  private init<Element: BitwiseCopyable>(_ dtype: DType, _ values: [Element], _ shape: [Int]) {
    guard TensorRecord.elementCount(of: shape) == values.count else {
      fatalError(
        """
        TensorRecord: \(values.count) values do not fill shape \(shape).
          To mend: pass the shape of the tensor the values come from.
        """)
    }
    self.dtype = dtype
    self.shape = shape
    bytes = copyBytes(of: values)
  }

  /// float32 values.
  ///
  /// - Precondition: `values` fill `shape`.
  public init(_ values: [Float], shape: [Int]) { self.init(.f32, values, shape) }

  /// float64 values.
  ///
  /// - Precondition: `values` fill `shape`.
  public init(_ values: [Double], shape: [Int]) { self.init(.f64, values, shape) }

  /// int64 values.
  ///
  /// - Precondition: `values` fill `shape`.
  public init(_ values: [Int64], shape: [Int]) { self.init(.i64, values, shape) }

  /// uint64 values, such as random keys and exact bit patterns.
  ///
  /// - Precondition: `values` fill `shape`.
  public init(_ values: [UInt64], shape: [Int]) { self.init(.u64, values, shape) }

  /// uint8 values.
  ///
  /// - Precondition: `values` fill `shape`.
  public init(_ values: [UInt8], shape: [Int]) { self.init(.u8, values, shape) }

  /// The product of all extents, by the rule that excludes overflow even beside a zero.
  ///
  /// - Parameter shape: Extents.
  /// - Returns: nil if an extent is negative, or a product of the non-zero extents is above 2⁴⁸ − 1.
  public static func elementCount(of shape: [Int]) -> Int? {
    var product = 1
    for extent in shape where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if extent < 0 || overflow || next > largestExtent { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }
}

extension TensorRecord {
  /// The elements as Float: F32 as they are, F16 and BF16 widened exactly.
  ///
  /// - Throws: `typeMismatch` for every other type; see `narrowedFloats` for F64.
  public func floats() throws(FormatError) -> [Float] {
    switch dtype {
    case .f32: return copyElements(of: bytes)
    case .bf16:
      let halves: [UInt16] = copyElements(of: bytes)
      return halves.map { Float(bitPattern: UInt32($0) << 16) }
    case .f16:
      let halves: [UInt16] = copyElements(of: bytes)
      return halves.map(TensorRecord.widen)
    default: throw mismatch("F32, F16 or BF16")
    }
  }

  /// The elements as Double: F64 as they are, narrower floating-point types widened exactly.
  ///
  /// - Throws: `typeMismatch` for integers and packed types.
  public func doubles() throws(FormatError) -> [Double] {
    if dtype == .f64 { return copyElements(of: bytes) }
    return try floats().map(Double.init)
  }

  /// The elements as Float, F64 rounded to nearest even.
  ///
  /// - Throws: `typeMismatch` for integers, `limitExceeded` if a finite value became infinite.
  public func narrowedFloats() throws(FormatError) -> [Float] {
    guard dtype == .f64 else { return try floats() }
    let wide = try doubles()
    let narrow = wide.map { Float($0) }
    for (i, value) in narrow.enumerated() where value.isInfinite && wide[i].isFinite {
      throw FormatError(
        .limitExceeded, format: "tensor",
        "element \(i) is \(wide[i]), beyond the range of a Float", remedy: "read it as Double")
    }
    return narrow
  }

  /// The elements of a signed or unsigned integer tensor that fits 64 signed bits.
  ///
  /// - Throws: `typeMismatch` for other types, `limitExceeded` for a U64 above 2⁶³ − 1.
  public func int64s() throws(FormatError) -> [Int64] {
    switch dtype {
    case .i64: return copyElements(of: bytes)
    case .i32: return (copyElements(of: bytes) as [Int32]).map(Int64.init)
    case .i16: return (copyElements(of: bytes) as [Int16]).map(Int64.init)
    case .i8: return bytes.map { Int64(Int8(bitPattern: $0)) }
    case .u32: return (copyElements(of: bytes) as [UInt32]).map(Int64.init)
    case .u16: return (copyElements(of: bytes) as [UInt16]).map(Int64.init)
    case .u8: return bytes.map(Int64.init)
    case .u64:
      let values: [UInt64] = copyElements(of: bytes)
      if let large = values.first(where: { $0 > UInt64(Int64.max) }) {
        throw FormatError(
          .limitExceeded, format: "tensor", "\(large) does not fit a signed 64-bit integer")
      }
      return values.map { Int64($0) }
    default: throw mismatch("an integer type")
    }
  }

  /// The elements of a U64 tensor.
  ///
  /// - Throws: `typeMismatch` for other types.
  public func uint64s() throws(FormatError) -> [UInt64] {
    guard dtype == .u64 else { throw mismatch("U64") }
    return copyElements(of: bytes)
  }

  /// The elements of a BOOL tensor.
  ///
  /// - Throws: `typeMismatch` for other types, `malformed` for a byte other than 0 and 1.
  public func bools() throws(FormatError) -> [Bool] {
    guard dtype == .bool else { throw mismatch("BOOL") }
    if let byte = bytes.first(where: { $0 > 1 }) {
      throw FormatError(.malformed, format: "tensor", "a BOOL is \(byte), neither 0 nor 1")
    }
    return bytes.map { $0 == 1 }
  }

  private func mismatch(_ wanted: String) -> FormatError {
    FormatError(
      .typeMismatch, format: "tensor",
      "the tensor holds \(dtype.rawValue) of shape \(shape); \(wanted) was asked for")
  }

  /// Half to single precision, every value and NaN payload exact. (Swift's Float16 would do, but
  /// is missing on Intel Macs.)
  static func widen(_ half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10 & 0x1F)
    let fraction = UInt32(half & 0x3FF)
    switch exponent {
    case 0:  // zero and subnormal: fraction · 2⁻²⁴
      let magnitude = Float(fraction) * Float(bitPattern: 0x3380_0000)
      return Float(bitPattern: magnitude.bitPattern | sign)
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}

// Files are little-endian and so is every platform this package supports; a big-endian one would
// need a byte swap in the two functions below and must not compile without it.
#if _endian(big)
  #error("TensorRecord needs a byte swap on big-endian machines")
#endif

/// The memory of `values` as bytes, in one copy.
func copyBytes<Element: BitwiseCopyable>(of values: [Element]) -> [UInt8] {
  // One memcpy; an element loop would cost seconds on a checkpoint of 700 MB.
  unsafe values.withUnsafeBytes { unsafe [UInt8]($0) }
}

/// `bytes` as elements, in one copy; a partial element at the end is dropped.
func copyElements<Element: BitwiseCopyable>(of bytes: [UInt8]) -> [Element] {
  let count = bytes.count / MemoryLayout<Element>.stride
  // One memcpy into room of exactly that size, as above.
  return unsafe [Element](unsafeUninitializedCapacity: count) { buffer, filled in
    unsafe bytes.withUnsafeBytes { source in
      unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: source[..<(count * MemoryLayout<Element>.stride)]))
    }
    filled = count
  }
}
