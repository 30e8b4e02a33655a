import Foundation
import Testing

@testable import Formats

@Suite("Embedding store") struct EmbeddingStoreTests {
  let key = SHA256Digest("teacher")
  let width = 5

  func row(_ i: Int) -> (digest: [UInt8], vector: [Float]) {
    (SHA256Digest("image \(i)"), (0..<width).map { Float(i) + Float($0) / 8 })
  }

  func fill(_ directory: String, _ rows: Range<Int>) throws -> String {
    let store = try EmbeddingStore(directory: directory, key: key, width: width)
    for i in rows { try store.append([row(i)]) }
    return store.path
  }

  @Test("what was appended is found at once, and again after the file is opened anew")
  func roundTrip() throws {
    try withTemporaryDirectory { directory in
      let store = try EmbeddingStore(directory: directory, key: key, width: width)
      #expect(try store.vector(of: row(0).digest) == nil)
      try store.append((0..<3).map(row))
      try store.append([row(3)])
      for i in 0..<4 { #expect(try store.vector(of: row(i).digest) == row(i).vector) }
      #expect(try store.vector(of: row(4).digest) == nil && store.count == 4)
    }
    try withTemporaryDirectory { directory in
      _ = try fill(directory, 0..<4)
      let again = try EmbeddingStore(directory: directory, key: key, width: width)
      for i in 0..<4 { #expect(try again.vector(of: row(i).digest) == row(i).vector) }
      #expect(again.count == 4 && again.droppedByteCount == 0)
    }
  }

  @Test("a file cut at any byte gives whole vectors or none, and can be filled again")
  func cut() throws {
    try withTemporaryDirectory { directory in
      let whole = try Data(contentsOf: URL(filePath: try fill(directory, 0..<3)))
      for length in 0...whole.count {
        let other = "\(directory)/cut"
        try? FileManager.default.removeItem(atPath: other)
        let path = try fill(other, 0..<0)
        try whole.prefix(length).write(to: URL(filePath: path))
        let store = try EmbeddingStore(directory: other, key: key, width: width)
        let known = max(0, length - 64) / (36 + 4 * width)
        for i in 0..<3 {
          #expect(try store.vector(of: row(i).digest) == (i < known ? row(i).vector : nil))
        }
        try store.append((0..<3).map(row))
        for i in 0..<3 { #expect(try store.vector(of: row(i).digest) == row(i).vector) }
      }
    }
  }

  @Test("a vector with any damaged byte is not there, and its neighbours are")
  func damage() throws {
    try withTemporaryDirectory { directory in
      let path = try fill(directory, 0..<3)
      let whole = try Data(contentsOf: URL(filePath: path))
      let size = 36 + 4 * width
      for byte in 64 + size..<64 + 2 * size {
        var bytes = whole
        bytes[byte] ^= 0x10
        try bytes.write(to: URL(filePath: path))
        let store = try EmbeddingStore(directory: directory, key: key, width: width)
        #expect(try store.vector(of: row(0).digest) == row(0).vector)
        #expect(try store.vector(of: row(1).digest) == nil)
        #expect(try store.vector(of: row(2).digest) == row(2).vector)
      }
    }
  }

  @Test("another key is another file, and a foreign header is refused")
  func keys() throws {
    try withTemporaryDirectory { directory in
      let path = try fill(directory, 0..<2)
      let other = try EmbeddingStore(
        directory: directory, key: SHA256Digest("another"), width: width)
      #expect(other.path != path && other.count == 0)
      var bytes = try Data(contentsOf: URL(filePath: path))
      bytes[20] ^= 1
      try bytes.write(to: URL(filePath: path))
      let error = formatError {
        _ = try EmbeddingStore(directory: directory, key: key, width: width)
      }
      #expect(error?.kind == .malformed && error?.remedy.contains("remove the file") == true)
    }
  }

  @Test("a second run on one cache is told to wait")
  func locked() throws {
    try withTemporaryDirectory { directory in
      let first = try EmbeddingStore(directory: directory, key: key, width: width)
      let error = formatError {
        _ = try EmbeddingStore(directory: directory, key: key, width: width)
      }
      #expect(error?.remedy.contains("another run") == true && first.count == 0)
    }
  }
}

/// 32 bytes that stand for a text.
private func SHA256Digest(_ text: String) -> [UInt8] {
  var hash = SHA256()
  hash.update(Array(text.utf8))
  return hash.finished()
}
