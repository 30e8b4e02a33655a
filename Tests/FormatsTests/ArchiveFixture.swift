// Archives of Python's modules: Tests/Reference/archives.py.

import Foundation
import Testing

@testable import Formats

struct ArchiveFixture: Decodable, CustomTestStringConvertible {
  let name: String, file: Data
  let files: [String: Data]?
  let content: Data?
  let error: String?

  var testDescription: String { name }
  var bytes: [UInt8] { Array(file) }

  static let all: [ArchiveFixture] = {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Reference/fixtures/archives.json")
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? JSONDecoder().decode([ArchiveFixture].self, from: data)) ?? []
  }()
}
