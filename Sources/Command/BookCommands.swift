// mvmr book: keeping the pages under docs true to the code, and typesetting the code itself.
//
// Read       Book/BookUpdate.swift, Book/Terminal.swift, Book/AnnotatedSource.swift ← this file
// Tests      Tests/DocumentationTests/BookTests.swift

import Book
import Foundation
import MVMR

extension Option {
  static let root = Option(
    name: "--root", value: "DIR", help: "the clone (default: the one around this folder)")
  static let sourcePages = Option(
    name: "--output", value: "DIR", help: "where the pages are written")
}

extension Command {
  static let bookUpdate = Command(
    "book update", "Fill what pages quote, state, list and draw, from the code as it is.",
    options: [.root], examples: ["book update"]
  ) { arguments in
    let repository = try repository(arguments)
    var written: Set<String> = []
    var update = bookUpdate(repository)
    // Some passages count words of pages that have just changed, so a second look may be needed.
    for _ in 0..<3 where !update.changes.isEmpty {
      try update.write()
      for change in update.changes {
        print("\(change.path): \(change.reasons.joined(separator: "; "))")
        written.insert(change.path)
      }
      update = bookUpdate(repository)
    }
    for problem in update.problems { CommandLineTool.write("error: \(problem)\n") }
    print(written.isEmpty ? "nothing was stale" : "\(written.count) files written")
    return update.problems.isEmpty ? 0 : 1
  }

  static let bookCheck = Command(
    "book check", "List what pages quote, state, list or draw that the code no longer says.",
    options: [.root], examples: ["book check"]
  ) { arguments in
    let repository = try repository(arguments)
    let update = bookUpdate(repository)
    let problems = update.problems + PageLinks(repository).problems()
    for change in update.changes {
      print("\(change.path): \(change.reasons.joined(separator: "; "))")
    }
    for problem in problems { print("\(problem)") }
    if update.changes.isEmpty && problems.isEmpty {
      print("every page says what the code says")
      return 0
    }
    if !update.changes.isEmpty {
      print("\(update.changes.count) files are stale: `mvmr book update` writes them")
    }
    return 1
  }

  static let bookSources = Command(
    "book sources", "Write every source file as a page, prose and code in turns.",
    options: [.root, .sourcePages], examples: ["book sources --output pages"]
  ) { arguments in
    guard let folder = arguments.string(.sourcePages) else {
      throw UsageError(what: "--output is missing", remedy: "name the folder for the pages")
    }
    let count = try AnnotatedSource.writeAll(of: try repository(arguments), to: folder)
    print("\(count) pages in \(folder)")
    return 0
  }

  /// Every page against everything, commands run by this very program.
  private static func bookUpdate(_ repository: Repository) -> BookUpdate {
    BookUpdate(
      repository, passages: CommandLineTool.passages,
      terminal: Bundle.main.executableURL.map { Terminal(program: $0) })
  }

  private static func repository(_ arguments: Arguments) throws -> Repository {
    let folder = arguments.string(.root) ?? FileManager.default.currentDirectoryPath
    return try Repository(containing: folder)
  }
}

extension CommandLineTool {
  /// What pages may list, the commands among it.
  static var passages: [Passage] {
    Passage.all + [
      Passage(name: "commands") { _ in
        ["| command | what it does | example |", "| --- | --- | --- |"]
          + commands.map { command in
            "| `\(command.name)` | \(command.summary) | `mvmr \(command.examples.first ?? "")` |"
          }
      }
    ]
  }
}
