import Foundation
import Testing

@testable import Formats

@Suite("gzip") struct GzipTests {
  private func unpacked(_ bytes: [UInt8], limit: Int = 1 << 24) throws -> [UInt8] {
    let result = Collected()
    try gunzip(ByteSource(bytes), limit: limit) { (piece) throws(FormatError) in
      result.bytes += piece
    }
    return result.bytes
  }

  private final class Collected { var bytes: [UInt8] = [] }

  @Test(
    "what Python packed comes out again", arguments: ArchiveFixture.all.filter { $0.content != nil }
  )
  func golden(_ fixture: ArchiveFixture) throws {
    #expect(try unpacked(fixture.bytes) == fixture.content.map(Array.init))
  }

  @Test(
    "damage is refused, each for its own reason",
    arguments: ArchiveFixture.all.filter { $0.error != nil && $0.name.hasPrefix("gzip") })
  func hostile(_ fixture: ArchiveFixture) {
    let error = formatError { _ = try unpacked(fixture.bytes) }
    #expect(error?.kind.rawValue == fixture.error, "\(String(describing: error))")
  }

  @Test("pieces larger than a window come out whole")
  func large() throws {
    // Longer than what is kept for references, and than a piece of input.
    var generator = SeededGenerator(state: 3)
    let content = (0..<3_000_000).map { i -> UInt8 in
      if i % 7 < 4 { return UInt8(generator.next() & 15) }
      return UInt8(truncatingIfNeeded: i >> 9)
    }
    let stream = zlibCompressed(content)
    let tail = CRC32.of(content)
    let size = UInt32(content.count)
    let file: [UInt8] =
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + stream.dropFirst(2).dropLast(4)
      + [tail, size].flatMap { (word: UInt32) -> [UInt8] in
        (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
      }
    #expect(try unpacked(file) == content)
    let error = formatError { _ = try unpacked(file, limit: 2_000_000) }
    #expect(error?.kind == .limitExceeded)
  }

  @Test("MD5 is that of RFC 1321")
  func digests() {
    #expect(MD5.hex(of: []) == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(MD5.hex(of: Array("abc".utf8)) == "900150983cd24fb0d6963f7d28e17f72")
    let digits = Array(String(repeating: "1234567890", count: 8).utf8)
    #expect(MD5.hex(of: digits) == "57edf4a22be3c955ac49da2e2107b67a")
    var pieces = MD5()
    for byte in digits { pieces.update([byte]) }
    #expect(pieces.hex == MD5.hex(of: digits))
  }
}
