import Formats
import Foundation
import JPEGDecoding
import Testing

@Suite("JPEG") struct JPEGTests {
  @Test("pixels equal Pillow's", arguments: PictureFixture.jpegs)
  func golden(_ fixture: PictureFixture) throws {
    let image = try RasterImage(decoding: fixture.bytes)
    #expect(image.width == fixture.width && image.height == fixture.height)
    #expect(SHA256.hex(of: image.bytes) == fixture.digest)
  }

  @Test("there are fixtures of every kind")
  func fixtures() {
    #expect(PictureFixture.jpegs.count == 55 && PictureFixture.pngs.count == 36)
  }

  /// A good file with one marker code exchanged.
  private func file(replacing marker: UInt8, by other: UInt8) throws -> [UInt8] {
    var bytes = try PictureFixture.named("factors [(1, 1)]").bytes
    let place = try #require(
      (2..<bytes.count - 1).first { bytes[$0] == 0xFF && bytes[$0 + 1] == marker })
    bytes[place + 1] = other
    return bytes
  }

  @Test(
    "kinds without a reader are named",
    arguments: [
      (UInt8(0xC3), "lossless"), (0xC5, "hierarchical"), (0xC9, "arithmetic"), (0xCF, "lossless"),
    ])
  func unsupported(_ marker: UInt8, _ word: String) throws {
    let bytes = try file(replacing: 0xC1, by: marker)
    let error = formatError { _ = try RasterImage(decoding: bytes, path: "a.jpg") }
    #expect(error?.kind == .unsupported)
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    #expect(error?.description.hasPrefix("a.jpg, byte") == true)
  }

  @Test("samples of 12 bits are refused by name")
  func twelveBits() throws {
    var bytes = try PictureFixture.named("factors [(1, 1)]").bytes
    let place = try #require((2..<bytes.count).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC1 })
    bytes[place + 4] = 12
    let error = formatError { _ = try JPEGReader.decode(bytes) }
    #expect(error?.kind == .unsupported && error?.problem.contains("12 bits") == true)
  }

  @Test("every cut file is refused", arguments: ["Pillow RGB", "factors [(2, 2), (2, 1), (1, 2)]"])
  func cut(_ name: String) throws {
    let bytes = try PictureFixture.named(name).bytes
    for count in stride(from: 0, to: bytes.count - 1, by: 7) {
      let error = formatError { _ = try RasterImage(decoding: Array(bytes[..<count])) }
      #expect(error != nil, "\(count) of \(bytes.count) bytes were enough")
    }
  }

  @Test("an extent that the file cannot hold costs no memory")
  func hugeExtent() throws {
    var bytes = try PictureFixture.named("Pillow RGB").bytes
    let place = try #require((2..<bytes.count).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    for (offset, byte) in [(5, 0x20), (6, 0), (7, 0x20), (8, 0)] {
      bytes[place + offset] = UInt8(byte)
    }
    let error = formatError { _ = try JPEGReader.decode(bytes) }
    #expect(error?.kind == .truncated, "\(String(describing: error))")
    for offset in 5...8 { bytes[place + offset] = 0xFF }
    #expect(formatError { _ = try JPEGReader.decode(bytes) }?.kind == .limitExceeded)
  }

  @Test("a progressive file without its last scan is refused")
  func incompleteProgression() throws {
    let fixture = try #require(
      PictureFixture.jpegs.first { $0.name.contains("progressive") && $0.name.contains("Pillow L") }
    )
    let bytes = fixture.bytes
    let last = try #require(
      (0..<bytes.count - 1).last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
    let error = formatError { _ = try JPEGReader.decode(bytes[..<last] + [0xFF, 0xD9]) }
    #expect(error?.problem.contains("incomplete") == true, "\(String(describing: error))")
  }

  @Test("a restart marker out of order is refused")
  func restart() throws {
    let fixture = try #require(PictureFixture.jpegs.first { $0.name.contains("'restart': 1") })
    var bytes = fixture.bytes
    let place = try #require(
      (0..<bytes.count - 1).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xD0 })
    bytes[place + 1] = 0xD3
    let error = formatError { _ = try JPEGReader.decode(bytes) }
    #expect(error?.problem.contains("restart") == true, "\(String(describing: error))")
  }

  @Test("lengths that are no prefix code are refused")
  func codebooks() {
    let none = [UInt8](repeating: 0, count: 13)
    #expect(HuffmanCodebook(counts: [0, 3, 0] + none, symbols: [1, 2, 3]) != nil)
    #expect(HuffmanCodebook(counts: [0, 4, 0] + none, symbols: [1, 2, 3, 4]) == nil)  // all ones
    #expect(HuffmanCodebook(counts: [1, 3, 0] + none, symbols: [1, 2, 3, 4]) == nil)  // too many
    #expect(HuffmanCodebook(counts: [0, 2, 0] + none, symbols: [1, 2, 3]) == nil)
  }

  private static let archive = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/data/cifar10-photographs.tar").standardizedFileURL

  @Test(
    "photographs decode",
    .enabled(
      if: FileManager.default.fileExists(atPath: archive.path), "the photographs are not there"))
  func photographs() throws {
    let data = try Data(contentsOf: Self.archive, options: .alwaysMapped)
    // A few files, found by their first bytes at the start of a record.
    var found = 0
    for start in stride(from: 512, to: min(data.count, 400 * 512), by: 512)
    where data[start] == 0xFF && data[start + 1] == 0xD8 {
      let image = try RasterImage(decoding: Array(data[start..<min(data.count, start + 8192)]))
      #expect(image.width == 32 && image.height == 32)
      found += 1
    }
    #expect(found > 50)
  }
}
