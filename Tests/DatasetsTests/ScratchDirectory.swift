// What these tests share: a directory that goes with the value, and a pixel as an array.

import Foundation
import Images

final class ScratchDirectory: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mvmr-datasets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file inside.
  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file, making its directory where needed.
  func write(_ bytes: [UInt8], to name: String) throws {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  /// The names inside, sorted.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

extension Image {
  /// The three channels of a pixel.
  func pixel(_ row: Int, _ column: Int) -> [UInt8] {
    let (red, green, blue) = self[row: row, column: column]
    return [red, green, blue]
  }
}
