import Foundation
import Testing

@testable import Formats

/// The bytes of a file below Tests/Reference/fixtures/formats.
func fixture(_ name: String) throws -> [UInt8] {
  let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return Array(
    try Data(contentsOf: tests.appending(path: "Reference/fixtures/formats/\(name)")))
}

/// The error a body throws, or nil if it throws none.
func formatError(_ body: () throws -> Void) -> FormatError? {
  do {
    try body()
    return nil
  } catch {
    return error as? FormatError
  }
}

/// A fresh directory that is removed when the body ends.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
  let url = FileManager.default.temporaryDirectory.appending(path: "formats-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  try body(url.path)
}

/// Numbers for mutations: the same on every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A copy of `bytes` with one to four bytes changed, cut out, repeated or inserted.
func mutated(_ bytes: [UInt8], by generator: inout SeededGenerator) -> [UInt8] {
  var bytes = bytes
  for _ in 0..<Int.random(in: 1...4, using: &generator) {
    let i = Int.random(in: 0...bytes.count, using: &generator)
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: if i < bytes.count { bytes[i] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
    case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: i)
    case 2: bytes.removeSubrange(i..<min(bytes.count, i + Int.random(in: 0...9, using: &generator)))
    case 3:
      let part = bytes[i..<min(bytes.count, i + Int.random(in: 0...30, using: &generator))]
      bytes.insert(contentsOf: part, at: i)
    default:
      let letters = Array("{}[]\",:#-'\\ \n\t09eE.x&".utf8)
      bytes.insert(letters[Int.random(in: 0..<letters.count, using: &generator)], at: i)
    }
  }
  return bytes
}
