// The end of a zip archive: where its directory lies.
//
// Source     APPNOTE.TXT 6.3, sections 4.3.14 to 4.3.16
// Layout     directory; with zip64 its own end record (56 bytes) and the locator (20 bytes); the end
//            record (22 bytes) and a comment of at most 65 535 bytes, with which the file ends
// Read       ByteReader.swift ← this file → ZipArchive.swift
// Tests      Tests/FormatsTests/ZipArchiveTests.swift

/// Where the directory lies, as the end records say.
struct ZipEnd {
  var count: Int
  var offset: Int
  /// Where the directory must end: at the first end record.
  var end: Int

  init(_ source: ByteSource) throws(FormatError) {
    let tailCount = min(source.size, 65557)
    let tailStart = source.size - tailCount
    let tail = try source.bytes(at: tailStart, count: tailCount, format: "zip")
    guard let position = ZipEnd.record(in: tail) else {
      throw ZipArchive.fail(
        .malformed, "there is no end record whose comment ends with the file", at: .unknown,
        "the file was cut or something was appended to it")
    }
    var reader = ByteReader(tail, at: position + 4, format: "zip", base: tailStart)
    let disks = try (reader.number(UInt16.self), reader.number(UInt16.self))
    let counts = try (reader.count(UInt16.self), reader.count(UInt16.self))
    let size = try reader.count(UInt32.self)
    offset = try reader.count(UInt32.self)
    count = counts.1
    end = tailStart + position
    var directorySize = size
    guard disks.0 == 0 || disks.0 == 0xFFFF, counts.0 == counts.1 else {
      throw ZipArchive.fail(.unsupported, "the archive spans several disks")
    }
    if position >= 20 {
      var locator = ByteReader(tail, at: position - 20, format: "zip", base: tailStart)
      if try locator.number(UInt32.self) == 0x0706_4B50 {
        _ = try locator.skip(4)
        let place = try locator.count(UInt64.self)
        try read64(source, at: place, before: end - 20, &directorySize)
      }
    }
    guard offset <= end, directorySize == end - offset else {
      throw ZipArchive.fail(
        .malformed, "the directory of \(directorySize) bytes at \(offset) does not end at \(end)")
    }
    if count > directorySize / 46 {
      throw ZipArchive.fail(
        .malformed, "\(count) entries do not fit a directory of \(directorySize) bytes")
    }
  }

  private mutating func read64(
    _ source: ByteSource, at place: Int, before locator: Int, _ directorySize: inout Int
  ) throws(FormatError) {
    guard place <= locator, locator - place == 56 else {
      throw ZipArchive.fail(
        .malformed, "the 64-bit end record is not right before its locator", at: .byte(locator))
    }
    var reader = ByteReader(
      try source.bytes(at: place, count: 56, format: "zip"), format: "zip", base: place)
    guard try reader.number(UInt32.self) == 0x0606_4B50, try reader.number(UInt64.self) == 44
    else {
      throw ZipArchive.fail(.malformed, "there is no 64-bit end record", at: .byte(place))
    }
    _ = try reader.skip(12)
    _ = try reader.skip(8)  // entries on this disk
    let entries = try reader.count(UInt64.self)
    let size = try reader.count(UInt64.self)
    let start = try reader.count(UInt64.self)
    if count == 0xFFFF { count = entries }
    if directorySize == 0xFFFF_FFFF { directorySize = size }
    if offset == 0xFFFF_FFFF { offset = start }
    end = place
    guard count == entries, directorySize == size, offset == start else {
      throw ZipArchive.fail(
        .malformed, "the two end records do not agree", at: .byte(place))
    }
  }

  /// The last end record whose comment ends where the file ends.
  private static func record(in tail: [UInt8]) -> Int? {
    guard tail.count >= 22 else { return nil }
    let mark: [UInt8] = [0x50, 0x4B, 5, 6]
    for start in (0...(tail.count - 22)).reversed()
    where tail[start] == mark[0] && tail[start..<(start + 4)] == mark[...] {
      let comment = Int(tail[start + 20]) | Int(tail[start + 21]) << 8
      if start + 22 + comment == tail.count { return start }
    }
    return nil
  }
}
