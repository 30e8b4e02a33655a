// A file as memory: its pages are read when they are touched, and the system may drop them again.
//
// Use        EmbeddingStore.swift alone, for files that this program wrote, holds the lock of, and never makes
//            shorter while they are mapped. Files of other people are read by ByteSource.swift: when a mapped
//            file becomes shorter, the next access is a signal that cannot be caught.
// Read       PosixFileSystem.swift ← this file → EmbeddingStore.swift
// Tests      Tests/FormatsTests/EmbeddingStoreTests.swift

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The first bytes of an open file, mapped for reading.
@safe final class MappedFile {
  /// Bytes that are mapped.
  let byteCount: Int
  private let start: UnsafeMutableRawPointer?

  /// Maps a file.
  ///
  /// - Parameters:
  ///   - file: Open for reading.
  ///   - byteCount: How many bytes; at most the file's size.
  /// - Throws: `SystemError`.
  init(_ file: FileHandleNumber, byteCount: Int) throws(SystemError) {
    self.byteCount = byteCount
    guard byteCount > 0 else {
      unsafe start = nil
      return
    }
    let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, file.number, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw SystemError(code: errno, operation: "mmap")
    }
    unsafe start = address
  }

  deinit {
    if let start = unsafe start { _ = unsafe munmap(start, byteCount) }
  }

  /// A copy of some bytes; none where they are not mapped.
  func bytes(_ range: Range<Int>) -> [UInt8] {
    guard let start = unsafe start, range.lowerBound >= 0, range.upperBound <= byteCount else {
      return []
    }
    // The range lies in the mapping, which lives as long as this object.
    return unsafe [UInt8](
      UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count))
  }
}
