// The pages on disagreements and singular points against sources and tests.

import Book
import Foundation
import Testing
import Training

@Suite("Pages that quote tests") struct DisagreementPageTests {
  /// Rows of a page's tables that link to a test file and name one of its tests in quotation marks.
  private func rows(_ page: String) throws -> [(cells: [String], file: String, test: String)] {
    tableRows(try repository.text(page)).compactMap { cells in
      guard let last = cells.last,
        let link = pieces(of: last, from: "](", to: ")").first,
        let test = pieces(of: last, from: ", \"", to: "\"").first
      else { return nil }
      let file = Repository.resolved(link, from: Repository.folder(of: page))
      return (cells, file, test.replacingOccurrences(of: "\\|", with: "|"))
    }
  }

  @Test(
    "every test that is quoted exists, in the file that is named with it",
    arguments: ["docs/errata.md", "docs/singular-points.md"])
  func quotedTests(page: String) throws {
    let rows = try rows(page)
    #expect(rows.count >= 12, "the rows were not found")
    for row in rows {
      let text = try repository.text(row.file)
      #expect(text.contains("\"\(row.test)\""), "\(row.file) has no test \"\(row.test)\"")
    }
  }

  @Test("what errata.md says two choices differ by is a number that the named test holds")
  func numbers() throws {
    var checked = 0
    for row in try rows("docs/errata.md") {
      let text = try repository.text(row.file)
      for number in pieces(of: row.cells[2], from: "`", to: "`") {
        #expect(words(text, marks: ".").contains(number), "\(row.file) does not hold \(number)")
        checked += 1
      }
    }
    #expect(checked >= 12, "the numbers were not found")
  }

  @Test("every choice in errata.md is a key, and a value, that a configuration takes")
  func choices() throws {
    for row in try rows("docs/errata.md") {
      let choice = try #require(pieces(of: row.cells[1], from: "`", to: "`").first)
      if choice.hasPrefix("mvmr ") { continue }  // an option of a command
      #expect(throws: Never.self, "\(choice)") {
        try Configuration(yaml: "", overrides: [choice])
      }
    }
  }

  @Test("D1 to D51 are all told")
  func complete() throws {
    let told = Set(tableRows(try repository.text("docs/errata.md")).map { $0[0] })
    for n in 1...51 { #expect(told.contains("D\(n)"), "D\(n)") }
  }

  @Test("no source but those that draw calls an elementary function of the C library")
  func elementaryFunctions() throws {
    let library: Set = [
      "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "pow", "sin", "cos", "tan", "asin",
      "acos", "atan", "atan2", "sinh", "cosh", "tanh", "erf", "erfc", "hypot", "cbrt", "tgamma",
    ]
    var calls: [String] = []
    for path in repository.sources where !path.hasPrefix("Sources/Charts/") {
      for line in try repository.text(path).split(separator: "\n") {
        // Without what stands in quotation marks or behind //.
        let unquoted = line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
          .filter { $0.offset % 2 == 0 }.map { String($0.element) }.joined(separator: "\"")
        let code = unquoted.components(separatedBy: "//")[0]
        // What a call looks like: a name, an opening parenthesis, and no dot or word before it.
        for piece in code.split(separator: "(").dropLast() {
          let name = piece.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
          let before = piece.dropLast(name.count).last
          guard library.contains(String(name.reversed())), before != "." else { continue }
          if piece.hasSuffix("func \(String(name.reversed()))") { continue }
          calls.append("\(path): \(line)")
        }
      }
    }
    #expect(calls == [])
  }
}
