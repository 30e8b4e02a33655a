import Foundation
import Testing

@testable import Formats

@Suite("PNG, reading") struct PNGReaderTests {
  @Test("pixels equal Pillow's", arguments: PictureFixture.pngs)
  func golden(_ fixture: PictureFixture) throws {
    let image = try RasterImage(decoding: fixture.bytes)
    #expect(image.width == fixture.width && image.height == fixture.height)
    #expect(SHA256.hex(of: image.bytes) == fixture.digest)
  }

  @Test("what was written is read back")
  func roundTrip() throws {
    let bytes = (0..<(3 * 31 * 17)).map { UInt8(truncatingIfNeeded: $0 &* $0 &>> 3) }
    let file = try PNGWriter.encode(width: 31, height: 17, channels: 3, bytes: bytes)
    #expect(try RasterImage(decoding: file).bytes == bytes)
  }

  /// A file of chunks with right checksums.
  private func png(_ chunks: [(String, [UInt8])]) -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    for (type, data) in chunks {
      let body = Array(type.utf8) + data
      file += bigEndian(UInt32(data.count)) + body + bigEndian(CRC32.of(body))
    }
    return file
  }

  private func header(
    _ width: UInt32, _ height: UInt32, depth: UInt8 = 8, color: UInt8 = 0,
    last: [UInt8] = [0, 0, 0]
  ) -> (String, [UInt8]) {
    ("IHDR", bigEndian(width) + bigEndian(height) + [depth, color] + last)
  }

  @Test("hostile files are refused, each for its own reason")
  func hostile() throws {
    let rows = zlibCompressed([0, 7, 7, 0, 7, 7])
    let good = png([header(2, 2), ("IDAT", rows), ("IEND", [])])
    #expect(try RasterImage(decoding: good).bytes == [UInt8](repeating: 7, count: 12))
    var wrongSum = good
    wrongSum[20] ^= 1
    var wrongAdler = rows
    wrongAdler[rows.count - 1] ^= 1
    let cases: [(String, [UInt8], FormatError.Kind)] = [
      ("checksum of a chunk", wrongSum, .checksum),
      ("checksum of the rows", png([header(2, 2), ("IDAT", wrongAdler), ("IEND", [])]), .checksum),
      ("no pixels", png([header(0, 2), ("IDAT", rows), ("IEND", [])]), .malformed),
      ("depth 3", png([header(2, 2, depth: 3), ("IDAT", rows), ("IEND", [])]), .malformed),
      ("colour 5", png([header(2, 2, color: 5), ("IDAT", rows), ("IEND", [])]), .malformed),
      (
        "interlace 2", png([header(2, 2, last: [0, 0, 2]), ("IDAT", rows), ("IEND", [])]),
        .unsupported
      ),
      (
        "huge", png([header(1 << 31 - 1, 1 << 31 - 1), ("IDAT", rows), ("IEND", [])]),
        .limitExceeded
      ),
      ("too few rows", png([header(2, 3), ("IDAT", rows), ("IEND", [])]), .malformed),
      ("too many rows", png([header(2, 1), ("IDAT", rows), ("IEND", [])]), .limitExceeded),
      ("no palette", png([header(2, 2, color: 3), ("IDAT", rows), ("IEND", [])]), .malformed),
      (
        "filter 5", png([header(2, 1), ("IDAT", zlibCompressed([5, 1, 1])), ("IEND", [])]),
        .malformed
      ),
      ("no end", png([header(2, 2), ("IDAT", rows)]), .truncated),
      ("no rows", png([header(2, 2), ("IEND", [])]), .malformed),
      (
        "rows apart",
        png([header(2, 2), ("IDAT", rows), ("tEXt", []), ("IDAT", []), ("IEND", [])]), .malformed
      ),
      ("unknown", png([header(2, 2), ("XYZW", []), ("IDAT", rows), ("IEND", [])]), .unsupported),
      ("junk in the rows", png([header(2, 2), ("IDAT", rows + [0]), ("IEND", [])]), .trailing),
    ]
    for (name, file, kind) in cases {
      let error = formatError { _ = try PNGReader.decode(file) }
      #expect(error?.kind == kind, "\(name): \(String(describing: error))")
    }
  }

  @Test("other formats are named")
  func otherFormats() {
    let error = formatError { _ = try RasterImage(decoding: Array("GIF89a".utf8), path: "x.jpg") }
    #expect(error?.kind == .badMagic)
    #expect(error?.description.contains("looks like GIF") == true)
    #expect(formatError { _ = try RasterImage(decoding: []) }?.problem == "the file is empty")
  }
}
