import Book
import Testing

@Suite("The catalogue of sources") struct SourceCatalogueTests {
  @Test("every source file has one row, on its target's page")
  func rows() throws {
    let pages = try SourceCatalogue(repository).pages()
    for path in repository.sources {
      let link = "](../../\(path)) | "
      let places = pages.filter { $0.text.contains(link) }.map(\.path)
      let expected = ["docs/sources/\(path.split(separator: "/")[1]).md"]
      #expect(places == expected, "\(path)")
    }
    let rows = pages.flatMap { tableRows($0.text) }.filter { $0.count == 6 }
    for row in rows where row[0] != "file" && row[0] != "floor" {
      #expect(row.allSatisfy { !$0.isEmpty }, "\(row)")
    }
  }

  @Test("a header is taken apart into its idea and its slots")
  func header() {
    let header = SourceHeader(
      """
      // An idea
      // in two lines.
      //
      // Formula    a = b       (1)
      //              + c
      // Read       A.swift ← this file
      // Shortcuts  are nine letters long
      // Derivation is ten letters long
      // Why fused  is two words

      /// Something else.
      """)
    #expect(header.idea == "An idea in two lines.")
    let names = ["Formula", "Read", "Shortcuts", "Derivation", "Why fused"]
    #expect(header.slots.map(\.name) == names)
    #expect(header.slots.first?.lines == ["a = b       (1)", "  + c"])
    #expect(header.slot("Read") == "A.swift ← this file")
    #expect(header.lineCount == 9)
  }
}
