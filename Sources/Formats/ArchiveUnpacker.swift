// Unpacking an archive so that nothing lands where it should not and nothing is left half done.
//
// Idea       Everything goes into `<directory>.partial`, which gets its name when the last byte was right.
// Safety     Files are created, never opened; nothing is followed. Two entries of one name, in any spelling
//            of upper and lower case, are refused, and so is more than the limit.
// Read       TarReader.swift, Gzip.swift ← this file → Command/DownloadCommand.swift
// Tests      Tests/FormatsTests/TarTests.swift

import Foundation

/// Unpacks tar archives, packed by gzip or not.
public enum ArchiveUnpacker {
  /// Unpacks an archive into a new directory.
  ///
  /// - Parameters:
  ///   - archive: A tar file, or a tar file packed by gzip.
  ///   - directory: Created; must not exist. Its parent must.
  ///   - limit: The most bytes of all files.
  ///   - progress: Told the number of bytes written so far, now and then.
  /// - Returns: The names of the files, in order.
  /// - Throws: `FormatError`; the directory is not there then.
  @discardableResult public static func unpack(
    _ archive: String, into directory: String, limit: Int = 64 << 30,
    progress: @escaping (Int) -> Void = { _ in }
  ) throws(FormatError) -> [String] {
    let partial = directory + ".partial"
    let manager = FileManager.default
    guard !manager.fileExists(atPath: directory) else {
      throw FormatError(
        .unsafe, format: "tar", path: directory, "the directory is there already",
        remedy: "remove it, or unpack to another place")
    }
    try? manager.removeItem(atPath: partial)
    try create(directory: partial)
    do throws(FormatError) {
      let source = try ByteSource(path: archive, limit: 1 << 48)
      let writer = EntryWriter(directory: partial, limit: limit, progress: progress)
      let magic = try source.bytes(at: 0, count: min(2, source.size), format: "tar")
      if magic == [0x1F, 0x8B] {
        try gunzip(source, limit: limit) { (bytes) throws(FormatError) in try writer.feed(bytes) }
      } else {
        var place = 0
        while place < source.size {
          let count = min(1 << 20, source.size - place)
          try writer.feed(try source.bytes(at: place, count: count, format: "tar")[...])
          place += count
        }
      }
      try writer.finish()
      do throws(SystemError) { try PosixFileSystem().rename(partial, to: directory) } catch {
        throw report(error, directory)
      }
      return writer.names
    } catch {
      try? manager.removeItem(atPath: partial)
      throw error.inFile(archive)
    }
  }

  /// Unpacks an archive beside what a directory holds already.
  ///
  /// The two archives of VOC 2007 fill one directory. The whole archive is unpacked and found right before
  /// the first file moves to its place; a file of the same name is replaced.
  ///
  /// - Parameters:
  ///   - archive: As for `unpack`.
  ///   - directory: Must exist.
  ///   - limit: The most bytes of all files.
  ///   - progress: As for `unpack`.
  /// - Returns: The names of the files, in order.
  /// - Throws: As `unpack`.
  @discardableResult public static func add(
    _ archive: String, to directory: String, limit: Int = 64 << 30,
    progress: @escaping (Int) -> Void = { _ in }
  ) throws(FormatError) -> [String] {
    let staging = directory + "/.unpacked"
    try? FileManager.default.removeItem(atPath: staging)
    let names = try unpack(archive, into: staging, limit: limit, progress: progress)
    let system = PosixFileSystem()
    for name in names {
      let target = directory + "/" + name
      if let slash = target.lastIndex(of: "/") { try create(directory: String(target[..<slash])) }
      do throws(SystemError) { try system.rename(staging + "/" + name, to: target) } catch {
        throw report(error, target)
      }
    }
    try? FileManager.default.removeItem(atPath: staging)
    return names
  }

  static func create(directory: String) throws(FormatError) {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw FormatError(
        .io, format: "tar", path: directory,
        "the directory cannot be made: \(error.localizedDescription)",
        remedy: "check that its parent exists and may be written")
    }
  }

  static func report(_ error: SystemError, _ path: String) -> FormatError {
    FormatError(
      .io, format: "tar", path: path, "\(error.operation) failed: \(Errno.text(error.code))",
      remedy: "check that there is room and that the directory may be written")
  }
}

/// Writes the entries of an archive as they come.
private final class EntryWriter {
  private let directory: String
  private let limit: Int
  private let progress: (Int) -> Void
  private let system = PosixFileSystem()
  private var reader = TarReader()
  private var file: (number: FileHandleNumber, path: String)?
  private var written = 0
  private var seen: Set<String> = []
  private(set) var names: [String] = []

  init(directory: String, limit: Int, progress: @escaping (Int) -> Void) {
    self.directory = directory
    self.limit = limit
    self.progress = progress
  }

  deinit { if let file { try? system.close(file.number) } }

  func feed(_ bytes: ArraySlice<UInt8>) throws(FormatError) {
    try reader.feed(bytes) { (event) throws(FormatError) in try handle(event) }
    progress(written)
  }

  func finish() throws(FormatError) { try reader.finish() }

  private func handle(_ event: TarReader.Event) throws(FormatError) {
    switch event {
    case .directory(let name): try ArchiveUnpacker.create(directory: directory + "/" + name)
    case .file(let name, let size):
      guard seen.insert(name.lowercased()).inserted else {
        throw FormatError(
          .duplicate, format: "tar", "the name \(FormatError.quoted(name)) comes twice")
      }
      guard size <= limit - written else {
        throw FormatError(
          .limitExceeded, format: "tar", "the files have more than \(limit) bytes")
      }
      let path = directory + "/" + name
      if let slash = path.lastIndex(of: "/") {
        try ArchiveUnpacker.create(directory: String(path[..<slash]))
      }
      do throws(SystemError) { file = (try system.create(path), path) } catch {
        throw ArchiveUnpacker.report(error, path)
      }
      names.append(name)
    case .content(let bytes):
      guard let file else { return }
      try write(Array(bytes), to: file.number, file.path)
      written += bytes.count
    case .end:
      guard let file else { return }
      self.file = nil
      do throws(SystemError) { try system.close(file.number) } catch {
        throw ArchiveUnpacker.report(error, file.path)
      }
    }
  }

  private func write(
    _ bytes: [UInt8], to number: FileHandleNumber, _ path: String
  ) throws(FormatError) {
    var start = 0
    while start < bytes.count {
      do throws(SystemError) {
        start += try system.write(number, bytes, start..<bytes.count)
      } catch {
        if error.code != Errno.interrupted { throw ArchiveUnpacker.report(error, path) }
      }
    }
  }
}
