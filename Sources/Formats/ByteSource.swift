// The bytes of a file, read in pieces, wherever they lie.
//
// Idea       Formats with a directory (zip, safetensors, PyTorch's) need a tensor here and a tensor
//            there, not the whole file. A source answers for ranges of bytes, each into its own array.
// Safety     Files are not memory-mapped: when another process shortens a mapped file, the next
//            access is a signal that cannot be caught. A read beyond the end is an error value.
// Read       FileSystem.swift ← this file → ByteReader.swift, ZipArchive.swift, WeightFile.swift
// Tests      Tests/FormatsTests/ByteSourceTests.swift

/// A file, or bytes in memory, with random access.
public final class ByteSource: Sendable {
  private enum Origin: Sendable {
    case memory([UInt8])
    case file(FileHandleNumber, PosixFileSystem)
  }

  private let origin: Origin
  /// Bytes in all, as the file was when it was opened.
  public let size: Int
  /// The file, as the caller named it; nil for bytes in memory.
  public let path: String?

  /// Bytes that are in memory.
  public init(_ bytes: [UInt8]) {
    origin = .memory(bytes)
    size = bytes.count
    path = nil
  }

  /// Opens a regular file; it is closed when nobody needs it any more.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The largest size to accept, in bytes.
  /// - Throws: `io` if it cannot be opened, `limitExceeded` if it is larger than `limit`.
  public init(path: String, limit: Int = 16 << 30) throws(FormatError) {
    let system = PosixFileSystem()
    do throws(SystemError) {
      let file = try system.open(path)
      origin = .file(file, system)
      size = try system.size(of: file)
    } catch {
      throw FormatError(
        .io, format: "file", path: path, "\(error.operation) failed: \(Errno.text(error.code))",
        remedy: error.code == Errno.noSuchFile ? "check the path" : "")
    }
    self.path = path
    if size > limit {
      throw FormatError(
        .limitExceeded, format: "file", path: path,
        "the file has \(size) bytes; the limit is \(limit)")
    }
  }

  deinit {
    if case .file(let file, let system) = origin { try? system.close(file) }
  }

  /// Exactly the bytes of a range.
  ///
  /// - Parameters:
  ///   - start: The first byte, from the start of the file.
  ///   - count: How many.
  ///   - format: The name of the format in messages.
  /// - Returns: `count` bytes.
  /// - Throws: `truncated` if the file does not have them; nothing is allocated before that is known.
  public func bytes(at start: Int, count: Int, format: String) throws(FormatError) -> [UInt8] {
    guard start >= 0, count >= 0, start <= size, count <= size - start else {
      throw FormatError(
        .truncated, format: format, path: path, at: .byte(max(0, start)),
        "\(count) bytes are needed; \(max(0, size - max(0, start))) follow",
        remedy: "the file was cut: copy it again or use another one")
    }
    switch origin {
    case .memory(let bytes): return Array(bytes[start..<(start + count)])
    case .file(let file, let system):
      let found: [UInt8]
      do throws(SystemError) {
        found = try system.read(file, at: start, count: count)
      } catch {
        throw FormatError(
          .io, format: format, path: path, at: .byte(start),
          "\(error.operation) failed: \(Errno.text(error.code))")
      }
      guard found.count == count else {
        throw FormatError(
          .truncated, format: format, path: path, at: .byte(start),
          "the file became shorter while it was read")
      }
      return found
    }
  }
}
