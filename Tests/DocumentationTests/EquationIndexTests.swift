import Testing

@Suite("Equation index") struct EquationIndexTests {
  private static let page = "docs/equations.md"

  /// Rows that lead from an equation, or a representation, to a symbol, a file and tests.
  private func rows() throws -> [[String]] {
    tableRows(try Repository.text(Self.page)).filter { $0.count == 5 && $0[2] != "symbol" }
  }

  private func linked(_ cell: String) -> String? {
    pieces(of: cell, from: "](", to: ")").first.map {
      Repository.resolved($0, from: Repository.folder(of: Self.page))
    }
  }

  @Test("equations (1) to (14) are all there")
  func complete() throws {
    let numbers = Set(try rows().map { $0[0] })
    for n in 1...14 { #expect(numbers.contains("(\(n))"), "equation (\(n))") }
  }

  @Test("every symbol is declared in the file that is named with it")
  func symbols() throws {
    let keywords = ["func", "struct", "class", "enum", "var", "let", "protocol"]
    for row in try rows() {
      let file = try #require(linked(row[3]), "\(row)")
      let found = words(try Repository.text(file))
      let declared = Set(zip(found, found.dropFirst()).filter { keywords.contains($0.0) }.map(\.1))
      let symbols = pieces(of: row[2], from: "`", to: "`")
      #expect(!symbols.isEmpty || row[0] == "(1)", "\(row[0]) names no symbol")
      for symbol in symbols { #expect(declared.contains(symbol), "\(file) has no \(symbol)") }
    }
  }

  @Test("every test is there, in the file that is named with it")
  func tests() throws {
    for row in try rows() where row[0] != "(1)" {
      let file = try #require(linked(row[4]), "\(row)")
      let sentences = Set(
        try Repository.text(file).components(separatedBy: "@Test(").dropFirst().compactMap {
          pieces(of: $0.drop { $0.isWhitespace }.prefix(200), from: "\"", to: "\"").first
        })
      let named = pieces(of: row[4], from: "\"", to: "\"")
      #expect(!named.isEmpty, "\(row[0]) names no test")
      for test in named { #expect(sentences.contains(test), "\(file) has no test \"\(test)\"") }
    }
  }

  @Test("every file that cites an equation of the paper in its header is listed")
  func sources() throws {
    let index = try Repository.text(Self.page)
    for path in try Repository.sources() {
      let cites = header(try Repository.text(path)).contains { $0.contains("MV-MR eq. (") }
      #expect(!cites || index.contains("](../\(path))"), "\(path)")
    }
  }
}
