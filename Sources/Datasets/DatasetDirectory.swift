// Where a data set lies: finding its files, and saying what is missing when they are not there.
//
// Read       RecordFile.swift ← this file → STL10.swift, CIFAR.swift
// Tests      Tests/DatasetsTests/STL10Tests.swift

import Foundation

/// Finding the files of a data set.
enum DatasetDirectory {
  /// The first of `directory` and its named subdirectories that holds all expected files.
  static func find(_ files: [String], in directory: String, subdirectory: String, archive: String)
    throws(DatasetError) -> String
  {
    let directory = directory.isEmpty ? "." : directory
    let candidates = [directory, directory + "/" + subdirectory]
    let manager = FileManager.default
    func missing(_ place: String) -> [String] {
      files.filter { !manager.fileExists(atPath: place + "/" + $0) }
    }
    for candidate in candidates where missing(candidate).isEmpty { return candidate }
    let nearest = candidates.min { missing($0).count < missing($1).count } ?? directory
    let packed = directory + "/" + archive
    throw DatasetError(
      .missing,
      what: "The data set is not complete: \(missing(nearest).joined(separator: ", ")) missing.",
      place:
        "searched \(candidates.joined(separator: " and ")) for \(files.joined(separator: ", "))",
      mend: manager.fileExists(atPath: packed)
        ? "unpack the archive that is there:  tar -xzf \(packed) -C \(directory)"
        : "pass the directory that \(archive) was unpacked in, or get it with `mvmr download`.")
  }

  /// The lines of a small text file, without empty ones at the end.
  static func lines(_ path: String, limit: Int = 1 << 24) throws(DatasetError) -> [String] {
    let file = try RecordFile(path: path, recordSize: 1)
    guard file.count <= limit else {
      throw DatasetError(
        .malformed, what: "A text file of the data set is too large.",
        place: "\(path): \(file.count) bytes, at most \(limit) expected",
        mend: "unpack the archive again.")
    }
    let text = String(decoding: try file.readAll(), as: UTF8.self)
    var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
