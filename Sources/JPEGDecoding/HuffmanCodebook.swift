// A JPEG Huffman code, laid out so that most symbols cost one look-up.
//
// Source     ITU-T T.81 Annex C (codes from lengths), F.2.2.3 (decoding)
// Formula    codes of n bits begin at first[n] = 2 (first[n − 1] + count[n − 1]);
//            the 16 bits ahead hold a code of n bits when they are below (first[n] + count[n]) 2¹⁶⁻ⁿ
// Idea       Ten bits ahead index a table. Where a code and the bits of its coefficient fit into the
//            ten, a second table holds run, value and length together.
// Safety     The lengths are proved to be a prefix code before a table is filled; afterwards every
//            index is masked, so no bits of a file lead outside.
// Read       this file → EntropyReader.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

/// The tables of a code, for as long as its codebook lives.
struct CodeTables {
  static let ahead = 10

  /// Length · 256 + symbol for each ten bits ahead; 0 where the code is longer.
  let short: UnsafeMutablePointer<UInt16>
  /// Value · 2¹⁶ + run · 2⁸ + bits for each ten bits ahead that hold a whole coefficient; else 0.
  let whole: UnsafeMutablePointer<Int32>
  /// The end of the codes of each length, as 16 bits; 17 entries.
  let limit: UnsafeMutablePointer<Int32>
  /// Place of a symbol minus its code, for each length; 17 entries.
  let offset: UnsafeMutablePointer<Int32>
  let symbols: UnsafeMutablePointer<UInt8>

  init() {
    (short, whole) = (zeroed(1 << Self.ahead), zeroed(1 << Self.ahead))
    (limit, offset, symbols) = (zeroed(17), zeroed(17), zeroed(256))
  }

  func deallocate() {
    short.deallocate()
    whole.deallocate()
    limit.deallocate()
    offset.deallocate()
    symbols.deallocate()
  }
}

private func zeroed<Number: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<Number> {
  let memory = UnsafeMutablePointer<Number>.allocate(capacity: count)
  memory.initialize(repeating: 0, count: count)
  return memory
}

/// One Huffman code of a JPEG file.
public final class HuffmanCodebook: @unchecked Sendable {
  let tables: CodeTables
  /// The largest symbol.
  public let largestSymbol: UInt8

  /// The code with given lengths; nil when they are no prefix code, or one uses the code of all ones.
  ///
  /// - Parameters:
  ///   - counts: 16 numbers: how many codes have 1, 2, … 16 bits.
  ///   - values: The symbols in the order of their codes; at most 256.
  public init?(counts: [UInt8], symbols values: [UInt8]) {
    guard counts.count == 16, values.count <= 256,
      counts.reduce(0, { $0 + Int($1) }) == values.count
    else { return nil }
    var code = 0
    for (n, count) in counts.enumerated() {
      code += Int(count)
      if count > 0 && code >= 2 << n { return nil }
      code <<= 1
    }
    tables = CodeTables()
    for (i, value) in values.enumerated() { tables.symbols[i] = value }
    largestSymbol = values.max() ?? 0
    fill(counts)
  }

  deinit { tables.deallocate() }

  private func fill(_ counts: [UInt8]) {
    var code = 0
    var place = 0
    for n in 1...16 {
      tables.offset[n] = Int32(place - code)
      for _ in 0..<Int(counts[n - 1]) {
        if n <= CodeTables.ahead {
          let free = CodeTables.ahead - n
          for tail in 0..<(1 << free) {
            tables.short[code << free | tail] = UInt16(n) << 8 | UInt16(tables.symbols[place])
            tables.whole[code << free | tail] = coefficient(
              tables.symbols[place], tail: tail, bits: free)
          }
        }
        code += 1
        place += 1
      }
      tables.limit[n] = Int32(code << (16 - n))
      code <<= 1
    }
  }

  /// Run and value when the value's bits are the first of `bits` bits; 0 when they are not.
  private func coefficient(_ symbol: UInt8, tail: Int, bits: Int) -> Int32 {
    let size = Int(symbol & 15)
    guard size > 0, size <= bits else { return 0 }
    let raw = tail >> (bits - size)
    let value = raw < 1 << (size - 1) ? raw - (1 << size) + 1 : raw
    return Int32(value << 16 | Int(symbol >> 4) << 8 | (CodeTables.ahead - bits + size))
  }
}
