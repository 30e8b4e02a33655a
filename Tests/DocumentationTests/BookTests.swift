import Book
import Foundation
import TestSupport
import Testing

@testable import Command

@Suite("The book") struct BookTests {
  @Test("what pages quote, state, list and draw is what the code says today")
  func current() {
    let update = BookUpdate(
      repository, passages: CommandLineTool.passages, terminal: Terminal(program: BuiltProgram.url),
      onlyQuick: true)
    // To mend: mvmr book update
    for change in update.changes {
      Issue.record("\(change.path): \(change.reasons.joined(separator: "; "))")
    }
    for problem in update.problems { Issue.record("\(problem)") }
  }

  @Test("every fact is stated, and every figure shown, on some page")
  func used() throws {
    let text = try repository.pages.map(repository.text).joined()
    for fact in Fact.all { #expect(text.contains("<!-- fact: \(fact.name) -->"), "\(fact.name)") }
    for figure in Figure.all {
      #expect(text.contains("images/book/\(figure.name).png)"), "\(figure.name)")
    }
  }

  @Test("README.md is read in one sitting: under 150 lines")
  func length() throws {
    #expect(MarkdownPage(try repository.text("README.md")).lines.count < 150)
  }

  @Test("every command line on a page names a command and options that exist")
  func commandLines() throws {
    var checked = 0
    for page in repository.pages {
      for line in try repository.text(page).split(separator: "\n") {
        for command in commandLines(line) {
          checked += 1
          let fault = fault(in: command)
          #expect(fault == nil, "\(page): mvmr \(command): \(fault ?? "")")
        }
      }
    }
    #expect(checked > 50, "the command lines were not found")
  }

  /// What follows `mvmr ` at the beginning of a code span, or on a line that is a command.
  private func commandLines(_ line: Substring) -> [String] {
    let spans = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    return (spans + [String(line)]).compactMap { code in
      for start in ["mvmr ", "swift run -c release mvmr ", "$ mvmr "] where code.hasPrefix(start) {
        let command = code.dropFirst(start.count).components(separatedBy: " #")[0]
        return command.components(separatedBy: " | ")[0].components(separatedBy: " > ")[0]
      }
      return nil
    }
  }

  private func fault(in line: String) -> String? {
    let words = line.split(separator: " ").map(String.init)
    guard let first = words.first, first.first?.isLowercase == true else { return nil }
    let two = words.prefix(2).joined(separator: " ")
    let commands = CommandLineTool.commands
    guard let command = commands.first(where: { $0.name == two || $0.name == first }) else {
      // A group of commands may be named alone.
      let isGroup = words.count == 1 && commands.contains { $0.name.hasPrefix("\(first) ") }
      return isGroup ? nil : "there is no such command"
    }
    let options = Set((command.options + [.threads, .help]).map(\.name))
    let unknown = words.map { String($0.prefix { $0 != "=" }) }
      .first { $0.hasPrefix("--") && !options.contains($0) }
    return unknown.map { "there is no option \($0)" }
  }
}
