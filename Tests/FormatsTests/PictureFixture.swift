// Pictures and what Pillow reads from them: Tests/Reference/pictures.py.

import Formats
import Foundation
import Testing

struct PictureFixture: Decodable, CustomTestStringConvertible {
  let name: String, width: Int, height: Int, digest: String, file: Data

  var testDescription: String { name }
  var bytes: [UInt8] { Array(file) }

  static func load() -> [PictureFixture] {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Reference/fixtures/pictures.json")
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? JSONDecoder().decode([PictureFixture].self, from: data)) ?? []
  }

  static let all = load()
  static let jpegs = all.filter { !$0.name.hasPrefix("PNG") }
  static let pngs = all.filter { $0.name.hasPrefix("PNG") }

  static func named(_ name: String) throws -> PictureFixture {
    try #require(all.first { $0.name.hasPrefix(name) }, "no fixture \(name)")
  }
}
