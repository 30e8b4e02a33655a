// Reading PNG: all colour types, depths and both orders of rows, to 8-bit red, green and blue.
//
// Source     PNG specification (W3C, third edition) §5, §7 to §11
// Colour     as Pillow's `convert("RGB")`: transparency and gamma are not applied, 16-bit colours keep
//            their high byte, 16-bit greys are cut at 255 (not shifted)
// Safety     Every checksum is compared. The size of the unpacked rows follows from the header, which is
//            checked against the limits before anything is unpacked, and nothing more is unpacked.
// Read       Bytes/Inflate.swift, Bytes/Checksums.swift ← this file → PNGRows.swift
// Tests      Tests/FormatsTests/PNGReaderTests.swift

/// Reads PNG files.
public enum PNGReader {
  /// The picture of a file, as red, green and blue.
  ///
  /// - Parameter file: The whole file.
  /// - Returns: `[height, width, 3]` bytes.
  /// - Throws: `checksum`, `truncated`, `malformed`, `unsupported`, `limitExceeded`.
  public static func decode(_ file: [UInt8]) throws(FormatError) -> RasterImage {
    var chunks = PNGChunks(file)
    try chunks.read()
    return try PNGRows(chunks).image()
  }
}

/// What the chunks of a file say.
struct PNGChunks {
  private var reader: ByteReader
  private(set) var width = 0
  private(set) var height = 0
  private(set) var depth = 0
  private(set) var color = 0
  private(set) var isInterlaced = false
  /// Red, green, blue of each entry.
  private(set) var palette: [UInt8] = []
  /// The packed rows.
  private(set) var data: [UInt8] = []

  init(_ file: [UInt8]) { reader = ByteReader(file, format: "PNG") }

  /// Numbers a pixel is made of.
  var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][color] ?? 0 }

  private func fail(
    _ kind: FormatError.Kind, _ problem: String, remedy: String = "", at place: Int
  ) -> FormatError {
    FormatError(kind, format: "PNG", at: .byte(place), problem, remedy: remedy)
  }

  mutating func read() throws(FormatError) {
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    guard reader.bytes.starts(with: signature) else {
      throw fail(.badMagic, "the file does not begin as PNG files do", at: 0)
    }
    _ = try reader.skip(8)
    var last = ""
    var seen: Set<String> = []
    while last != "IEND" {
      let start = reader.position
      let (type, body) = try chunk()
      guard last != "" || type == "IHDR" else {
        throw fail(.malformed, "the first chunk is \(FormatError.quoted(type))", at: start)
      }
      guard type != "PLTE" || data.isEmpty else {
        throw fail(.malformed, "the palette follows the rows", at: start)
      }
      let isRepeated = seen.contains(type)
      switch type {
      case "IHDR" where !isRepeated: try header(body, at: start)
      case "PLTE" where !isRepeated:
        guard body.count % 3 == 0, (1...256).contains(body.count / 3) else {
          throw fail(.malformed, "a palette of \(body.count) bytes", at: start)
        }
        palette = Array(reader.bytes[body])
      case "IDAT":
        guard !isRepeated || last == "IDAT" else {
          throw fail(.malformed, "other chunks lie between the rows", at: start)
        }
        data += reader.bytes[body]
      case "IEND":
        guard body.isEmpty else { throw fail(.malformed, "IEND is not empty", at: start) }
      case "IHDR", "PLTE": throw fail(.duplicate, "a second \(type)", at: start)
      default:
        guard type.utf8.first.map({ $0 & 32 != 0 }) == true else {
          throw fail(
            .unsupported, "the chunk \(FormatError.quoted(type)) must be understood and is not",
            at: start)
        }
      }
      seen.insert(type)
      last = type
    }
    guard seen.contains("IDAT") else { throw fail(.malformed, "no rows", at: reader.position) }
    guard color != 3 || !palette.isEmpty else {
      throw fail(.malformed, "a picture of palette colours without a palette", at: reader.position)
    }
  }

  /// The next chunk's type and the range of its data, its checksum compared.
  private mutating func chunk() throws(FormatError) -> (String, Range<Int>) {
    let start = reader.position
    let length = try reader.number(UInt32.self).byteSwapped
    guard length <= 0x7FFF_FFFF else {
      throw fail(.malformed, "a chunk of \(length) bytes", at: start)
    }
    let typeRange = try reader.skip(4)
    let type = reader.bytes[typeRange]
    guard type.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) }) else {
      throw fail(.malformed, "a chunk's type is not four letters", at: start)
    }
    let body = try reader.skip(Int(length))
    let stored = try reader.number(UInt32.self).byteSwapped
    var sum = CRC32()
    sum.update(reader.bytes[typeRange.lowerBound..<body.upperBound])
    guard sum.value == stored else {
      throw fail(
        .checksum, "the checksum of \(String(decoding: type, as: UTF8.self)) is wrong",
        remedy: "the file is damaged: get it again", at: start)
    }
    return (String(decoding: type, as: UTF8.self), body)
  }

  private mutating func header(_ range: Range<Int>, at start: Int) throws(FormatError) {
    guard range.count == 13 else {
      throw fail(.malformed, "a header of \(range.count) bytes", at: start)
    }
    var body = ByteReader(Array(reader.bytes[range]), format: "PNG", base: range.lowerBound)
    width = Int(try body.number(UInt32.self).byteSwapped)
    height = Int(try body.number(UInt32.self).byteSwapped)
    depth = Int(try body.byte())
    color = Int(try body.byte())
    let depths = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
    guard depths[color]?.contains(depth) == true else {
      throw fail(.malformed, "colour type \(color) with \(depth) bits", at: start)
    }
    let (packing, filter, interlace) = (try body.byte(), try body.byte(), try body.byte())
    guard packing == 0, filter == 0, interlace <= 1 else {
      throw fail(
        .unsupported, "packing \(packing), filter \(filter), interlace \(interlace)", at: start)
    }
    isInterlaced = interlace == 1
    try RasterImage.check(width: width, height: height, format: "PNG", at: .byte(start))
  }
}
