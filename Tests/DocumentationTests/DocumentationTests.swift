import Book
import Foundation
import Testing
import Training

@Suite("Documentation") struct DocumentationTests {
  @Test("every relative link of a page leads to a file, and to a heading it has")
  func links() {
    for problem in PageLinks(repository).problems() { Issue.record("\(problem)") }
  }

  @Test("every path a page names exists")
  func paths() throws {
    let roots = ["Sources/", "Tests/", "Examples/", "docs/", ".ci/"]
    for page in repository.pages {
      for word in words(try repository.text(page), marks: "/.-+") {
        var path = word
        while path.hasPrefix("../") { path.removeFirst(3) }
        while path.hasSuffix(".") || path.hasSuffix("/") { path.removeLast() }
        guard roots.contains(where: { path.hasPrefix($0) }) else { continue }
        #expect(repository.exists(path), "\(page) names \(word)")
      }
    }
  }

  @Test("every source file tells its story: what it is, and what to read or run with it")
  func headers() throws {
    for path in repository.sources {
      let header = SourceHeader(try repository.text(path))
      #expect(header.idea.count > 10, "\(path) opens without saying what it is")
      #expect(
        header.slot("Read") != nil || header.slot("Tests") != nil,
        "\(path): its header has neither a Read nor a Tests slot")
    }
  }

  @Test("the files that headers tell to read, and their tests, exist")
  func slots() throws {
    var named = 0
    for path in repository.sources {
      let header = SourceHeader(try repository.text(path))
      for slot in ["Read", "Tests"] {
        for (name, place) in header.files(in: slot, of: path, repository: repository) {
          #expect(place != nil, "\(path): \(slot) \(name)")
          named += 1
        }
      }
    }
    #expect(named > 150, "the slots were not found")
  }

  @Test("every discrepancy the sources cite is told in errata.md")
  func errata() throws {
    let told = Set(tableRows(try repository.text("docs/errata.md")).map { $0[0] })
    var cited = 0
    for path in repository.sources {
      for word in words(try repository.text(path)) where isDiscrepancy(word) {
        #expect(told.contains(word), "\(path) cites \(word)")
        cited += 1
      }
    }
    #expect(cited > 20, "the citations were not found")
  }

  private func isDiscrepancy(_ word: String) -> Bool {
    word.first == "D" && (2...3).contains(word.count)
      && word.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
  }

  @Test("configuration.md has exactly the keys there are, with their meaning and default")
  func configuration() throws {
    let rows = tableRows(try repository.text("docs/configuration.md")).filter { $0[0] != "key" }
    let documented = Dictionary(
      rows.map { ($0[0].trimmingCharacters(in: ["`"]), $0) },
      uniquingKeysWith: { first, _ in first })
    #expect(documented.count == rows.count, "a key is documented twice")
    let keys = Set(ConfigurationField.all.map(\.key))
    #expect(keys.symmetricDifference(documented.keys) == [])
    let defaults = try defaultValues()
    for field in ConfigurationField.all {
      guard let row = documented[field.key], row.count == 3 else { continue }
      #expect(row[1] == field.help, "\(field.key)")
      // Without quotation marks: a value that is a list, or nothing, is described in words.
      guard row[2].hasPrefix("`") || defaults[field.key] != nil, field.key != "features" else {
        continue
      }
      #expect(row[2] == "`\(defaults[field.key] ?? "nothing")`", "\(field.key)")
    }
  }

  /// What the resolved form of an empty configuration says.
  private func defaultValues() throws -> [String: String] {
    var values: [String: String] = [:]
    var group = ""
    for line in try Configuration().yaml().split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if !line.hasPrefix(" ") { group = "" }
      guard let value = parts.last, parts.count == 2, !value.isEmpty else {
        group = "\(parts[0])."
        continue
      }
      values[group + parts[0]] = value
    }
    return values
  }
}
