// Reading gzip as a stream: archives are far larger than memory.
//
// Source     RFC 1952
// Idea       Packed bytes come in pieces and unpacked ones leave in pieces; between them stands one window
//            of DEFLATE. Several members may follow each other, and zeros may follow the last.
// Safety     Checksum and length of every member are compared, and the caller names the largest output.
// Read       Bytes/Inflate.swift ← this file → ArchiveUnpacker.swift
// Tests      Tests/FormatsTests/GzipTests.swift

/// Unpacks a gzip file.
///
/// - Parameters:
///   - source: The file.
///   - limit: The most bytes to produce.
///   - emit: Receives the content piece by piece.
/// - Throws: `badMagic`, `truncated`, `malformed`, `checksum`, `trailing`, `limitExceeded`, and what
///   `emit` throws.
public func gunzip(
  _ source: ByteSource, limit: Int,
  emit: @escaping (ArraySlice<UInt8>) throws(FormatError) -> Void
) throws(FormatError) {
  let reader = GzipReader(source)
  do throws(FormatError) {
    try reader.run(limit: limit, emit: emit)
  } catch { throw error.inFile(source.path) }
}

private final class GzipReader {
  private let source: ByteSource
  private var position = 0
  private var sum = CRC32()
  private var length = 0
  private var total = 0

  init(_ source: ByteSource) { self.source = source }

  private func fail(_ kind: FormatError.Kind, _ problem: String) -> FormatError {
    FormatError(
      kind, format: "gzip", at: .byte(position), problem,
      remedy: kind == .checksum || kind == .truncated ? "the file is damaged: get it again" : "")
  }

  private func next(_ count: Int) throws(FormatError) -> [UInt8] {
    let bytes = try source.bytes(at: position, count: count, format: "gzip")
    position += count
    return bytes
  }

  func run(
    limit: Int, emit: @escaping (ArraySlice<UInt8>) throws(FormatError) -> Void
  ) throws(FormatError) {
    repeat {
      try header()
      (sum, length) = (CRC32(), 0)
      // One input buffer, refilled: the bits of a member may be followed by the next one's header.
      var place = position
      let input = { [source] () throws(FormatError) -> [UInt8] in
        let count = min(1 << 16, source.size - place)
        defer { place += count }
        return try source.bytes(at: place, count: count, format: "gzip")
      }
      let unread = try inflated(
        from: input, limit: limit - total
      ) { (bytes) throws(FormatError) in
        self.sum.update(bytes)
        self.length += bytes.count
        try emit(bytes)
      }
      position = place - unread
      total += length
      let end = try next(8)
      func number(_ start: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(end[start + $1]) << UInt32(8 * $1) }
      }
      guard number(0) == sum.value else { throw fail(.checksum, "the checksum is wrong") }
      guard number(4) == UInt32(truncatingIfNeeded: length) else {
        throw fail(.checksum, "the length is wrong")
      }
    } while try hasAnotherMember()
  }

  private func header() throws(FormatError) {
    let fixed = try next(10)
    guard fixed[0] == 0x1F, fixed[1] == 0x8B else {
      throw fail(.badMagic, "the file does not begin as gzip files do")
    }
    guard fixed[2] == 8, fixed[3] & 0xE0 == 0 else {
      throw fail(.unsupported, "method \(fixed[2]), flags \(fixed[3])")
    }
    if fixed[3] & 4 != 0 {
      let size = try next(2)
      _ = try next(Int(size[0]) | Int(size[1]) << 8)
    }
    if fixed[3] & 8 != 0 { try text() }
    if fixed[3] & 16 != 0 { try text() }
    if fixed[3] & 2 != 0 { _ = try next(2) }
  }

  /// Text that ends with a zero.
  private func text() throws(FormatError) {
    for _ in 0..<4096 where try next(1)[0] == 0 { return }
    throw fail(.limitExceeded, "a name of more than 4096 bytes")
  }

  private func hasAnotherMember() throws(FormatError) -> Bool {
    while position < source.size {
      let count = min(4096, source.size - position)
      let bytes = try source.bytes(at: position, count: count, format: "gzip")
      guard let place = bytes.firstIndex(where: { $0 != 0 }) else {
        position += count
        continue
      }
      if place == 0, bytes.starts(with: [0x1F, 0x8B]) { return true }
      throw fail(.trailing, "something follows the packed data")
    }
    return false
  }
}
