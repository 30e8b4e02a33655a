// Embeddings on disk, found by what they are embeddings of; safe to interrupt at any moment.
//
// Idea       A file that only grows, of records of one size. A record counts when its checksum holds, and a
//            vector is found by the digest of its image, so whatever a crash leaves behind is either a whole
//            record or none: a part at the end is cut off when the file is opened, and a page that never
//            reached the disk fails its checksum and is as if it were not there.
// Layout     64 bytes: "MVMREMB1", width (4 bytes), 0 (4 bytes), key (32 bytes), 0 (12 bytes), CRC-32 of these
//            60 bytes; then records: digest (32 bytes), vector (4 · width), CRC-32 of both (4 bytes).
//            Little-endian throughout.
// Name       <first 32 hexadecimal digits of the key>.embeddings: another key is another file, so nothing is
//            ever read under a wrong one.
// Lock       One process at a time: a second one is told so. Reading is memory-mapped.
// Read       MappedFile.swift, Bytes/Checksums.swift ← this file → Training/Teacher.swift
// Tests      Tests/FormatsTests/EmbeddingStoreTests.swift

import Foundation

/// Vectors by the digest of what they describe.
public final class EmbeddingStore {
  /// The file.
  public let path: String
  /// Length of every vector.
  public let width: Int
  /// Bytes that were cut off when the file was opened: what an interrupted write had left.
  public let droppedByteCount: Int

  private let system = PosixFileSystem()
  private let lock: FileHandleNumber
  private let file: FileHandleNumber
  private let reading: FileHandleNumber
  private var mapping: MappedFile
  private var places: [Digest: Int] = [:]  // looked up, never iterated
  private var recordCount: Int

  private static let headerSize = 64
  private static let magic = Array("MVMREMB1".utf8)
  private var recordSize: Int { 32 + 4 * width + 4 }

  /// 32 bytes as a key of a dictionary.
  private struct Digest: Hashable {
    let words: SIMD4<UInt64>
    init(_ bytes: [UInt8]) {
      let words: [UInt64] = copyElements(of: bytes)
      self.words = SIMD4(words[0], words[1], words[2], words[3])
    }
  }

  /// Opens or begins the file of a key.
  ///
  /// - Parameters:
  ///   - directory: Where it lies; created if needed.
  ///   - key: 32 bytes: everything that decides a vector besides what it describes.
  ///   - width: Length of a vector, 1…2²⁴.
  /// - Throws: `io`; `malformed` if the file belongs to another key or is not of this format.
  public init(directory: String, key: [UInt8], width: Int) throws(FormatError) {
    let hexadecimal = key.map { Formats.hexadecimal(UInt32($0), digits: 2) }.joined()
    path = "\(directory)/\(hexadecimal.prefix(32)).embeddings"
    self.width = width
    guard key.count == 32, (1...(1 << 24)).contains(width) else {
      throw FormatError(
        .malformed, format: "embeddings", path: path,
        "a key of \(key.count) bytes and vectors of \(width) numbers",
        remedy: "32 bytes, and 1 to \(1 << 24) numbers")
    }
    let path = path
    let recordSize = 32 + 4 * width + 4
    let header = EmbeddingStore.header(key, width)
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw FormatError(
        .io, format: "embeddings", path: directory, "the folder cannot be created",
        remedy: "choose another, or change permissions")
    }
    do throws(SystemError) {
      lock = try system.lock("\(directory)/.\(hexadecimal.prefix(32)).lock")
      file = try system.openForAppending(path)
      reading = try system.open(path)
      let size = try system.size(of: reading)
      var kept = size
      if size < EmbeddingStore.headerSize {
        try system.truncate(file, byteCount: 0)
        try EmbeddingStore.append(header, to: file, system)
        kept = EmbeddingStore.headerSize
      } else {
        kept = size - (size - EmbeddingStore.headerSize) % recordSize
        if kept < size { try system.truncate(file, byteCount: kept) }
      }
      droppedByteCount = max(0, size - kept)
      recordCount = (kept - EmbeddingStore.headerSize) / recordSize
      mapping = try MappedFile(reading, byteCount: kept)
    } catch {
      throw FormatError(
        .io, format: "embeddings", path: path,
        "\(error.operation) failed: \(Errno.text(error.code))",
        remedy: error.code == Errno.lockTaken
          ? "another run uses this cache: wait until it has ended, or choose another folder"
          : "check that the folder is writable and has room")
    }
    guard mapping.bytes(0..<EmbeddingStore.headerSize) == header else {
      throw FormatError(
        .malformed, format: "embeddings", path: path,
        "the first \(EmbeddingStore.headerSize) bytes are not those of this key",
        remedy: "remove the file, it will be made anew; or choose another folder")
    }
    for i in 0..<recordCount {
      let start = EmbeddingStore.headerSize + i * recordSize
      // Of two records of one image the later counts: the earlier may have failed its checksum.
      places[Digest(mapping.bytes(start..<start + 32))] = i
    }
  }

  deinit {
    try? system.close(file)
    try? system.close(reading)
    try? system.close(lock)
  }

  /// Records in the file, damaged ones included.
  public var count: Int { recordCount }

  /// The vector of a digest; nil if there is none, or it is damaged.
  ///
  /// - Parameter digest: 32 bytes.
  /// - Returns: `width` numbers.
  /// - Throws: `io` when the file cannot be mapped.
  public func vector(of digest: [UInt8]) throws(FormatError) -> [Float]? {
    guard digest.count == 32, let i = places[Digest(digest)] else { return nil }
    let start = EmbeddingStore.headerSize + i * recordSize
    if start + recordSize > mapping.byteCount {
      do throws(SystemError) {
        mapping = try MappedFile(
          reading, byteCount: EmbeddingStore.headerSize + recordCount * recordSize)
      } catch { throw failure(error) }
    }
    let record = mapping.bytes(start..<start + recordSize)
    var checksum = CRC32()
    checksum.update(record[..<(recordSize - 4)])
    let stored: [UInt32] = copyElements(of: Array(record[(recordSize - 4)...]))
    guard stored == [checksum.value], Array(record[..<32]) == digest else { return nil }
    return copyElements(of: Array(record[32..<(recordSize - 4)]))
  }

  /// Adds vectors.
  ///
  /// - Parameter rows: Digests of 32 bytes with vectors of `width` numbers.
  /// - Throws: `io`; the file then ends with the record before.
  public func append(_ rows: [(digest: [UInt8], vector: [Float])]) throws(FormatError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rows.count * recordSize)
    for row in rows {
      guard row.digest.count == 32, row.vector.count == width else {
        throw FormatError(
          .typeMismatch, format: "embeddings", path: path,
          "a vector of \(row.vector.count) numbers among those of \(width)")
      }
      let record = row.digest + copyBytes(of: row.vector)
      bytes += record
      bytes += copyBytes(of: [CRC32.of(record)])
    }
    do throws(SystemError) { try EmbeddingStore.append(bytes, to: file, system) } catch {
      // A part of a record must not shift those that follow.
      try? system.truncate(
        file, byteCount: EmbeddingStore.headerSize + recordCount * recordSize)
      throw failure(error)
    }
    for row in rows {
      places[Digest(row.digest)] = recordCount
      recordCount += 1
    }
  }

  private func failure(_ error: SystemError) -> FormatError {
    FormatError(
      .io, format: "embeddings", path: path,
      "\(error.operation) failed: \(Errno.text(error.code))",
      remedy: "check that the disk has room; what was kept before is still good")
  }

  private static func append(
    _ bytes: [UInt8], to file: FileHandleNumber, _ system: PosixFileSystem
  ) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      do throws(SystemError) {
        let count = try system.write(file, bytes, written..<bytes.count)
        if count <= 0 { throw SystemError(code: Errno.noSpace, operation: "write") }
        written += count
      } catch {
        if error.code != Errno.interrupted { throw error }
      }
    }
  }

  private static func header(_ key: [UInt8], _ width: Int) -> [UInt8] {
    var bytes = magic + copyBytes(of: [UInt32(width), 0]) + key
    bytes += [UInt8](repeating: 0, count: headerSize - 4 - bytes.count)
    return bytes + copyBytes(of: [CRC32.of(bytes)])
  }
}
