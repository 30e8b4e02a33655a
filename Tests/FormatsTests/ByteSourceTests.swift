import Foundation
import Testing

@testable import Formats

@Suite("Byte sources") struct ByteSourceTests {
  @Test("ranges come from files and memory alike, and never from beyond the end")
  func ranges() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/file"
      let bytes = (0..<100).map { UInt8($0) }
      try Data(bytes).write(to: URL(filePath: path))
      for source in [try ByteSource(path: path), ByteSource(bytes)] {
        #expect(source.size == 100)
        #expect(try source.bytes(at: 10, count: 5, format: "x") == [10, 11, 12, 13, 14])
        #expect(try source.bytes(at: 100, count: 0, format: "x") == [])
        for (start, count) in [
          (100, 1), (0, 101), (-1, 1), (0, -1), (Int.max, Int.max), (50, Int.max),
        ] {
          #expect(
            formatError { _ = try source.bytes(at: start, count: count, format: "x") }?.kind
              == .truncated)
        }
      }
    }
  }

  @Test("a file that shrinks, a folder and a missing file are errors with a path")
  func files() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/file"
      try Data(count: 100).write(to: URL(filePath: path))
      let source = try ByteSource(path: path)
      let handle = try FileHandle(forWritingTo: URL(filePath: path))
      try handle.truncate(atOffset: 10)
      try handle.close()
      #expect(
        formatError { _ = try source.bytes(at: 0, count: 50, format: "x") }?.kind == .truncated)
      #expect(formatError { _ = try ByteSource(path: directory) }?.kind == .io)
      let missing = formatError { _ = try ByteSource(path: "\(directory)/none") }
      #expect(missing?.kind == .io && missing?.path?.hasSuffix("none") == true)
      #expect(formatError { _ = try ByteSource(path: path, limit: 9) }?.kind == .limitExceeded)
    }
  }

  @Test("numbers are little-endian, and every read is checked")
  func reader() throws {
    var reader = ByteReader([1, 2, 0, 0, 0, 0x80, 0x68, 0x69, 0xFF], format: "x", base: 40)
    #expect(try reader.byte() == 1)
    #expect(try reader.number(UInt16.self) == 2)
    #expect(try reader.number(Int16.self) == 0)
    #expect(try reader.number(Int8.self) == -128)
    #expect(try reader.text(2) == "hi")
    #expect(formatError { _ = try reader.text(1) }?.place == .byte(48))
    #expect(formatError { _ = try reader.number(UInt32.self) }?.kind == .truncated)
    var large = ByteReader([UInt8](repeating: 0xFF, count: 8), format: "x")
    #expect(formatError { _ = try large.count(UInt64.self) }?.kind == .limitExceeded)
  }
}
