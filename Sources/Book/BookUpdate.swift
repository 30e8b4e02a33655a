// Bringing the pages up to date: what is stale, and what it should say.
//
// Idea       One function finds every difference between the pages and what they quote, state, draw and list.
//            `mvmr book check` and the tests want there to be none; `mvmr book update` writes them. So the
//            command and the test cannot disagree, and a second update changes nothing.
// Read       Fact.swift ← this file → PageFilling.swift, Command/BookCommands.swift
// Tests      Tests/DocumentationTests/BookUpdateTests.swift

import Foundation

/// The differences between the pages and what they are made from.
public struct BookUpdate {
  /// A file that should be otherwise.
  public struct Change: Sendable {
    public let path: String
    public let bytes: [UInt8]
    /// What is new in it, a few words each.
    public let reasons: [String]
  }

  /// Files to be written.
  public private(set) var changes: [Change] = []
  /// What no program can mend.
  public internal(set) var problems: [BookError] = []

  let repository: Repository
  let facts: [String: Fact]
  let passages: [String: Passage]
  let terminal: Terminal?
  let onlyQuick: Bool
  var values: [String: String] = [:]
  var sources: [String: String] = [:]

  /// Compares.
  ///
  /// - Parameters:
  ///   - repository: The clone.
  ///   - facts: What pages may state.
  ///   - figures: What they may show.
  ///   - passages: What they may list.
  ///   - terminal: Runs the commands whose output they show; without it such passages are problems.
  ///   - onlyQuick: Whether slow facts and figures are taken to be right.
  ///   - pages: The pages to look at; nil for all, with the figures and the catalogue of sources.
  public init(
    _ repository: Repository, facts: [Fact] = Fact.all, figures: [Figure] = Figure.all,
    passages: [Passage] = Passage.all, terminal: Terminal? = nil, onlyQuick: Bool = false,
    pages: [String]? = nil
  ) {
    self.repository = repository
    self.facts = Dictionary(facts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.passages = Dictionary(
      passages.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.terminal = terminal
    self.onlyQuick = onlyQuick
    for names in [facts.map(\.name), passages.map(\.name), figures.map(\.name)] {
      for name in Set(names).sorted() where names.count(where: { $0 == name }) > 1 {
        problems.append(
          BookError("Sources/Book", "\(name) is registered twice", remedy: "rename one of them"))
      }
    }
    if pages == nil { catalogue() }
    let generated = Set(changes.map(\.path))
    for page in pages ?? repository.pages where !generated.contains(page) { update(page) }
    if pages == nil { draw(figures) }
  }

  /// Writes every change, each file as a whole.
  public func write() throws {
    for change in changes {
      let url = URL(filePath: "\(repository.root)/\(change.path)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(change.bytes).write(to: url, options: .atomic)
    }
  }

  // MARK: Pages

  private mutating func update(_ path: String) {
    do {
      var page = MarkdownPage(try repository.text(path))
      let before = page.lines
      var reasons: [String] = []
      try fillPassages(&page, path, &reasons)
      fillQuotations(&page, path, &reasons)
      let isProse = page.isProse
      for i in page.lines.indices where isProse[i] {
        page.lines[i] = filledFacts(page.lines[i], path, i + 1, &reasons)
        page.lines[i] = currentLinks(page.lines[i], path, i + 1, &reasons)
      }
      if page.lines != before {
        changes.append(Change(path: path, bytes: Array(page.text.utf8), reasons: reasons))
      }
    } catch let error as BookError {
      problems.append(error)
    } catch {
      problems.append(BookError(path, "\(error)", remedy: "see the message"))
    }
  }

  // MARK: Files that are generated as a whole

  private mutating func catalogue() {
    do {
      for (path, text) in try SourceCatalogue(repository).pages() {
        let bytes = Array(text.utf8)
        if repository.bytes(path) != bytes {
          changes.append(Change(path: path, bytes: bytes, reasons: ["rows of the sources"]))
        }
      }
    } catch let error as BookError {
      problems.append(error)
    } catch {
      problems.append(BookError("docs/sources", "\(error)", remedy: "see the message"))
    }
  }

  private mutating func draw(_ figures: [Figure]) {
    for figure in figures where figure.isQuick || !onlyQuick {
      do {
        let bytes = try figure.draw()
        if bytes.count > 150_000 {
          problems.append(
            BookError(
              figure.path, "\(bytes.count) bytes are too many",
              remedy: "draw it smaller than 150 kB"))
        }
        if repository.bytes(figure.path) != bytes {
          changes.append(Change(path: figure.path, bytes: bytes, reasons: ["drawn anew"]))
        }
      } catch {
        problems.append(BookError(figure.path, "\(error)", remedy: "see the message"))
      }
    }
    let known = Set(figures.map(\.path))
    for path in repository.files(below: "docs/images/book", ending: ".png")
    where !known.contains(path) {
      problems.append(
        BookError(
          path, "no figure is registered for this file", remedy: "register it, or delete it"))
    }
  }
}
