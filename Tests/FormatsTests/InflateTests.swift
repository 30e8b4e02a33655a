import Testing

@testable import Formats

@Suite("Inflate") struct InflateTests {
  /// The DEFLATE stream within a zlib stream.
  static func packed(_ bytes: [UInt8]) -> [UInt8] {
    Array(zlibCompressed(bytes).dropFirst(2).dropLast(4))
  }

  @Test("what Deflate.swift packs comes out again", arguments: [0, 1, 2, 3, 1000, 70_000, 200_000])
  func roundTrip(count: Int) throws {
    var generator = SeededGenerator(state: UInt64(count))
    let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let rows = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 100 * 7) }
    for bytes in [noise, rows, [UInt8](repeating: 9, count: count)] {
      let stream = Self.packed(bytes)
      let (output, end) = try inflated(stream, limit: count)
      #expect(output == bytes && end == stream.count)
    }
  }

  @Test(
    "dynamic blocks of zlib: NumPy's packed file reads as its plain one (see also WeightFileTests)")
  func dynamic() throws {
    let plain = try WeightFile(path: WeightFixtures.path("arrays.npz"))
    let packed = try WeightFile(path: WeightFixtures.path("packed.npz"))
    for info in plain.tensors { #expect(try packed.tensor(info.name) == plain.tensor(info.name)) }
  }

  @Test(
    "broken streams give their own answer",
    arguments: [
      ("empty", [], .truncated), ("block type 3", [0b111], .malformed),
      ("stored, cut", [1, 2, 0, 0xFD, 0xFF, 9], .truncated),
      ("stored, complement", [1, 2, 0, 0, 0, 9, 9], .malformed),
      ("fixed, cut", [0b011], .truncated),
      ("a reference before the start", [0x03 | 0x00, 0x02, 0, 0], .malformed),
      ("too many lengths", [0b1111_1101, 0xFF, 0xFF, 0xFF], .malformed),
      ("a code of no lengths", [0x05, 0, 0, 0, 0, 0, 0, 0], .malformed),
    ] as [(String, [UInt8], FormatError.Kind)])
  func broken(name: String, stream: [UInt8], expected: FormatError.Kind) {
    #expect(formatError { _ = try inflated(stream, limit: 1000) }?.kind == expected, "\(name)")
  }

  @Test("more output than allowed is an error, or the end if the caller wants only the beginning")
  func limit() throws {
    let bytes = [UInt8](repeating: 3, count: 5000)
    let stream = Self.packed(bytes)
    #expect(formatError { _ = try inflated(stream, limit: 4999) }?.kind == .limitExceeded)
    let prefix = try inflated(stream, limit: 100, stopsAtLimit: true).output
    #expect(prefix.count >= 100 && prefix.allSatisfy { $0 == 3 })
  }

  @Test("a stream may begin anywhere, and what follows it is not touched")
  func surroundings() throws {
    let bytes = Array("a house is a house".utf8)
    let stream = Self.packed(bytes)
    let (output, end) = try inflated([7, 7] + stream + [1, 2, 3], from: 2, limit: 100)
    #expect(output == bytes && end == 2 + stream.count)
  }

  @Test("four megabytes take no longer per byte than few")
  func large() throws {
    var generator = SeededGenerator(state: 4)
    let noise = (0..<(1 << 19)).map { _ in UInt8.random(in: 0...3, using: &generator) }
    let bytes = Array(repeatElement(noise, count: 8).joined())
    let stream = Self.packed(bytes)
    let clock = ContinuousClock()
    var output: [UInt8] = []
    let time = try clock.measure { output = try inflated(stream, limit: bytes.count).output }
    #expect(output == bytes)
    // 0.05 s here; a copy of everything at each reference would take minutes.
    #expect(time < .seconds(5))
  }
}
