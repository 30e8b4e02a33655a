// CRC-32 and Adler-32: has a byte changed?
//
// Source     RFC 1952 §8 (CRC-32, polynomial 0xEDB88320 reflected), RFC 1950 §8.2 (Adler-32)
// Idea       CRC-32 eight bytes at a time: table k holds the remainder of a byte followed by k
//            zero bytes, so eight look-ups replace eight dependent steps.
// Tests      Tests/FormatsTests/ChecksumsTests.swift

/// The CRC-32 of gzip, zip, PNG and our checkpoints; finds every burst of up to 32 bits.
public struct CRC32: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  public init() {}

  /// The checksum of all bytes so far.
  public var value: UInt32 { ~state }

  /// The checksum of `bytes`.
  public static func of(_ bytes: [UInt8]) -> UInt32 {
    var sum = CRC32()
    sum.update(bytes)
    return sum.value
  }

  /// Continues with `bytes`.
  public mutating func update(_ bytes: [UInt8]) { update(bytes[...]) }

  /// Continues with `bytes`.
  public mutating func update(_ bytes: ArraySlice<UInt8>) {
    var c = state
    // Raw pointers for speed; every index is bounded by `input.count` or is below 8 · 256.
    unsafe bytes.withUnsafeBytes { input in
      unsafe CRC32.tables.withUnsafeBufferPointer { table in
        var i = 0
        while i + 8 <= input.count {
          let word = unsafe UInt64(
            littleEndian: input.loadUnaligned(fromByteOffset: i, as: UInt64.self))
          let low = c ^ UInt32(truncatingIfNeeded: word)
          let high = UInt32(truncatingIfNeeded: word &>> 32)
          let a = unsafe table[1792 &+ Int(low & 255)] ^ table[1536 &+ Int(low &>> 8 & 255)]
          let b = unsafe table[1280 &+ Int(low &>> 16 & 255)] ^ table[1024 &+ Int(low &>> 24)]
          let d = unsafe table[768 &+ Int(high & 255)] ^ table[512 &+ Int(high &>> 8 & 255)]
          let e = unsafe table[256 &+ Int(high &>> 16 & 255)] ^ table[Int(high &>> 24)]
          c = a ^ b ^ d ^ e
          i &+= 8
        }
        while i < input.count {
          c = unsafe table[Int((c ^ UInt32(input[i])) & 255)] ^ (c &>> 8)
          i &+= 1
        }
      }
    }
    state = c
  }

  /// Eight tables of 256 entries, one after the other.
  private static let tables: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 8 * 256)
    for n in 0..<256 {
      var c = UInt32(n)
      for _ in 0..<8 { c = c & 1 == 1 ? 0xEDB8_8320 ^ (c >> 1) : c >> 1 }
      table[n] = c
    }
    for n in 256..<(8 * 256) {
      let c = table[n - 256]
      table[n] = table[Int(c & 255)] ^ (c >> 8)
    }
    return table
  }()
}

/// The Adler-32 checksum that closes a zlib stream.
///
/// - Parameter bytes: The uncompressed data.
/// - Returns: b · 65536 + a with a = 1 + Σ bytes and b = Σ of all a, both modulo 65521.
public func adler32(_ bytes: [UInt8]) -> UInt32 {
  var a: UInt32 = 1
  var b: UInt32 = 0
  var start = 0
  while start < bytes.count {
    let end = min(start + 5552, bytes.count)  // the longest run whose sums stay below 2³²
    for byte in bytes[start..<end] {
      a += UInt32(byte)
      b += a
    }
    a %= 65521
    b %= 65521
    start = end
  }
  return b << 16 | a
}
