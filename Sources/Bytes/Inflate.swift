// Inflate: what DEFLATE made short becomes long again.
//
// Source     RFC 1951 §3.2
// Idea       A stream is a row of blocks: stored bytes, or Huffman codes for bytes and for
//            (length, distance) references into the last 32 KiB. Codes of up to nine bits are looked
//            up in a table; longer ones are rare and are found bit by bit.
// Safety     The caller names the largest output. A code must be complete, as zlib asks: more codes
//            than fit are refused, fewer only where a single one is used.
// Read       Deflate.swift ← this file → Formats/ZipArchive.swift
// Tests      Tests/FormatsTests/InflateTests.swift

/// Unpacks a raw DEFLATE stream.
///
/// - Parameters:
///   - bytes: Where the stream lies.
///   - start: Its first byte.
///   - limit: The most bytes to produce.
///   - stopsAtLimit: Whether `limit` bytes are the answer when there are more, instead of an error.
/// - Returns: The unpacked bytes, and the index behind the stream's last byte.
/// - Throws: `truncated`, `malformed`, or `limitExceeded` if there is more output than `limit`.
public func inflated(
  _ bytes: [UInt8], from start: Int = 0, limit: Int, stopsAtLimit: Bool = false
) throws(FormatError) -> (output: [UInt8], end: Int) {
  var decoder = Inflater(input: bytes, position: start, limit: limit, stopsAtLimit: stopsAtLimit)
  try decoder.run()
  return (decoder.output, decoder.end)
}

/// Unpacks a raw DEFLATE stream that comes in pieces.
///
/// - Parameters:
///   - next: The next piece of the packed bytes; empty when there are no more.
///   - limit: The most bytes to produce.
///   - emit: Receives the unpacked bytes, about a mebibyte at a time.
/// - Returns: How many of the bytes that `next` gave lie behind the end of the stream.
/// - Throws: As above, and what `next` and `emit` throw.
package func inflated(
  from next: @escaping () throws(FormatError) -> [UInt8], limit: Int,
  emit: @escaping (ArraySlice<UInt8>) throws(FormatError) -> Void
) throws(FormatError) -> Int {
  var decoder = Inflater(input: [], position: 0, limit: limit, stopsAtLimit: false)
  (decoder.next, decoder.emit) = (next, emit)
  try decoder.run()
  try emit(decoder.output[decoder.kept...])
  return decoder.input.count - decoder.end
}

private struct Inflater {
  var input: [UInt8]
  var position: Int
  /// Where more input comes from; nil where `input` is all.
  var next: (() throws(FormatError) -> [UInt8])?
  /// Where output goes; nil where all of it is the answer.
  var emit: ((ArraySlice<UInt8>) throws(FormatError) -> Void)?
  /// Bytes of `output` that have been emitted and stay for references.
  var kept = 0
  /// Bytes that have been emitted and are gone.
  private var gone = 0
  let limit: Int
  let stopsAtLimit: Bool
  var output: [UInt8] = []
  private var bits: UInt64 = 0
  private var bitCount = 0

  init(input: [UInt8], position: Int, limit: Int, stopsAtLimit: Bool) {
    self.input = input
    self.position = min(max(0, position), input.count)
    self.limit = limit
    self.stopsAtLimit = stopsAtLimit
    output.reserveCapacity(min(limit, 4 * (input.count - self.position)))
  }

  /// Whole bytes that were fetched but not used are given back.
  var end: Int { position - bitCount / 8 }

  mutating func run() throws(FormatError) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try stored()
      case 1: try compressed(HuffmanCode.fixedLiterals, HuffmanCode.fixedDistances)
      case 2:
        let (literals, distances) = try dynamicCodes()
        try compressed(literals, distances)
      default: throw fail(.malformed, "a block is of type 3")
      }
      if stopsAtLimit, output.count >= limit { return }
    }
  }

  /// Hands over what has been unpacked, but for the 32 KiB that references may reach.
  private mutating func flush() throws(FormatError) {
    guard let emit, output.count >= 1 << 20 else { return }
    try emit(output[kept...])
    let surplus = output.count - 1 << 15
    output.removeFirst(surplus)
    gone += surplus
    kept = output.count
  }

  private func fail(_ kind: FormatError.Kind, _ problem: String) -> FormatError {
    FormatError(kind, format: "DEFLATE", at: .byte(end), problem)
  }

  /// Fetches bytes while they fit.
  private mutating func refill() throws(FormatError) {
    while bitCount <= 56 {
      if position >= input.count {
        guard let next else { return }
        let piece = try next()
        if piece.isEmpty { return }
        // Bytes that were fetched but not used may be given back.
        let last = input.suffix(8)
        position = last.count
        input = last + piece
      }
      bits |= UInt64(input[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  private mutating func drop(_ count: Int) {
    bits >>= UInt64(count)
    bitCount -= count
  }

  private mutating func take(_ count: Int) throws(FormatError) -> Int {
    if bitCount < count { try refill() }
    guard bitCount >= count else { throw fail(.truncated, "the stream ends within a block") }
    let value = Int(bits & ((1 << UInt64(count)) - 1))
    drop(count)
    return value
  }

  private mutating func stored() throws(FormatError) {
    drop(bitCount % 8)
    let length = try take(16)
    let complement = try take(16)
    guard length ^ complement == 0xFFFF else {
      throw fail(.malformed, "a stored block's length and its complement do not agree")
    }
    // Give fetched bytes back, so that the rest is one copy.
    position = end
    bits = 0
    bitCount = 0
    try room(for: length)
    var rest = length
    while rest > 0 {
      if position >= input.count, let next { (input, position) = (try next(), 0) }
      let count = min(rest, input.count - position)
      guard count > 0, next != nil || count == rest else {
        throw fail(.truncated, "a stored block of \(length) bytes is cut")
      }
      output += input[position..<(position + count)]
      position += count
      rest -= count
    }
    try flush()
  }

  private func room(for count: Int) throws(FormatError) {
    if count > limit - gone - output.count, !stopsAtLimit {
      throw fail(.limitExceeded, "more than \(limit) bytes come out")
    }
  }

  private mutating func compressed(
    _ literals: HuffmanCode, _ distances: HuffmanCode
  ) throws(FormatError) {
    while true {
      let symbol = try decode(literals)
      if symbol < 256 {
        if output.count >= limit - gone {
          if stopsAtLimit { return }
          try room(for: 1)
        }
        output.append(UInt8(truncatingIfNeeded: symbol))
        if output.count >= 1 << 20 { try flush() }
        continue
      }
      if symbol == 256 { return }
      guard symbol < 286 else { throw fail(.malformed, "\(symbol) is no length") }
      let l = DeflateSymbols.lengths
      let length = l.bases[symbol - 257] + (try take(l.extraBits[symbol - 257]))
      let d = DeflateSymbols.distances
      let code = try decode(distances)
      guard code < 30 else { throw fail(.malformed, "\(code) is no distance") }
      let distance = d.bases[code] + (try take(d.extraBits[code]))
      guard distance <= output.count else {
        throw fail(.malformed, "a reference goes \(distance) back; \(output.count) bytes exist")
      }
      try room(for: length)
      // Byte by byte: a reference may reach into what it writes, and appending a slice of `output` to
      // itself would copy all of it.
      for _ in 0..<length { output.append(output[output.count - distance]) }
      if stopsAtLimit, output.count >= limit { return }
      if output.count >= 1 << 20 { try flush() }
    }
  }

  private mutating func decode(_ code: HuffmanCode) throws(FormatError) -> Int {
    if bitCount < 15 { try refill() }
    let entry = code.table[Int(bits & 511)]
    let length = Int(entry & 15)
    if length > 0 {
      guard length <= bitCount else { throw fail(.truncated, "the stream ends within a code") }
      drop(length)
      return Int(entry >> 4)
    }
    // Canonical codes: of each length they are consecutive numbers, so counting finds the symbol.
    var value = 0
    var first = 0
    var index = 0
    for length in 1...15 {
      guard length <= bitCount else { throw fail(.truncated, "the stream ends within a code") }
      value |= Int(bits >> UInt64(length - 1) & 1)
      let count = code.counts[length]
      if value - count < first {
        drop(length)
        return code.symbols[index + value - first]
      }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw fail(.malformed, "a code stands for nothing")
  }

  private mutating func dynamicCodes() throws(FormatError) -> (HuffmanCode, HuffmanCode) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else {
      throw fail(.malformed, "\(literalCount) lengths and \(distanceCount) distances are too many")
    }
    var lengths = [Int](repeating: 0, count: 19)
    for i in 0..<lengthCount { lengths[DeflateSymbols.lengthOrder[i]] = try take(3) }
    let code = try huffman(lengths, mayBeIncomplete: false)
    lengths = []
    while lengths.count < literalCount + distanceCount {
      let symbol = try decode(code)
      if symbol < 16 {
        lengths.append(symbol)
        continue
      }
      guard symbol > 16 || !lengths.isEmpty else {
        throw fail(.malformed, "a repetition comes before the first length")
      }
      let value = symbol == 16 ? lengths[lengths.count - 1] : 0
      let count = try take(symbol == 16 ? 2 : symbol == 17 ? 3 : 7) + (symbol == 18 ? 11 : 3)
      guard lengths.count + count <= literalCount + distanceCount else {
        throw fail(.malformed, "a repetition of lengths runs over the end")
      }
      lengths += repeatElement(value, count: count)
    }
    guard lengths[256] != 0 else { throw fail(.malformed, "no code ends the block") }
    return (
      try huffman(Array(lengths[..<literalCount]), mayBeIncomplete: true),
      try huffman(Array(lengths[literalCount...]), mayBeIncomplete: true)
    )
  }

  private func huffman(
    _ lengths: [Int], mayBeIncomplete: Bool
  ) throws(FormatError) -> HuffmanCode {
    let code = HuffmanCode(lengths: lengths)
    if code.left < 0 { throw fail(.malformed, "there are more codes than fit") }
    let isSingle = lengths.allSatisfy { $0 <= 1 } && lengths.count { $0 == 1 } <= 1
    if code.left > 0, !(mayBeIncomplete && isSingle) {
      throw fail(.malformed, "a code is incomplete")
    }
    return code
  }
}

/// A canonical Huffman code, given by the length of each symbol's code word.
private struct HuffmanCode {
  /// Code words of each length.
  var counts = [Int](repeating: 0, count: 16)
  /// Symbols by length, then by value.
  var symbols: [Int] = []
  /// For each nine bits symbol · 16 + length, 0 where the code word is longer.
  var table = [UInt16](repeating: 0, count: 512)
  /// Unused code words of 15 bits; below 0 there are too many codes.
  var left = 1 << 15

  init(lengths: [Int]) {
    var offsets = [Int](repeating: 0, count: 17)
    for length in lengths where length > 0 { counts[length] += 1 }
    for length in 1...15 {
      offsets[length + 1] = offsets[length] + counts[length]
      left -= counts[length] << (15 - length)
    }
    if left < 0 { return }
    symbols = [Int](repeating: 0, count: offsets[16])
    var next = [Int](repeating: 0, count: 16)
    for length in 2...15 { next[length] = (next[length - 1] + counts[length - 1]) << 1 }
    for (symbol, length) in lengths.enumerated() where length > 0 {
      symbols[offsets[length]] = symbol
      offsets[length] += 1
      let word = next[length]
      next[length] += 1
      guard length <= 9 else { continue }
      var reversed = 0
      for bit in 0..<length { reversed |= (word >> bit & 1) << (length - 1 - bit) }
      for index in stride(from: reversed, to: 512, by: 1 << length) {
        table[index] = UInt16(symbol << 4 | length)
      }
    }
  }

  static let fixedLiterals = HuffmanCode(
    lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  static let fixedDistances = HuffmanCode(lengths: [Int](repeating: 5, count: 30))
}
