import Book
import Foundation
import Testing

@Suite("Equation index") struct EquationIndexTests {
  /// Rows that lead from an equation, or a representation, to symbols, a derivation and tests.
  private func rows() throws -> [[String]] {
    try EquationIndex(repository).rows.filter(\.isFormula).map(\.cells)
  }

  private func linked(_ cell: String) -> String? {
    pieces(of: cell, from: "](", to: ")").first.map { Repository.resolved($0, from: "docs") }
  }

  @Test("equations (1) to (14) are all there")
  func complete() throws {
    let numbers = Set(try rows().map { $0[0] })
    for n in 1...14 { #expect(numbers.contains("(\(n))"), "equation (\(n))") }
  }

  @Test("every row leads to the line of a symbol; those of a paper to the chapter that derives it")
  func symbols() throws {
    for row in try rows() {
      // That the line is the symbol's is a matter of BookTests.
      #expect(row[2].contains(".swift#L"), "\(row[0]) links to no line")
      // The baselines are derived in their headers.
      let isPaper = row[0].hasPrefix("(") || row[0].contains("SEED") || row[0].contains("SimReg")
      #expect(row[3].contains(isPaper ? "](book/" : "]("), "\(row[0]) links to no derivation")
    }
  }

  @Test("from README.md the line of each of the fourteen equations is at most three clicks away")
  func clicks() throws {
    let hunts = try EquationIndex(repository).hunts()
    #expect(hunts.map(\.equation) == Array(1...14))
    for hunt in hunts {
      #expect(hunt.clicks <= 3, "\(hunt)")
      #expect(repository.exists(hunt.target), "\(hunt)")
    }
  }

  @Test("every test is there, in the file that is named with it")
  func tests() throws {
    for row in try rows() where row[0] != "(1)" {
      let file = try #require(linked(row[4]), "\(row)")
      let sentences = Set(
        try repository.text(file).components(separatedBy: "@Test(").dropFirst().compactMap {
          pieces(of: $0.drop { $0.isWhitespace }.prefix(200), from: "\"", to: "\"").first
        })
      let named = pieces(of: row[4], from: "\"", to: "\"")
      #expect(!named.isEmpty, "\(row[0]) names no test")
      for test in named { #expect(sentences.contains(test), "\(file) has no test \"\(test)\"") }
    }
  }

  @Test("every file that cites an equation of the paper in its header is listed")
  func sources() throws {
    let index = try repository.text(EquationIndex.path)
    for path in repository.sources {
      let source = try repository.text(path)
      let cites = source.components(separatedBy: "\n").prefix(SourceHeader(source).lineCount)
        .contains { $0.contains("MV-MR eq. (") }
      #expect(!cites || index.contains("](../\(path))"), "\(path)")
    }
  }

  @Test("every name in the code that notation.md gives for a letter is there")
  func notation() throws {
    var known: Set<String> = []
    for path in repository.sources { known.formUnion(words(try repository.text(path))) }
    var checked = 0
    for row in tableRows(try repository.text("docs/notation.md")) where row.count == 4 {
      for span in pieces(of: row[2], from: "`", to: "`") {
        for word in words(span) {
          #expect(known.contains(word), "notation.md: \(span)")
          checked += 1
        }
      }
    }
    #expect(checked > 50, "the names were not found")
  }
}
