// The page that leads from equations to code, read as data.
//
// Idea       docs/equations.md is written by hand, since only a reader knows which line an equation is. What can
//            be derived from it is: the equations of a source file, and how far a line is from README.md.
// Words      What a reader passes who reads everything above a link; at four words a second, in seconds.
// Read       MarkdownPage.swift ← this file → SourceCatalogue.swift, Registry.swift
// Tests      Tests/DocumentationTests/EquationIndexTests.swift

import Foundation

/// The rows of docs/equations.md.
public struct EquationIndex {
  public static let path = "docs/equations.md"

  /// One row: an equation or formula and where it lives.
  public struct Row {
    /// Counted from 1.
    public let line: Int
    public let cells: [String]
    /// The files under Sources it links to.
    public let sources: [String]

    /// `(2)`, `SEED`, `scattering`.
    public var equation: String { cells[0] }
    /// A row of symbol, derivation, tests and notebook.
    public var isFormula: Bool { cells.count == 6 && cells[2] != "symbol" }
  }

  public let rows: [Row]
  private let repository: Repository

  public init(_ repository: Repository) throws {
    self.repository = repository
    rows = MarkdownPage(try repository.text(Self.path)).rows.map { line, cells in
      let targets = pieces(of: cells.joined(separator: " "), from: "](", to: ")")
      let files = targets.map { target in
        Repository.resolved(String(target.prefix { $0 != "#" }), from: "docs")
      }
      return Row(line: line, cells: cells, sources: files.filter { $0.hasPrefix("Sources/") })
    }
  }

  /// What a source file serves, as the page says it; empty for none.
  public func equations(of source: String) -> String {
    let rows = rows.filter { $0.sources.contains(source) }
    // The page's last table says it in words.
    if let said = rows.first(where: { $0.cells.count == 2 }) { return said.cells[1] }
    var names: [String] = []
    for row in rows where row.isFormula && !names.contains(row.equation) {
      names.append(row.equation)
    }
    return names.joined(separator: ", ")
  }

  /// How a reader of README.md comes to an equation's line.
  public struct Hunt: Hashable, Sendable {
    public let equation: Int
    /// The pages that are opened, README.md first.
    public let pages: [String]
    /// Where the last click leads.
    public let target: String
    /// What stands above the links that are clicked.
    public let words: Int

    /// One for each page that is opened, and one for the code.
    public var clicks: Int { pages.count }
  }

  /// The shortest way to each of the fourteen equations; none for an equation that no link leads to.
  public func hunts() throws -> [Hunt] {
    guard let way = try way(to: Self.path) else { return [] }
    let page = MarkdownPage(try repository.text(Self.path))
    return try (1...14).compactMap { n -> Hunt? in
      // The first link on the page that a reader knows to be this equation's.
      let isOf = { (line: String) in line.hasPrefix("(\(n)) [") || line.hasPrefix("| (\(n)) |") }
      guard
        let link = page.links.first(where: {
          $0.target.contains(".swift#L") && isOf(page.lines[$0.line - 1])
        })
      else { return nil }
      var passed = Self.words(in: page, above: link.line)
      for (page, next) in zip(way, way.dropFirst()) {
        let text = MarkdownPage(try repository.text(page))
        let link = text.links.first { resolved($0, on: page) == next }
        passed += Self.words(in: text, above: link?.line ?? 0)
      }
      return Hunt(equation: n, pages: way, target: resolved(link, on: Self.path), words: passed)
    }
  }

  /// The fewest pages from README.md to a page, both included.
  private func way(to page: String) throws -> [String]? {
    var ways = [["README.md"]]
    var seen: Set = ["README.md"]
    while !ways.isEmpty {
      var longer: [[String]] = []
      for way in ways {
        let last = way[way.count - 1]
        if last == page { return way }
        for link in MarkdownPage(try repository.text(last)).links {
          let next = resolved(link, on: last)
          guard next.hasSuffix(".md"), repository.exists(next), seen.insert(next).inserted else {
            continue
          }
          longer.append(way + [next])
        }
      }
      ways = longer
    }
    return nil
  }

  private func resolved(_ link: MarkdownPage.Link, on page: String) -> String {
    Repository.resolved(link.path, from: Repository.folder(of: page))
  }

  private static func words(in page: MarkdownPage, above line: Int) -> Int {
    page.lines.prefix(max(0, line - 1)).reduce(0) { $0 + $1.split(separator: " ").count }
  }

  /// A link for each equation, for the top of the page.
  static func jumps(_ repository: Repository) throws -> [String] {
    let index = try EquationIndex(repository)
    let jumps = (1...14).compactMap { n -> String? in
      guard let row = index.rows.first(where: { $0.equation == "(\(n))" && $0.isFormula }),
        let open = row.cells[2].range(of: "["), let middle = row.cells[2].range(of: "]("),
        let close = row.cells[2][middle.upperBound...].firstIndex(of: ")")
      else { return nil }
      return "(\(n)) \(row.cells[2][open.lowerBound...close])\(n < 14 ? " ·" : "")"
    }
    return jumps
  }

  /// The ways as a table.
  static func huntTable(_ repository: Repository) throws -> [String] {
    let hunts = try EquationIndex(repository).hunts()
    return [
      "| eq. | pages opened | clicks | words above the links | seconds to read them |",
      "| --- | --- | --- | --- | --- |",
    ]
      + hunts.map {
        "| (\($0.equation)) | \($0.pages.joined(separator: " → ")) → \($0.target) | \($0.clicks) "
          + "| \($0.words) | \(($0.words + 3) / 4) |"
      }
  }
}
