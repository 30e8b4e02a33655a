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
      // Shortcuts  are ten letters long

      /// Something else.
      """)
    #expect(header.idea == "An idea in two lines.")
    #expect(header.slots.map(\.name) == ["Formula", "Read", "Shortcuts"])
    #expect(header.slots.first?.lines == ["a = b       (1)", "  + c"])
    #expect(header.slot("Read") == "A.swift ← this file")
    #expect(header.lineCount == 7)
  }
}
