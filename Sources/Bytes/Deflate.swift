// DEFLATE: repetitions become references, the rest short codes.
//
// Source     RFC 1951 (DEFLATE) §3.2.5, §3.2.6; RFC 1950 (zlib)
// Idea       A hash of three bytes finds earlier places that begin alike; the longest match within
//            32 KiB is written as (length, distance). The code is the fixed one of the RFC, which
//            needs no tables in the stream. Data that does not shrink is stored as it is.
// Read       this file → Inflate.swift, PNGFilters.swift
// Tests      Tests/FormatsTests/PNGWriterTests.swift

/// `bytes` as a zlib stream; the same bytes always give the same stream.
///
/// - Parameter bytes: Anything.
/// - Returns: A stream that is at most 5 bytes per 65 535 plus 11 bytes longer than `bytes`.
public func zlibCompressed(_ bytes: [UInt8]) -> [UInt8] {
  let compressed = FixedHuffmanEncoder.encode(bytes)
  let storedCount = bytes.count + 5 * max(1, (bytes.count + 65534) / 65535)
  // CMF 0x78: DEFLATE with a 32 KiB window; FLG 0x01 makes the pair a multiple of 31.
  var stream: [UInt8] = [0x78, 0x01]
  stream += compressed.count < storedCount ? compressed : storedBlocks(bytes)
  stream += bigEndian(adler32(bytes))
  return stream
}

/// The four bytes of a number, highest first.
package func bigEndian(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
}

private func storedBlocks(_ bytes: [UInt8]) -> [UInt8] {
  var blocks: [UInt8] = []
  blocks.reserveCapacity(bytes.count + 5 + bytes.count / 13107)
  var start = 0
  repeat {
    let end = min(start + 65535, bytes.count)
    let length = UInt16(end - start)
    let isLast: UInt8 = end == bytes.count ? 1 : 0
    blocks += [isLast, UInt8(length & 255), UInt8(length >> 8)]
    blocks += [UInt8(~length & 255), UInt8(~length >> 8)]
    blocks += bytes[start..<end]
    start = end
  } while start < bytes.count
  return blocks
}

private struct FixedHuffmanEncoder {
  private var output: [UInt8] = []
  private var bits: UInt64 = 0
  private var bitCount: UInt64 = 0

  /// How many earlier places are compared: more finds longer matches and takes longer.
  private static let chainLimit = 32

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var encoder = FixedHuffmanEncoder()
    encoder.put(0b011, count: 3)  // the last block, fixed codes
    encoder.encodeMatches(bytes)
    encoder.putLengthOrLiteral(256)
    encoder.put(0, count: (8 - encoder.bitCount % 8) % 8)
    return encoder.output
  }

  private mutating func encodeMatches(_ bytes: [UInt8]) {
    var head = [Int32](repeating: -1, count: 1 << 15)
    var previous = [Int32](repeating: -1, count: 1 << 15)
    func hash(_ i: Int) -> Int {
      let word = UInt32(bytes[i]) | UInt32(bytes[i + 1]) << 8 | UInt32(bytes[i + 2]) << 16
      return Int((word &* 2_654_435_761) >> 17)
    }
    func remember(_ i: Int) {
      guard i + 2 < bytes.count else { return }
      let h = hash(i)
      previous[i & 0x7FFF] = head[h]
      head[h] = Int32(truncatingIfNeeded: i)
    }
    var i = 0
    while i < bytes.count {
      var best = (length: 0, distance: 0)
      if i + 2 < bytes.count {
        let longest = min(258, bytes.count - i)
        var candidate = Int(head[hash(i)])
        var chain = FixedHuffmanEncoder.chainLimit
        while candidate >= 0, i - candidate < 1 << 15, chain > 0 {
          // Only what agrees one byte beyond the best match can be longer.
          if bytes[candidate + best.length] == bytes[i + best.length] {
            var length = 0
            while length < longest, bytes[candidate + length] == bytes[i + length] { length += 1 }
            if length > best.length { best = (length, i - candidate) }
            if length == longest { break }
          }
          candidate = Int(previous[candidate & 0x7FFF])
          chain -= 1
        }
      }
      if best.length >= 3 {
        putMatch(best.length, best.distance)
        for j in i..<(i + best.length) { remember(j) }
        i += best.length
      } else {
        putLengthOrLiteral(Int(bytes[i]))
        remember(i)
        i += 1
      }
    }
  }

  private mutating func putMatch(_ length: Int, _ distance: Int) {
    let l = DeflateSymbols.lengths.symbol(of: length)
    putLengthOrLiteral(257 + l.symbol)
    put(UInt64(l.extra), count: UInt64(l.extraBits))
    let d = DeflateSymbols.distances.symbol(of: distance)
    put(FixedHuffmanEncoder.reversed(UInt64(d.symbol), count: 5), count: 5)
    put(UInt64(d.extra), count: UInt64(d.extraBits))
  }

  private mutating func putLengthOrLiteral(_ symbol: Int) {
    let code = FixedHuffmanEncoder.codes[symbol]
    put(code.bits, count: code.count)
  }

  /// The fixed code: 8 bits for 0…143 and 280…287, 9 for 144…255, 7 for 256…279.
  private static let codes: [(bits: UInt64, count: UInt64)] = (0..<288).map { symbol in
    switch symbol {
    case ..<144: (reversed(UInt64(0x30 + symbol), count: 8), 8)
    case ..<256: (reversed(UInt64(0x190 + symbol - 144), count: 9), 9)
    case ..<280: (reversed(UInt64(symbol - 256), count: 7), 7)
    default: (reversed(UInt64(0xC0 + symbol - 280), count: 8), 8)
    }
  }

  /// Numbers fill bytes from the lowest bit; Huffman codes enter with their highest bit first.
  private mutating func put(_ value: UInt64, count: UInt64) {
    bits |= value << (bitCount % 8)
    let total = bitCount % 8 + count
    for _ in 0..<(total / 8) {
      output.append(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
    }
    bitCount += count
  }

  private static func reversed(_ value: UInt64, count: UInt64) -> UInt64 {
    var result: UInt64 = 0
    for bit in 0..<count { result = result << 1 | (value >> bit & 1) }
    return result
  }
}

/// Ranges of values that share a symbol and differ in extra bits.
struct DeflateSymbols: Sendable {
  let bases: [Int]
  let extraBits: [Int]

  func symbol(of value: Int) -> (symbol: Int, extra: Int, extraBits: Int) {
    let symbol = (bases.firstIndex { $0 > value } ?? bases.count) - 1
    return (symbol, value - bases[symbol], extraBits[symbol])
  }

  /// Lengths 3…258: eight symbols without extra bits, then four of each number, 258 alone.
  static let lengths: DeflateSymbols = {
    var bases: [Int] = []
    var extraBits: [Int] = []
    var base = 3
    for symbol in 0..<28 {
      let extra = symbol < 8 ? 0 : symbol / 4 - 1
      bases.append(base)
      extraBits.append(extra)
      base += 1 << extra
    }
    return DeflateSymbols(bases: bases + [258], extraBits: extraBits + [0])
  }()

  /// Distances 1…32768: four symbols without extra bits, then two of each number.
  static let distances: DeflateSymbols = {
    var bases: [Int] = []
    var extraBits: [Int] = []
    var base = 1
    for symbol in 0..<30 {
      let extra = symbol < 4 ? 0 : symbol / 2 - 1
      bases.append(base)
      extraBits.append(extra)
      base += 1 << extra
    }
    return DeflateSymbols(bases: bases, extraBits: extraBits)
  }()

  /// The order in which a block names the lengths of the code for code lengths.
  static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
}
