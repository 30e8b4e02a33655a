// The production file system: one system call a method.
//
// Safety     The only file of this floor that hands memory to the system. Buffers are sized here
//            and counts are those of the arrays themselves.
// Tests      Tests/FormatsTests/DurableFileTests.swift

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The error numbers the writer tells apart.
enum Errno {
  static let interrupted = EINTR
  static let noSuchFile = ENOENT
  static let notSupported: Set<Int32> = [EOPNOTSUPP, ENOTSUP, EINVAL, ENOSYS]
  static let cannotLink: Set<Int32> = [EOPNOTSUPP, ENOTSUP, EPERM, EMLINK, ENOSYS]
  static let lockTaken = EWOULDBLOCK
  static let noSpace = ENOSPC
  static let notARegularFile = EISDIR

  /// The system's words for an error number.
  static func text(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

/// Files of the operating system.
public struct PosixFileSystem: FileSystem, Sendable {
  public init() {}

  public func open(_ path: String) throws(SystemError) -> FileHandleNumber {
    // O_NONBLOCK: opening a named pipe must not wait for its writer; it is refused just below.
    let file = FileHandleNumber(
      try check("open", posixOpen(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)))
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      try? close(file)
      throw SystemError(code: Errno.notARegularFile, operation: "open")
    }
    return file
  }

  public func size(of file: FileHandleNumber) throws(SystemError) -> Int {
    var status = stat()
    try check("fstat", unsafe fstat(file.number, &status))
    return Int(status.st_size)
  }

  public func read(_ file: FileHandleNumber, count: Int) throws(SystemError) -> [UInt8] {
    // One call reads at most 2 GiB on Linux and refuses more on macOS.
    let wanted = min(count, 1 << 30)
    var answer = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      answer = unsafe posixRead(file.number, buffer.baseAddress, wanted)
      filled = max(answer, 0)
    }
    if answer < 0 { throw SystemError(code: errno, operation: "read") }
    return bytes
  }

  /// The `count` bytes from `offset` on, fewer if the file ends; interrupted calls are repeated.
  func read(
    _ file: FileHandleNumber, at offset: Int, count: Int
  ) throws(SystemError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        // One call reads at most 2 GiB on Linux and refuses more on macOS.
        let wanted = min(count - filled, 1 << 30)
        let answer = unsafe pread(
          file.number, buffer.baseAddress.map { unsafe $0 + filled }, wanted,
          off_t(offset + filled))
        if answer < 0, errno == EINTR { continue }
        if answer < 0 { code = errno }
        if answer <= 0 { break }
        filled += answer
      }
    }
    if code != 0 { throw SystemError(code: code, operation: "pread") }
    return bytes
  }

  public func create(_ path: String) throws(SystemError) -> FileHandleNumber {
    FileHandleNumber(
      try check("open", posixOpen(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)))
  }

  public func allocate(_ file: FileHandleNumber, byteCount: Int) throws(SystemError) {
    #if canImport(Darwin)
      var request = fstore_t(
        fst_flags: UInt32(F_ALLOCATEALL), fst_posmode: F_PEOFPOSMODE, fst_offset: 0,
        fst_length: off_t(byteCount), fst_bytesalloc: 0)
      try check("fcntl", unsafe fcntl(file.number, F_PREALLOCATE, &request))
    #else
      let code = posix_fallocate(file.number, 0, off_t(byteCount))
      if code != 0 { throw SystemError(code: code, operation: "posix_fallocate") }
    #endif
  }

  public func write(
    _ file: FileHandleNumber, _ bytes: [UInt8], _ range: Range<Int>
  ) throws(SystemError) -> Int {
    let count = unsafe bytes[range].withUnsafeBytes { part in
      unsafe posixWrite(file.number, part.baseAddress, part.count)
    }
    if count < 0 { throw SystemError(code: errno, operation: "write") }
    return count
  }

  public func synchronize(_ file: FileHandleNumber) throws(SystemError) {
    #if canImport(Darwin)
      // fsync leaves the data in the drive's own memory on macOS; this does not.
      if fcntl(file.number, F_FULLFSYNC) == 0 { return }
    #endif
    try check("fsync", fsync(file.number))
  }

  public func close(_ file: FileHandleNumber) throws(SystemError) {
    try check("close", posixClose(file.number))
  }

  public func link(_ path: String, as name: String) throws(SystemError) {
    try check("link", posixLink(path, name))
  }

  public func rename(_ path: String, to target: String) throws(SystemError) {
    try check("rename", posixRename(path, target))
  }

  public func remove(_ path: String) throws(SystemError) {
    try check("unlink", unsafe unlink(path))
  }

  public func synchronizeDirectory(_ path: String) throws(SystemError) {
    let directory = FileHandleNumber(
      try check("open", posixOpen(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)))
    defer { try? close(directory) }
    try check("fsync", fsync(directory.number))
  }

  public func lock(_ path: String) throws(SystemError) -> FileHandleNumber {
    let file = FileHandleNumber(
      try check("open", posixOpen(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)))
    if flock(file.number, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      try? close(file)
      throw SystemError(code: code, operation: "flock")
    }
    return file
  }

  @discardableResult
  fileprivate func check(_ operation: String, _ answer: Int32) throws(SystemError) -> Int32 {
    if answer < 0 { throw SystemError(code: errno, operation: operation) }
    return answer
  }
}

// The methods above carry the names of the system calls; these free functions reach the calls.
private func posixOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
  unsafe open(path, flags, mode)
}
// Raw pointers because the system calls take them; each lives for the length of its call.
private func posixRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  unsafe read(file, buffer, count)
}
private func posixWrite(_ file: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(file, buffer, count)
}
private func posixClose(_ file: Int32) -> Int32 { close(file) }
private func posixLink(_ path: String, _ name: String) -> Int32 { unsafe link(path, name) }
private func posixRename(_ path: String, _ name: String) -> Int32 { unsafe rename(path, name) }

extension PosixFileSystem {
  /// Opens a file to write behind its end, creating it if needed.
  func openForAppending(_ path: String) throws(SystemError) -> FileHandleNumber {
    FileHandleNumber(
      try check("open", posixOpen(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)))
  }

  /// Cuts an open file to `byteCount` bytes.
  func truncate(_ file: FileHandleNumber, byteCount: Int) throws(SystemError) {
    try check("ftruncate", ftruncate(file.number, off_t(byteCount)))
  }
}
