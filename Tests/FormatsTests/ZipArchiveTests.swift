import Testing

@testable import Formats

@Suite("Zip archives") struct ZipArchiveTests {
  static func archive(_ entries: OrderedMap<[UInt8]>) throws -> [UInt8] {
    try zipArchive(entries).flatMap { $0 }
  }
  static let small: OrderedMap<[UInt8]> = [
    "a/one": Array("hello".utf8), "a/two": [1, 2, 3], "a/empty": [],
  ]

  static func kind(_ bytes: [UInt8], _ limits: ZipLimits = ZipLimits()) -> FormatError.Kind? {
    formatError {
      let archive = try ZipArchive(ByteSource(bytes), limits: limits)
      for entry in archive.entries { _ = try archive.read(entry.value) }
    }?.kind
  }

  /// Where the directory and the end record begin.
  static func places(_ bytes: [UInt8]) -> (directory: Int, end: Int) {
    let end = bytes.count - 22
    return (Int(bytes[end + 16]) | Int(bytes[end + 17]) << 8, end)
  }

  @Test("an archive written here reads back, each entry at a multiple of 64")
  func roundTrip() throws {
    let archive = try ZipArchive(ByteSource(Self.archive(Self.small)))
    #expect(archive.entries.keys == Self.small.keys)
    for entry in archive.entries {
      #expect(try archive.read(entry.value) == Self.small[entry.key])
      #expect(entry.value.dataOffset % 64 == 0)
    }
  }

  @Test(
    "names that leave their folder are refused, written and read",
    arguments: ["/a", "../a", "a/../b", "a\\b", "a\0", ""])
  func names(name: String) throws {
    #expect(formatError { _ = try Self.archive([name: [1]]) }?.kind == .unsafe)
    // The same length, so that the name can be exchanged afterwards.
    let safe = String(repeating: "x", count: max(1, name.utf8.count))
    guard !name.isEmpty else { return }
    var bytes = try Self.archive([safe: [1]])
    let letters = Array(name.utf8)
    let directory = Self.places(bytes).directory
    bytes.replaceSubrange(30..<(30 + letters.count), with: letters)
    bytes.replaceSubrange((directory + 46)..<(directory + 46 + letters.count), with: letters)
    #expect(Self.kind(bytes) == .unsafe)
  }

  @Test("each broken directory gives its own answer")
  func hostile() throws {
    let good = try Self.archive(Self.small)
    let (directory, end) = Self.places(good)
    func kind(_ change: (inout [UInt8]) -> Void) -> FormatError.Kind? {
      var bytes = good
      change(&bytes)
      return Self.kind(bytes)
    }
    #expect(kind { _ in } == nil)
    #expect(kind { $0.append(0) } == .malformed, "appended byte")
    #expect(kind { $0.removeLast() } == .malformed, "cut")
    #expect(kind { $0[end + 10] = 9 } == .unsupported, "the two counts differ")
    #expect(kind { ($0[end + 8], $0[end + 10]) = (9, 9) } == .malformed, "more entries than fit")
    #expect(
      kind { ($0[end + 8], $0[end + 10]) = (2, 2) } == .malformed, "fewer entries than there are")
    #expect(kind { $0[end + 12] += 1 } == .malformed, "the directory's size")
    #expect(kind { $0[end + 16] += 1 } == .malformed, "the directory's place")
    #expect(kind { $0[directory] = 0 } == .malformed, "no signature")
    #expect(kind { $0[directory + 8] |= 1 } == .unsupported, "encrypted")
    #expect(kind { $0[directory + 8] |= 0x40 } == .unsupported, "a flag")
    #expect(kind { $0[directory + 10] = 12 } == .unsupported, "bzip2")
    #expect(kind { $0[directory + 16] ^= 1 } == .checksum, "CRC")
    #expect(kind { $0[directory + 20] += 1 } == .malformed, "stored, but another size")
    #expect(kind { $0[directory + 34] = 1 } == .unsupported, "another disk")
    #expect(kind { $0[directory + 42] = 1 } == .malformed, "another local header")
    #expect(kind { $0[0] = 0 } == .malformed, "no local signature")
    #expect(kind { $0[31] ^= 1 } == .malformed, "another local name")
    #expect(
      kind { ($0[directory + 20], $0[directory + 24]) = (0xF0, 0xF0) } == .malformed, "overlap")
    #expect(kind { for i in 20..<28 { $0[directory + i] = 0xFF } } == .malformed, "no 64-bit sizes")
    #expect(kind { $0[64] ^= 1 } == .checksum, "a flipped bit")
    var limits = ZipLimits()
    limits.entryCount = 2
    #expect(Self.kind(good, limits) == .limitExceeded)
    limits = ZipLimits()
    limits.totalSize = 7
    #expect(Self.kind(good, limits) == .limitExceeded)
  }

  @Test("two entries of one name are refused")
  func duplicate() throws {
    var bytes = try Self.archive(["a": [1], "b": [2]])
    let directory = Self.places(bytes).directory
    bytes[128 - 64 + 64 + 30 - 30 + 0] = bytes[128]
    bytes[directory + 46 + 47] = UInt8(ascii: "a")
    // The second local header follows the first entry's data at 65.
    bytes[65 + 30] = UInt8(ascii: "a")
    #expect(Self.kind(bytes) == .duplicate)
  }

  @Test("packed entries: a false size is refused before or after unpacking, never believed")
  func packed() throws {
    let good = try WeightFixtures.bytes("packed.npz")
    #expect(Self.kind(good) == nil)
    let directory = try #require(
      good.indices.first { good[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    for (size, expected) in [
      (UInt32(16), FormatError.Kind.limitExceeded), (.max - 1, .limitExceeded),
    ] {
      var bytes = good
      bytes.replaceSubrange((directory + 24)..<(directory + 28), with: littleEndian(size))
      #expect(Self.kind(bytes) == expected)
    }
    var bytes = good
    bytes[directory + 24] ^= 1
    #expect(Self.kind(bytes) == .malformed || Self.kind(bytes) == .limitExceeded)
  }
}
