// Code that a page quotes: named in the page, taken from the source.
//
// Format     ```swift path=Sources/Objectives/DistanceCorrelation.swift#distanceCovarianceSquared
//            The name behind # is a region between `// docs: region name` and `// docs: end name`, or
//            a declaration: `name`, `Type.name`, or with labels `name(_:_:numerics:)` where several share it.
// Result     The declaration from its attributes to its closing brace, without its doc comment, moved to
//            the margin.
// Read       Declaration.swift ← this file → BookUpdate.swift
// Tests      Tests/DocumentationTests/QuotationTests.swift

import Foundation

/// A place in a source file, as a page names it.
public struct Quotation: Hashable, Sendable {
  public let path: String
  public let name: String

  /// What the first line of a fence asks for, or nil if it asks for nothing.
  ///
  /// - Parameters:
  ///   - fence: The line: a mark, a language, and `path=FILE#name`.
  ///   - page: For messages.
  ///   - line: Likewise.
  /// - Throws: `BookError` if it names a file but no place in it.
  public init?(fence: String, page: String, line: Int) throws {
    guard fence.drop(while: { $0 == " " }).hasPrefix("```"),
      let word = fence.split(separator: " ").first(where: { $0.hasPrefix("path=") })
    else { return nil }
    let parts = word.dropFirst(5).split(separator: "#", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw BookError(
        page, line: line, "a whole file is quoted: \(word)",
        remedy: "name a declaration or a region of it: path=FILE#name")
    }
    (path, name) = (parts[0], parts[1])
  }

  /// The quoted lines.
  ///
  /// - Parameter source: The text of the file at `path`.
  /// - Returns: At least one line, outdented.
  /// - Throws: `BookError` if the name is not there, or means several things.
  public func lines(in source: String) throws -> [String] {
    let all = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let region = try region(in: all) { return outdented(region) }
    let declaration = try declaration(in: SwiftText(source), mayBeFirst: false)
    return outdented(Array(all[declaration.lines]))
  }

  /// The line of the first thing that is called so, or of a comment: `// L₂, eq. (8)`.
  ///
  /// - Parameter source: The text of the file at `path`.
  /// - Returns: Counted from 1.
  /// - Throws: `BookError` if the name is not there.
  public func line(in source: String) throws -> Int {
    if name.hasPrefix("// ") {
      let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
      if let i = lines.firstIndex(where: { $0.drop { $0 == " " } == name }) { return i + 1 }
    }
    return try declaration(in: SwiftText(source), mayBeFirst: true).line + 1
  }

  init(path: String, name: String) { (self.path, self.name) = (path, name) }

  /// What stands between the marks of a region, or nil if there are none.
  private func region(in lines: [String]) throws -> [String]? {
    func marks(_ words: String) -> [Int] {
      lines.indices.filter { i in
        let line = lines[i].trimmingCharacters(in: .whitespaces)
        return line == "// docs: \(words) \(name)" || line == "# docs: \(words) \(name)"
      }
    }
    let (starts, ends) = (marks("region"), marks("end"))
    if starts.isEmpty && ends.isEmpty { return nil }
    guard starts.count == 1, ends.count == 1, ends[0] > starts[0] + 1 else {
      throw BookError(
        path, line: (starts + ends)[0] + 1,
        "the region \(name) is not marked once, from a line to a line",
        remedy: "write `docs: region \(name)` before it and `docs: end \(name)` behind it")
    }
    return lines[(starts[0] + 1)..<ends[0]].filter {
      // Other regions may begin or end inside.
      !$0.trimmingCharacters(in: .whitespaces).hasPrefix("// docs: ")
    }
  }

  private func declaration(in text: SwiftText, mayBeFirst: Bool) throws -> Declaration {
    let named = text.declarations().filter { $0.isNamed(name) }
    // What is local, and extensions of a type that is declared here, are second choices.
    var candidates = named.filter { !$0.isLocal }
    if candidates.isEmpty { candidates = named }
    let types = candidates.filter { $0.keyword != "extension" }
    if !types.isEmpty { candidates = types }
    guard let first = candidates.first else {
      throw BookError(
        path, "nothing is called \(name) there",
        remedy: "quote what it is called today, or mark a region of that name")
    }
    if candidates.count > 1 && !mayBeFirst {
      let names = candidates.map {
        "\(($0.types + [$0.fullName]).joined(separator: ".")) (line \($0.line + 1))"
      }
      throw BookError(
        path, "\(name) may be \(names.joined(separator: " or "))",
        remedy: "name one with its type or its labels, or mark a region")
    }
    return first
  }

  private func outdented(_ lines: [String]) -> [String] {
    let margin = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    var lines = lines.map { String($0.dropFirst(margin)) }
    while lines.last?.isEmpty == true { lines.removeLast() }
    while lines.first?.isEmpty == true { lines.removeFirst() }
    return lines
  }
}
