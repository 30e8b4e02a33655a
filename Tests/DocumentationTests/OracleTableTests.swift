import Oracle
import Testing

@Suite("The oracle's page") struct OracleTableTests {
  @Test("its table is the registry's: every operation, attribute and tolerance")
  func table() throws {
    let rows = try Repository.text("docs/oracle.md").split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("| `") }
    let expected = OracleOperation.all.map(\.documentationRow)
    // `mvmr oracle list --markdown` prints what must stand there.
    #expect(rows == expected)
  }
}
