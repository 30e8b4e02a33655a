// A row for every source file: what it is, where it comes from, what it serves, who tests it.
//
// Idea       The rows are made from the headers, so that a file without its story is a hole in a table. What a
//            floor is stands in docs/architecture.md and is taken from there.
// Result     docs/sources/index.md and docs/sources/<Target>.md
// Read       SourceHeader.swift, EquationIndex.swift ← this file → AnnotatedSource.swift
// Tests      Tests/DocumentationTests/SourceCatalogueTests.swift

import Foundation

/// The pages that list the sources.
public struct SourceCatalogue {
  private let repository: Repository
  private let index: EquationIndex

  public init(_ repository: Repository) throws {
    self.repository = repository
    index = try EquationIndex(repository)
  }

  /// The targets under Sources, lowest floor first, with their floor and what lives in them.
  public func targets() throws -> [(name: String, floor: String, content: String)] {
    let rows = tableRows(try repository.text("docs/architecture.md")).filter { $0.count == 4 }
    var targets: [(name: String, floor: String, content: String)] = []
    for row in rows {
      for name in pieces(of: row[1], from: "`", to: "`") { targets.append((name, row[0], row[2])) }
    }
    let folders = Set(repository.sources.map { $0.split(separator: "/")[1] }.map(String.init))
    let told = Set(targets.map(\.name))
    for folder in folders.sorted() where !told.contains(folder) {
      throw BookError(
        "docs/architecture.md", "the table of floors has no row for Sources/\(folder)",
        remedy: "add the target, its floor and what lives there")
    }
    return targets.filter { folders.contains($0.name) }
  }

  /// Every page of the catalogue, by its path.
  public func pages() throws -> [(path: String, text: String)] {
    let targets = try targets()
    var pages = [(path: "docs/sources/index.md", text: try overview(targets))]
    for target in targets {
      pages.append(("docs/sources/\(target.name).md", try page(target)))
    }
    return pages
  }

  private func files(of target: String) -> [String] {
    repository.sources.filter { $0.hasPrefix("Sources/\(target)/") }
  }

  private func overview(
    _ targets: [(name: String, floor: String, content: String)]
  ) throws -> String {
    var lines = [
      "# Every source file", "",
      "One page a target, one row a file, made from the files' own headers by `mvmr book update`;"
        + " which target may import which is told in [architecture.md](../architecture.md). The site"
        + " has a page for every file, prose and code in turns: `docs/site/build.sh`, or"
        + " `mvmr book sources --output DIR` for the Markdown alone.", "",
      "| floor | target | what lives there | files | lines |", "| --- | --- | --- | --- | --- |",
    ]
    var total = (files: 0, lines: 0)
    for target in targets {
      let files = files(of: target.name)
      let count = try files.reduce(0) { try $0 + repository.text($1).split(separator: "\n").count }
      total = (total.files + files.count, total.lines + count)
      let content = Self.moved(target.content)
      lines.append(
        "| \(target.floor) | [\(target.name)](\(target.name).md) | \(content) | \(files.count) "
          + "| \(rounded(count)) |")
    }
    lines.append("| | all | | \(total.files) | \(rounded(total.lines)) |")
    lines += ["", "Lines are those that are not empty, to the nearest hundred.", ""]
    return lines.joined(separator: "\n")
  }

  /// A cell of architecture.md, whose links are relative to docs.
  private static func moved(_ content: String) -> String {
    content.replacing("](", with: "](../").replacing("](../#", with: "](../architecture.md#")
  }

  /// To the nearest hundred, so that a small change is no change of the page.
  private func rounded(_ count: Int) -> String {
    let hundreds = max(1, (count + 50) / 100)
    return hundreds < 10 ? "\(hundreds)00" : "\(hundreds / 10),\(hundreds % 10)00"
  }

  private func page(_ target: (name: String, floor: String, content: String)) throws -> String {
    var lines = [
      "# \(target.name)", "",
      "Floor \(target.floor): \(Self.moved(target.content)).", "",
      "| file | what it is | from | equations | formula | tests |",
      "| --- | --- | --- | --- | --- | --- |",
    ]
    for file in files(of: target.name) { lines.append(try row(file, on: target.name)) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(_ file: String, on target: String) throws -> String {
    let header = SourceHeader(try repository.text(file))
    let name = file.dropFirst("Sources/\(target)/".count)
    let tests = header.files(in: "Tests", of: file, repository: repository).compactMap(\.path)
      .map { "[\($0.split(separator: "/").last ?? "")](../../\($0))" }
    let equations = index.equations(of: file)
    let formula = header.slots.first { $0.name == "Formula" }
    var shown = formula == nil ? "–" : "in the file"
    if let formula, formula.lines.count == 1, formula.text.count <= 70 {
      shown = "`\(formula.text.replacing("`", with: "'"))`"
    }
    let cells = [
      "[\(name)](../../\(file))", Self.markdown(header.idea),
      header.slot("Source").map(Self.markdown) ?? "–",
      equations.isEmpty ? "–" : "[\(equations)](../equations.md)", shown,
      tests.isEmpty ? "–" : tests.joined(separator: ", "),
    ]
    return "| " + cells.map(cell).joined(separator: " | ") + " |"
  }

  /// A comment's text as Markdown: what would be read as a tag, a formula or emphasis is not.
  static func markdown(_ comment: String) -> String {
    var parts = comment.components(separatedBy: "`")
    // An odd backtick is no code span.
    let spans = parts.count % 2 == 1
    for i in parts.indices where i % 2 == 0 || !spans {
      for mark in ["\\", "<", "$", "*"] {
        parts[i] = parts[i].replacing(mark, with: "\\" + mark)
      }
      parts[i] = parts[i].replacing("](", with: "]\\(")
    }
    return parts.joined(separator: "`")
  }
}
