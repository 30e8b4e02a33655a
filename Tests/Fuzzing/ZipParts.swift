// Archives taken apart and put together, with checksums that hold, so that mutants get past them.

import Formats

/// The entries of an archive, stored.
public struct ZipParts: Sendable {
  public var entries: [(name: String, bytes: [UInt8])]

  /// Reads a good archive.
  public init(_ archive: [UInt8]) throws {
    let zip = try ZipArchive(ByteSource(archive))
    entries = try zip.entries.map { ($0.key, try zip.read($0.value)) }
  }

  /// An archive of these entries, stored, with the right sizes and checksums.
  public func archive() -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in entries {
      let letters = Array(name.utf8)
      let shared: [UInt8] =
        [20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + little(CRC32.of(content), 4)
        + little(UInt32(content.count), 4) + little(UInt32(content.count), 4)
        + little(UInt32(letters.count), 2) + [0, 0]
      directory += [0x50, 0x4B, 1, 2, 20, 0] + shared + [UInt8](repeating: 0, count: 10)
      directory += little(UInt32(bytes.count), 4) + letters
      bytes += [0x50, 0x4B, 3, 4] + shared + letters + content
    }
    let count = little(UInt32(entries.count), 2)
    let end: [UInt8] =
      [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + little(UInt32(directory.count), 4)
      + little(UInt32(bytes.count), 4) + [0, 0]
    return bytes + directory + end
  }
}

/// The archive with every checksum in its directory made right for what lies at its place, where
/// that can be said.
func withRightChecksums(_ archive: [UInt8]) -> [UInt8] {
  var bytes = archive
  func number(_ place: Int, _ width: Int) -> Int {
    (0..<width).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
  }
  var place = 0
  while place + 46 <= bytes.count {
    guard bytes[place] == 0x50, bytes[place + 1] == 0x4B, bytes[place + 2] == 1,
      bytes[place + 3] == 2
    else {
      place += 1
      continue
    }
    let header = number(place + 42, 4)
    let size = number(place + 20, 4)
    if header + 30 <= bytes.count {
      let start = header + 30 + number(header + 26, 2) + number(header + 28, 2)
      if start + size <= bytes.count {
        var content = Array(bytes[start..<(start + size)])
        if number(place + 10, 2) == 8 {
          content = (try? inflated(content, limit: 1 << 20))?.output ?? []
        }
        bytes.replaceSubrange((place + 16)..<(place + 20), with: little(CRC32.of(content), 4))
      }
    }
    place += 46
  }
  return bytes
}

func little(_ value: UInt32, _ width: Int) -> [UInt8] {
  (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
}
