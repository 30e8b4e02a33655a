import Book
import Foundation
import Testing

/// A clone in miniature.
private final class Clone {
  let repository: Repository

  init(_ files: [String: String]) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "book-\(UUID().uuidString)")
    repository = Repository(root: url.path)
    for (path, text) in files.sorted(by: { $0.key < $1.key }) { try write(text, to: path) }
  }

  deinit { try? FileManager.default.removeItem(atPath: repository.root) }

  func write(_ text: String, to path: String) throws {
    let url = URL(filePath: "\(repository.root)/\(path)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  func update(
    facts: [Fact] = [], passages: [Passage] = [], onlyQuick: Bool = false, write: Bool = true
  ) throws -> BookUpdate {
    let update = BookUpdate(
      repository, facts: facts, figures: [], passages: passages, onlyQuick: onlyQuick,
      pages: ["docs/page.md"])
    if write { try update.write() }
    return update
  }
}

@Suite("Bringing the book up to date") struct BookUpdateTests {
  private static let source = "// A.\n\n/// Adds.\nfunc add(_ a: Int) -> Int {\n  a + 1\n}\n"
  private static let page = """
    # Page

    Half is <!-- fact: half -->0.4<!-- /fact -->, `<!-- fact: half -->` in code is not.

    - In a list:

      ```swift path=Sources/A/A.swift#add
      old
      ```

    See [`add`](../Sources/A/A.swift#L1).

    <!-- passage: list -->
    <!-- /passage -->

    ```text
    <!-- fact: half -->stays<!-- /fact -->
    ```

    """

  private func clone() throws -> Clone {
    try Clone(["Sources/A/A.swift": Self.source, "docs/page.md": Self.page])
  }
  private let half = Fact(name: "half") { "0.5" }
  private let list = Passage(name: "list") { _ in ["| a |", "| --- |"] }

  @Test("facts, quotes, passages and lines are filled; a second update changes nothing")
  func filled() throws {
    let clone = try clone()
    let first = try clone.update(facts: [half], passages: [list])
    #expect(first.problems.isEmpty)
    #expect(first.changes.first?.reasons.count == 4)
    let expected = Self.page
      .replacingOccurrences(of: "0.4<", with: "0.5<")
      .replacingOccurrences(
        of: "  old", with: "  func add(_ a: Int) -> Int {\n    a + 1\n  }"
      )
      .replacingOccurrences(of: "#L1)", with: "#L4)")
      .replacingOccurrences(
        of: "list -->\n", with: "list -->\n\n| a |\n| --- |\n\n")
    #expect(try clone.repository.text("docs/page.md") == expected)
    let second = try clone.update(facts: [half], passages: [list])
    #expect(second.changes.isEmpty && second.problems.isEmpty)
  }

  @Test("a source that moves or changes makes the page stale")
  func stale() throws {
    let clone = try clone()
    _ = try clone.update(facts: [half], passages: [list])
    try clone.write("// A.\n" + Self.source, to: "Sources/A/A.swift")
    let moved = try clone.update(facts: [half], passages: [list], write: false)
    #expect(moved.changes.first?.reasons == ["add is at line 5"])
    try clone.write(
      Self.source.replacingOccurrences(of: "+ 1", with: "+ 2"), to: "Sources/A/A.swift")
    let changed = try clone.update(facts: [half], passages: [list], write: false)
    #expect(changed.changes.first?.reasons == ["quote of Sources/A/A.swift#add"])
    let restated = Fact(name: "half") { "0.50" }
    try clone.write(Self.source, to: "Sources/A/A.swift")
    let number = try clone.update(facts: [restated], passages: [list], write: false)
    #expect(number.changes.first?.reasons == ["half: 0.5 → 0.50"])
  }

  @Test("what no program can mend is named with its page and line, and the rest is done")
  func problems() throws {
    let clone = try clone()
    try clone.write("// Empty.\n", to: "Sources/A/A.swift")
    let update = try clone.update(facts: [], passages: [list])
    #expect(
      update.problems.map(\.line) == [7, 3, 11],
      "\(update.problems.map(\.description).joined(separator: "\n"))")
    #expect(update.problems.allSatisfy { $0.page == "docs/page.md" && !$0.remedy.isEmpty })
    #expect(update.changes.first?.reasons == ["passage list"])
  }

  @Test("slow facts are left alone where only quick ones are asked for")
  func slow() throws {
    let clone = try clone()
    let slow = Fact(name: "half", isQuick: false) { "0.9" }
    let update = try clone.update(facts: [slow], passages: [list], onlyQuick: true)
    #expect(update.problems.isEmpty)
    #expect(try clone.repository.text("docs/page.md").contains("-->0.4<!--"))
  }

  @Test("a line that begins with a fact is a problem: Markdown would take it for HTML")
  func firstInLine() throws {
    let clone = try clone()
    try clone.write("Half is\n<!-- fact: half -->0.5<!-- /fact -->.\n", to: "docs/page.md")
    #expect(try clone.update(facts: [half]).problems.map(\.line) == [2])
  }

  @Test("a name that is registered twice is a problem")
  func twice() throws {
    let update = try clone().update(facts: [half, half], passages: [list])
    #expect(update.problems.map(\.problem) == ["half is registered twice"])
  }

  @Test("a link to a missing file, or to a heading a page does not have, is found")
  func links() throws {
    let clone = try Clone([
      "docs/page.md":
        "# A `b` & c\n\n## Twice\n\n## Twice\n\n[a](#a-b--c) [b](other.md) [c](page.md#twice-1)\n"
        + "[d](#gone) `[e](code.md)` [`f`](../gone.swift)\n"
    ])
    let problems = PageLinks(clone.repository).problems(in: ["docs/page.md"])
    #expect(problems.map(\.line) == [7, 8, 8])
    #expect(problems.map(\.problem).last == "there is no gone.swift")
  }

  @Test("a clone is found from any folder inside it, and only there")
  func root() throws {
    let clone = try Clone(["Package.swift": "", "docs/index.md": "", "Sources/A/A.swift": ""])
    let inside = try Repository(containing: "\(clone.repository.root)/Sources/A")
    #expect(inside.exists("Sources/A/A.swift") && inside.exists("Package.swift"))
    #expect(throws: BookError.self) { try Repository(containing: "/") }
  }
}
