import Book
import Testing

@Suite("Quotations") struct QuotationTests {
  private let source = #"""
    // A file.

    /// A pair } of brackets in a comment.
    @frozen
    public struct Pair<S: Numeric> {
      /// The first.
      var first: S
      let text = """
        func notHere() { \(["}", "{"].count)
        """
      // docs: region sum
      /// Their sum.
      func sum(of other: S, _ more: [S] = []) -> S
      where S: Comparable {
        func inner() -> S { first }
        let local = inner()
        return local
          + other
      }
      // docs: end sum

      var isReady: Bool { first == 0 }
      static func == (a: Self, b: Self) -> Bool { true }
      init(first: S) { self.first = first }
      enum Kind {
        case plain
        case labelled(String), other
      }
    }

    func scaled(_ x: Int) -> Int { x }
    func scaled(_ x: Int, by factor: Int) -> Int {
      // A brace in a comment: {
      x * factor
    }
    let table: [Int] = [
      1, 2,
    ]
    extension Pair {
      func sum() -> Int { 0 }
    }
    """#

  private func quoted(_ name: String) throws -> [String] {
    let fence = "```swift path=A.swift#\(name)"
    let quotation = try #require(try Quotation(fence: fence, page: "page.md", line: 1))
    return try quotation.lines(in: source)
  }

  @Test("a type reaches from its attributes to its brace, whatever literals and comments hold")
  func type() throws {
    let lines = try quoted("Pair")
    #expect(lines.first == "@frozen")
    #expect(lines.last == "}")
    #expect(lines.count == 26)
  }

  @Test(
    "members, local functions, cases and values are found and moved to the margin",
    arguments: [
      ("first", ["var first: S"]), ("inner", ["func inner() -> S { first }"]),
      ("isReady", ["var isReady: Bool { first == 0 }"]),
      ("==", ["static func == (a: Self, b: Self) -> Bool { true }"]),
      ("init", ["init(first: S) { self.first = first }"]), ("plain", ["case plain"]),
      ("other", ["case labelled(String), other"]),
      ("table", ["let table: [Int] = [", "  1, 2,", "]"]),
      ("local", ["let local = inner()"]), ("Pair.Kind.plain", ["case plain"]),
      ("scaled(_:)", ["func scaled(_ x: Int) -> Int { x }"]),
      ("Pair.sum()", ["func sum() -> Int { 0 }"]),
    ])
  func members(name: String, lines: [String]) throws {
    let found = try quoted(name)
    #expect(found == lines)
  }

  @Test("a declaration goes on over its where clause and a trailing operator")
  func continuation() throws {
    let lines = try quoted("sum(of:_:)")
    #expect(lines.count == 7)
    #expect(lines.last == "}")
  }

  @Test("a region wins over a declaration of its name, and keeps its doc comment")
  func region() throws {
    let lines = try quoted("sum")
    #expect(lines.first == "/// Their sum.")
    #expect(lines.count == 8)
  }

  @Test("a name that means several things says which; one that means none says so")
  func messages() throws {
    let several = #expect(throws: BookError.self) { try quoted("scaled") }
    #expect(several?.problem.contains("scaled(_:by:)") == true)
    let none = #expect(throws: BookError.self) { try quoted("notHere") }
    #expect(none?.problem == "nothing is called notHere there")
    #expect(throws: BookError.self) {
      try Quotation(fence: "```swift path=A.swift", page: "p.md", line: 3)
    }
    let plain = try Quotation(fence: "```swift", page: "p.md", line: 3)
    #expect(plain == nil)
  }
}
