// Numbers out of bytes, in order, each checked against the end.
//
// Idea       The one place where a binary header is taken apart: every step says how much it needs,
//            so a parser above cannot run over the end or use a number it has not checked.
// Read       this file → ZipArchive.swift, PickleMachine.swift
// Tests      Tests/FormatsTests/ByteSourceTests.swift

/// A position in bytes that only moves forward.
struct ByteReader {
  let bytes: [UInt8]
  /// The next byte to read.
  private(set) var position: Int
  /// The format in messages.
  let format: String
  /// Where `bytes` begin in the file.
  let base: Int

  init(_ bytes: [UInt8], at position: Int = 0, format: String, base: Int = 0) {
    self.bytes = bytes
    self.position = min(max(0, position), bytes.count)
    self.format = format
    self.base = base
  }

  var remaining: Int { bytes.count - position }
  /// The position in the file, for messages.
  var place: FormatError.Place { .byte(base + position) }

  /// Moves over `count` bytes.
  ///
  /// - Returns: Their indices.
  mutating func skip(_ count: Int) throws(FormatError) -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw FormatError(
        .truncated, format: format, at: place, "\(count) bytes are needed; \(remaining) follow")
    }
    defer { position += count }
    return position..<(position + count)
  }

  mutating func byte() throws(FormatError) -> UInt8 {
    guard position < bytes.count else {
      throw FormatError(.truncated, format: format, at: place, "the bytes end here")
    }
    defer { position += 1 }
    return bytes[position]
  }

  /// A little-endian number.
  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(FormatError) -> Number {
    let range = try skip(Number.bitWidth / 8)
    var value: Number = 0
    for index in range.reversed() { value = value << 8 | Number(truncatingIfNeeded: bytes[index]) }
    return value
  }

  /// A little-endian number as Int.
  ///
  /// - Throws: `limitExceeded` for a 64-bit number above 2⁶³ − 1.
  mutating func count<Number: FixedWidthInteger>(_ type: Number.Type) throws(FormatError) -> Int {
    let start = place
    let value = try number(type)
    guard let count = Int(exactly: value) else {
      throw FormatError(.limitExceeded, format: format, at: start, "\(value) is no size of a file")
    }
    return count
  }

  /// UTF-8 text of a known length.
  mutating func text(_ count: Int) throws(FormatError) -> String {
    let start = place
    let range = try skip(count)
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw FormatError(.malformed, format: format, at: start, "a text is not valid UTF-8")
    }
    return text
  }
}
