// A source file as a page: its header as a list, its comments as prose, its code in between.
//
// Idea       Nothing is added: the page is the file, typeset. Comments before declarations become prose, and so
//            do longer ones inside them; a remark of a line or two stays in its code.
// Lines      Every block of code is preceded by the anchor L<line>, so that links to lines find it.
// Read       SourceHeader.swift, SwiftText.swift ← this file → Command/BookCommands.swift
// Tests      Tests/DocumentationTests/AnnotatedSourceTests.swift

import Foundation

/// The page of a source file.
public struct AnnotatedSource {
  public let path: String
  private let source: String
  private let repository: Repository
  private let equations: String

  /// The page of one file.
  ///
  /// - Parameters:
  ///   - path: The file, from the root.
  ///   - repository: Where it lies.
  ///   - index: Knows the equations it serves.
  /// - Throws: `BookError` if the file cannot be read.
  public init(_ path: String, in repository: Repository, index: EquationIndex) throws {
    self.path = path
    self.repository = repository
    source = try repository.text(path)
    equations = index.equations(of: path)
  }

  /// Where its page lies below the folder of the annotated sources: `Objectives/SEED.md`.
  public static func page(of path: String) -> String {
    String(path.dropFirst("Sources/".count).dropLast(".swift".count)) + ".md"
  }

  /// Writes the pages of all sources.
  ///
  /// - Parameters:
  ///   - repository: Whose sources.
  ///   - folder: Made if it is missing; files of the same names are replaced.
  /// - Returns: How many pages there are.
  /// - Throws: `BookError`, or what the file system says.
  public static func writeAll(of repository: Repository, to folder: String) throws -> Int {
    let index = try EquationIndex(repository)
    for path in repository.sources {
      let page = URL(filePath: folder).appending(path: Self.page(of: path))
      try FileManager.default.createDirectory(
        at: page.deletingLastPathComponent(), withIntermediateDirectories: true)
      let text = try AnnotatedSource(path, in: repository, index: index).markdown()
      try Data(text.utf8).write(to: page, options: .atomic)
    }
    return repository.sources.count
  }

  /// The page.
  public func markdown() -> String {
    let header = SourceHeader(source)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    var lines = ["# \(name)", "", "`\(path)`", "", SourceCatalogue.markdown(header.idea), ""]
    for slot in header.slots { lines += markdown(slot, of: header) }
    if !equations.isEmpty {
      let up = String(repeating: "../", count: path.split(separator: "/").count - 1)
      lines += ["**Equations** [\(equations)](\(up)equations.md)", ""]
    }
    return (lines + body(after: header.lineCount)).joined(separator: "\n") + "\n"
  }

  private func markdown(_ slot: SourceHeader.Slot, of header: SourceHeader) -> [String] {
    let title = slot.name.isEmpty ? "" : "**\(slot.name)** "
    if slot.name == "Read" || slot.name == "Tests" {
      var text = SourceCatalogue.markdown(slot.text)
      for (name, place) in header.files(in: slot.name, of: path, repository: repository) {
        guard let place else { continue }
        let up = String(repeating: "../", count: path.split(separator: "/").count)
        text = text.replacingOccurrences(
          of: SourceCatalogue.markdown(name), with: "[\(name)](\(up)\(place))",
          range: text.range(of: SourceCatalogue.markdown(name)))
      }
      return [title + text, ""]
    }
    // Columns are kept where there are some.
    let isAligned =
      ["Formula", "Shapes", "Layout", "Grammar"].contains(slot.name)
      || slot.lines.contains { $0.drop { $0 == " " }.contains("   ") || $0.hasPrefix("  ") }
    guard isAligned else { return [title + SourceCatalogue.markdown(slot.text), ""] }
    return [title, "", "```text"] + slot.lines + ["```", ""]
  }

  /// Code and prose in turns, from a line on.
  private func body(after first: Int) -> [String] {
    let text = SwiftText(source)
    var result: [String] = []
    var code: [String] = []
    var start = first
    func flush() {
      while code.first?.isEmpty == true {
        code.removeFirst()
        start += 1
      }
      while code.last?.isEmpty == true { code.removeLast() }
      guard !code.isEmpty else { return }
      result += ["<a id=\"L\(start + 1)\"></a>", "", "```swift"] + code + ["```", ""]
      code = []
    }
    var i = first
    while i < text.lines.count {
      var end = i
      while end < text.lines.count, text.isComment(line: end) { end += 1 }
      if end > i, isProse(text.lines[i..<end]) {
        flush()
        result += prose(text.lines[i..<end])
        start = end
        i = end
      } else {
        end = max(end, i + 1)
        code += text.lines[i..<end]
        i = end
      }
    }
    flush()
    return result
  }

  private func isProse(_ comment: ArraySlice<String>) -> Bool {
    guard let first = comment.first else { return false }
    if !first.hasPrefix(" ") || first.contains("// MARK: ") { return true }
    return comment.count >= (first.contains("///") ? 2 : 3)
  }

  /// A comment's lines as Markdown.
  private func prose(_ comment: ArraySlice<String>) -> [String] {
    var isInFence = false
    let lines = comment.map { line -> String in
      let trimmed = line.drop { $0 == " " }
      var text = trimmed.drop { $0 == "/" }
      if text.first == " " { text.removeFirst() }
      if text.hasPrefix("MARK: ") { return "## \(text.dropFirst(6))" }
      if text.hasPrefix("```") { isInFence.toggle() }
      if isInFence { return String(text) }
      let indentation = text.prefix { $0 == " " }
      return indentation + SourceCatalogue.markdown(String(text.dropFirst(indentation.count)))
    }
    return lines + [""]
  }
}
