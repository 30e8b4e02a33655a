// The few operations a crash-safe writer needs, so that tests can stand in for the disk.
//
// Idea       DurableFile is written against this protocol. Production uses system calls
//            (PosixFileSystem); tests record every operation, fail any one of them, and rebuild
//            every disk a power cut could have left.
// Read       this file → DurableFile.swift

/// A system call that failed: its error number and its name.
public struct SystemError: Error, Hashable, Sendable {
  /// The `errno` of the call.
  public var code: Int32
  /// The call, as its manual page is named: `write`, `fsync`, `rename`.
  public var operation: String

  public init(code: Int32, operation: String) {
    self.code = code
    self.operation = operation
  }
}

/// An open file, as its file system numbers it.
public struct FileHandleNumber: Hashable, Sendable {
  public let number: Int32

  public init(_ number: Int32) { self.number = number }
}

/// Single steps, each of which may fail and each of which a crash may follow.
///
/// A step does what one system call does and no more: it does not retry, and `write` may write less
/// than asked. Loops and decisions belong to the caller, where they can be tested.
public protocol FileSystem {
  /// Opens an existing regular file for reading.
  func open(_ path: String) throws(SystemError) -> FileHandleNumber
  /// The size of an open file, in bytes.
  func size(of file: FileHandleNumber) throws(SystemError) -> Int
  /// The next bytes, at most `count` of them; none at the end of the file.
  func read(_ file: FileHandleNumber, count: Int) throws(SystemError) -> [UInt8]
  /// Creates a file of mode 0644 for writing; fails with EEXIST if the name is taken.
  func create(_ path: String) throws(SystemError) -> FileHandleNumber
  /// Reserves room on the disk so that a full disk is found before anything is replaced.
  func allocate(_ file: FileHandleNumber, byteCount: Int) throws(SystemError)
  /// Writes `bytes[range]` or a first part of it, and returns how many bytes it wrote.
  func write(
    _ file: FileHandleNumber, _ bytes: [UInt8], _ range: Range<Int>
  ) throws(SystemError) -> Int
  /// Forces the content of a file to the disk.
  func synchronize(_ file: FileHandleNumber) throws(SystemError)
  /// Closes a file; its number is free afterwards, whatever the answer.
  func close(_ file: FileHandleNumber) throws(SystemError)
  /// Gives an existing file a second name.
  func link(_ path: String, as name: String) throws(SystemError)
  /// Moves a name, replacing the target in one step.
  func rename(_ path: String, to target: String) throws(SystemError)
  /// Removes a name.
  func remove(_ path: String) throws(SystemError)
  /// Forces the names of a directory to the disk.
  func synchronizeDirectory(_ path: String) throws(SystemError)
  /// Takes the lock of a name for this process, or fails with EWOULDBLOCK; `close` returns it.
  func lock(_ path: String) throws(SystemError) -> FileHandleNumber
}

extension FileSystem {
  /// Reads exactly `count` bytes, or fewer if the file ends; interrupted calls are repeated.
  func readFully(_ file: FileHandleNumber, count: Int) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      do {
        let part = try read(file, count: count - bytes.count)
        if part.isEmpty { break }
        if bytes.isEmpty { bytes = part } else { bytes += part }
      } catch {
        if error.code != Errno.interrupted { throw error }
      }
    }
    return bytes
  }
}

extension FileSystem {
  /// Reads a whole file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The largest size to accept, in bytes.
  ///   - format: The name of the format in messages.
  /// - Returns: Its bytes.
  /// - Throws: `io`, `limitExceeded`, or `truncated` if the file shrinks meanwhile.
  public func readFile(
    _ path: String, limit: Int, format: String
  ) throws(FormatError) -> [UInt8] {
    let bytes: [UInt8]
    let expected: Int
    do throws(SystemError) {
      let file = try open(path)
      defer { try? close(file) }
      expected = try size(of: file)
      bytes = expected <= limit ? try readFully(file, count: expected) : []
    } catch {
      throw FormatError(
        .io, format: format, path: path, "\(error.operation) failed: \(Errno.text(error.code))",
        remedy: error.code == Errno.noSuchFile ? "check the path" : "")
    }
    if expected > limit {
      throw FormatError(
        .limitExceeded, format: format, path: path,
        "the file has \(expected) bytes; the limit is \(limit)")
    }
    if bytes.count < expected {
      throw FormatError(
        .truncated, format: format, path: path, "the file became shorter while it was read")
    }
    return bytes
  }
}
