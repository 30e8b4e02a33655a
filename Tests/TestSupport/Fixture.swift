// Fixtures: what independent implementations computed, as small JSON files.
//
// Layout     {"tensors": {name: {"shape": [...], "values": [...]}}, "texts": {name: [...]}}
// Made by    Tests/Reference/*.py
// Read       this file → Pattern.swift

import Foundation

/// The content of one file of Tests/Reference/fixtures.
public struct Fixture: Decodable, Sendable {
  /// Numbers with their shape, row-major.
  public struct Entry: Decodable, Sendable {
    public let shape: [Int]
    public let values: [Double]
  }

  /// A name that the file does not hold.
  public struct MissingEntry: Error, CustomStringConvertible {
    public let description: String
  }

  private let tensors: [String: Entry]
  private let texts: [String: [String]]

  /// Reads Tests/Reference/fixtures/`name`.json.
  public init(_ name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Reference/fixtures/\(name).json").standardizedFileURL
    self = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  /// A stored tensor.
  public subscript(_ name: String) -> Entry {
    get throws {
      guard let entry = tensors[name] else {
        throw MissingEntry(description: "the fixture has no tensor \"\(name)\"")
      }
      return entry
    }
  }

  /// The scalars of a stored tensor.
  public func values(_ name: String) throws -> [Double] { try self[name].values }

  /// Stored lines of text.
  public func text(_ name: String) throws -> [String] {
    guard let lines = texts[name] else {
      throw MissingEntry(description: "the fixture has no text \"\(name)\"")
    }
    return lines
  }

  /// Names of tensors that begin with a prefix.
  public func names(prefix: String) -> [String] {
    tensors.keys.filter { $0.hasPrefix(prefix) }.sorted()
  }
}
