// Writing a file so that no crash, full disk or power cut can take the old one away.
//
// Idea       Write a temporary sibling, force it to the disk, give the old file a second name, and
//            move the new one over it. At every moment a complete old or a complete new file is
//            there, under the name or under `<name>.prev`.
// Source     The order of steps follows what rename and fsync promise (POSIX.1-2017); after a failed
//            fsync the kernel may have dropped the data, so it is never tried twice.
// Read       FileSystem.swift ← this file → SafeTensors.swift
// Tests      Tests/FormatsTests/DurableFileTests.swift, SimulatedDisk.swift

/// A file name that is always replaced as a whole.
///
/// Beside `name` there may be `name.prev`, the version before; `.name.tmp`, left by a crash and
/// removed by the next write; and the empty `.name.lock`.
public struct DurableFile<System: FileSystem> {
  public let path: String
  public let system: System

  private let directory: String
  private let temporary: String
  private let temporaryPrevious: String
  private let lockPath: String

  public init(_ path: String, through system: System) {
    self.path = path
    self.system = system
    let slash = path.lastIndex(of: "/")
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    let prefix = slash.map { path[...$0] } ?? ""
    directory = prefix.isEmpty ? "." : String(prefix)
    // Fixed names, without a process id: a run that is killed again and again leaves one orphan,
    // not one a kill. The lock makes the fixed name safe.
    temporary = prefix + ".\(name).tmp"
    temporaryPrevious = prefix + ".\(name).prev.tmp"
    lockPath = prefix + ".\(name).lock"
  }

  /// The version before the current one.
  public var previousPath: String { path + ".prev" }

  /// Replaces the file.
  ///
  /// When this returns, the new content survives a power cut. When it throws, the file that was
  /// there before is still there, and no temporary file is left.
  ///
  /// - Parameters:
  ///   - parts: The content; the parts follow one another without a gap.
  ///   - keepsPrevious: Whether the current file stays as `<name>.prev`.
  ///   - verifies: Whether the file is read back and compared before it replaces the current one.
  /// - Throws: `io`, naming the step; `checksum` if the read-back differs.
  public func write(
    _ parts: [[UInt8]], keepsPrevious: Bool = true, verifies: Bool = false
  ) throws(FormatError) {
    let lock = try step(lockRemedy) { () throws(SystemError) in try system.lock(lockPath) }
    defer { try? system.close(lock) }
    do {
      try removeIfPresent(temporary)
      try writeTemporary(parts)
      if verifies { try compareTemporary(with: parts) }
      if keepsPrevious { try rotate() }
      try step { () throws(SystemError) in try system.rename(temporary, to: path) }
    } catch {
      // Best effort: the error above is the one to report.
      try? system.remove(temporary)
      try? system.remove(temporaryPrevious)
      throw error
    }
    try step { () throws(SystemError) in try system.synchronizeDirectory(directory) }
  }

  private func writeTemporary(_ parts: [[UInt8]]) throws(FormatError) {
    let file = try step { () throws(SystemError) in try system.create(temporary) }
    var isOpen = true
    defer { if isOpen { try? system.close(file) } }

    let byteCount = parts.reduce(0) { $0 + $1.count }
    if byteCount > 0 { try allocate(file, byteCount) }
    for part in parts { try write(part, to: file) }
    try step { () throws(SystemError) in try system.synchronize(file) }
    isOpen = false
    try step { () throws(SystemError) in
      do throws(SystemError) { try system.close(file) } catch {
        // The number is released even if a signal came in between, and the data is on the disk.
        if error.code != Errno.interrupted { throw error }
      }
    }
  }

  private func allocate(_ file: FileHandleNumber, _ byteCount: Int) throws(FormatError) {
    try step { () throws(SystemError) in
      while true {
        do throws(SystemError) {
          return try system.allocate(file, byteCount: byteCount)
        } catch {
          if error.code == Errno.interrupted { continue }
          // Not every file system can reserve; then a full disk shows while writing.
          if Errno.notSupported.contains(error.code) { return }
          throw error
        }
      }
    }
  }

  private func write(_ bytes: [UInt8], to file: FileHandleNumber) throws(FormatError) {
    var start = 0
    while start < bytes.count {
      let end = min(start + 1 << 20, bytes.count)
      start += try step { () throws(SystemError) in
        do throws(SystemError) {
          let written = try system.write(file, bytes, start..<end)
          // No progress and no reason would be an endless loop.
          if written <= 0 { throw SystemError(code: Errno.noSpace, operation: "write") }
          return written
        } catch {
          if error.code == Errno.interrupted { return 0 }
          throw error
        }
      }
    }
  }

  private func compareTemporary(with parts: [[UInt8]]) throws(FormatError) {
    let file = try step { () throws(SystemError) in try system.open(temporary) }
    defer { try? system.close(file) }
    for part in parts {
      var start = 0
      while start < part.count {
        let count = min(1 << 20, part.count - start)
        let found = try step { () throws(SystemError) in
          try system.readFully(file, count: count)
        }
        guard found[...] == part[start..<(start + count)] else {
          throw FormatError(
            .checksum, format: "file", path: path,
            "what was read back differs from what was written; the old file is kept",
            remedy: "check the disk, then write to another one")
        }
        start += count
      }
    }
  }

  /// Gives the current file the name `<name>.prev`, without a moment in which it has no name.
  private func rotate() throws(FormatError) {
    try removeIfPresent(temporaryPrevious)
    do {
      try system.link(path, as: temporaryPrevious)
    } catch {
      if error.code == Errno.noSuchFile { return }  // the first version of this file
      if !Errno.cannotLink.contains(error.code) { throw report(error) }
      // Without hard links the old file moves aside first; until the new one has its name, the
      // load below finds the old one under `<name>.prev`.
      return try step { () throws(SystemError) in try system.rename(path, to: previousPath) }
    }
    try step { () throws(SystemError) in
      try system.rename(temporaryPrevious, to: previousPath)
    }
    // If both names already were one file, rename does nothing and leaves the first in place.
    try removeIfPresent(temporaryPrevious)
  }

  private func removeIfPresent(_ name: String) throws(FormatError) {
    try step { () throws(SystemError) in
      do throws(SystemError) { try system.remove(name) } catch {
        if error.code != Errno.noSuchFile { throw error }
      }
    }
  }

  private var lockRemedy: String { "wait until the other run that writes this file has ended" }

  private func step<Answer>(
    _ lockRemedy: String = "", _ body: () throws(SystemError) -> Answer
  ) throws(FormatError) -> Answer {
    do { return try body() } catch { throw report(error, lockRemedy) }
  }

  private func report(_ error: SystemError, _ lockRemedy: String = "") -> FormatError {
    var remedy = "check that the directory exists, is writable and has room"
    if error.code == Errno.lockTaken, !lockRemedy.isEmpty { remedy = lockRemedy }
    return FormatError(
      .io, format: "file", path: path,
      "\(error.operation) failed: \(Errno.text(error.code)); an older file is kept",
      remedy: remedy)
  }
}

/// What `DurableFile.load` found.
public struct LoadedFile<Content> {
  public var content: Content
  /// The file it came from: the name itself or its `.prev`.
  public var path: String
  /// Why the newer file was passed over; nil when the newest was used.
  ///
  /// Worth a line in the log.
  public var passedOver: FormatError?
}

extension DurableFile {
  /// Reads the file, or the version before it if the file is missing or damaged.
  ///
  /// After a load that passed over a damaged file, write with `keepsPrevious: false` once, so that
  /// the damaged file does not take the place of the good previous one.
  ///
  /// - Parameter read: Reads and checks one path.
  /// - Returns: The content, and why an older version had to do.
  /// - Throws: One error with both reasons; nothing is ever started from scratch silently.
  public func load<Content>(
    _ read: (String) throws(FormatError) -> Content
  ) throws(FormatError) -> LoadedFile<Content> {
    let first: FormatError
    do {
      return LoadedFile(content: try read(path), path: path)
    } catch { first = error }
    do {
      return LoadedFile(content: try read(previousPath), path: previousPath, passedOver: first)
    } catch {
      throw FormatError(
        first.kind, format: first.format, path: path,
        "neither the file nor its previous version can be read: (1) \(first); (2) \(error)",
        remedy: "restore one of the two from a backup, or start a new run elsewhere")
    }
  }
}

extension DurableFile where System == PosixFileSystem {
  public init(_ path: String) { self.init(path, through: PosixFileSystem()) }
}
