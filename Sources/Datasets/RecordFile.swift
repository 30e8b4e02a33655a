// A file of records of one size, read one record at a time.
//
// Idea       STL-10's unlabelled images are 2.7 GB: never loaded, never mapped (a mapped file that
//            shrinks kills the process). One positioned read an image, and the system caches pages.
// Read       this file → DatasetDirectory.swift, PlanarImage.swift
// Tests      Tests/DatasetsTests/STL10Tests.swift, CIFARTests.swift

import Foundation
import Kernels

/// An open file of equal records; any thread may read any record at any time.
final class RecordFile: Sendable {
  let path: String
  let recordSize: Int
  /// Number of records.
  let count: Int
  private let handle: FileHandle  // closes the file when the last reference goes

  /// Opens a file whose size must be a multiple of `recordSize` bytes.
  init(path: String, recordSize: Int) throws(DatasetError) {
    self.path = path
    self.recordSize = recordSize
    let size: UInt64
    do {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
      guard attributes[.type] as? FileAttributeType == .typeRegular else {
        throw CocoaError(.fileReadUnsupportedScheme)
      }
      handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      size = try handle.seekToEnd()
    } catch {
      throw DatasetError(
        .unreadable, what: "A file of the data set cannot be read (\(error.localizedDescription)).",
        place: path, mend: "check that it is a file and that you may read it.")
    }
    let (records, rest) = size.quotientAndRemainder(dividingBy: UInt64(recordSize))
    guard rest == 0 else {
      throw DatasetError(
        .truncated, what: "A file of the data set ends in the middle of a record.",
        place:
          "\(path): \(size) bytes are \(records) records of \(recordSize) bytes and \(rest) more",
        mend: "unpack the archive again, or download it again if its checksum is wrong.")
    }
    // A sparse file may claim any size for nothing; what is allocated a record stays bounded.
    guard records <= 1 << 28 else {
      throw DatasetError(
        .malformed, what: "A file of the data set holds more records than any data set does.",
        place: "\(path): \(records) records of \(recordSize) bytes",
        mend: "unpack the archive again.")
    }
    count = Int(records)
  }

  /// Bytes of one record.
  ///
  /// - Parameters:
  ///   - record: In 0..<count.
  ///   - length: How many bytes from its start; the whole record when left out.
  /// - Returns: That many bytes.
  /// - Throws: When the file became shorter, or the system fails to read.
  func read(_ record: Int, length: Int? = nil) throws(DatasetError) -> [UInt8] {
    require(record >= 0 && record < count, "RecordFile: record \(record) outside 0..<\(count).")
    return try read(at: record * recordSize, length: length ?? recordSize)
  }

  /// The whole file, for files that were checked to be small.
  func readAll() throws(DatasetError) -> [UInt8] { try read(at: 0, length: count * recordSize) }

  private func read(at start: Int, length: Int) throws(DatasetError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: length)
    var done = 0
    while done < length {
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        // The one system call here: Foundation has no positioned read that threads can share.
        unsafe pread(
          handle.fileDescriptor,
          UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).baseAddress,
          length - done, off_t(start + done))
      }
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else {
        throw DatasetError(
          got == 0 ? .truncated : .unreadable,
          what: got == 0
            ? "A file of the data set became shorter while it was in use."
            : "Reading a file of the data set failed (system error \(errno)).",
          place: "\(path), byte \(start + done)",
          mend: "do not change the files of a data set during a run; check the disk.")
      }
      done += got
    }
    return bytes
  }
}

/// Several files of equal records, numbered on from one to the next.
struct RecordSequence: Sendable {
  let files: [RecordFile]

  /// Number of records in all files.
  var count: Int { files.reduce(0) { $0 + $1.count } }

  /// The file that holds a record, and its number there.
  func locate(_ record: Int) -> (file: RecordFile, record: Int) {
    var record = record
    for file in files.dropLast() {
      if record < file.count { return (file, record) }
      record -= file.count
    }
    return (files[files.count - 1], record)
  }

  /// One whole record.
  func read(_ record: Int) throws(DatasetError) -> [UInt8] {
    let (file, record) = locate(record)
    return try file.read(record)
  }
}
