import Book
import Oracle
import Testing

@Suite("The oracle's page") struct OracleTableTests {
  @Test("its table is the registry's: every operation, attribute and tolerance")
  func table() throws {
    let rows = try repository.text("docs/oracle.md").split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("| `") }
    let expected = OracleOperation.all.map(\.documentationRow)
    // `mvmr oracle list --markdown` prints what must stand there.
    #expect(rows == expected)
  }

  @Test("the page on agreement has every operation and no disagreement")
  func agreement() throws {
    let rows = tableRows(try repository.text("docs/agreement.md")).filter {
      $0.count == 5 && $0[0].hasPrefix("`")
    }
    #expect(Set(rows.map { $0[0] }) == Set(OracleOperation.all.map { "`\($0.name)`" }))
    for row in rows {
      #expect(!row[4].contains("DIFFERS") && !row[4].contains("NO PEER"), "\(row)")
    }
  }
}
