import Foundation
import Testing
import Training

@Suite("Documentation") struct DocumentationTests {
  @Test("every relative link of a page leads somewhere")
  func links() throws {
    for page in try Repository.pages() {
      for link in pieces(of: try Repository.text(page), from: "](", to: ")")
      where !link.contains("://") {
        let target = String(link.prefix { $0 != "#" })
        let path = Repository.resolved(target, from: Repository.folder(of: page))
        #expect(target.isEmpty || Repository.exists(path), "\(page) links to \(link)")
      }
    }
  }

  @Test("every path a page names exists")
  func paths() throws {
    let roots = ["Sources/", "Tests/", "Examples/", "docs/", ".ci/"]
    for page in try Repository.pages() {
      for word in words(try Repository.text(page), marks: "/.-+") {
        var path = word
        while path.hasPrefix("../") { path.removeFirst(3) }
        while path.hasSuffix(".") || path.hasSuffix("/") { path.removeLast() }
        guard roots.contains(where: { path.hasPrefix($0) }) else { continue }
        #expect(Repository.exists(path), "\(page) names \(word)")
      }
    }
  }

  @Test("every source file opens with a comment")
  func headers() throws {
    for path in try Repository.sources() {
      let lines = header(try Repository.text(path))
      #expect((lines.first?.count ?? 0) > 10, "\(path) opens without a header")
    }
  }

  @Test("the files that headers tell to read, and their tests, exist")
  func slots() throws {
    var named = 0
    for path in try Repository.sources() {
      let lines = header(try Repository.text(path))
      for word in words(slot("Read", of: lines), marks: "/.+") where word.hasSuffix(".swift") {
        let places = ["\(Repository.folder(of: path))/\(word)", "Sources/\(word)", word]
        #expect(places.contains(where: Repository.exists), "\(path): Read \(word)")
        named += 1
      }
      var folder = ""
      for word in words(slot("Tests", of: lines), marks: "/.+") where word.hasSuffix(".swift") {
        // A second name without a folder lies beside the first.
        let place = word.contains("/") ? word : "\(folder)/\(word)"
        folder = Repository.folder(of: place)
        #expect(Repository.exists(place), "\(path): Tests \(word)")
        named += 1
      }
    }
    #expect(named > 150, "the slots were not found")
  }

  @Test("every discrepancy the sources cite is told in errata.md")
  func errata() throws {
    let told = Set(tableRows(try Repository.text("docs/errata.md")).map { $0[0] })
    var cited = 0
    for path in try Repository.sources() {
      for word in words(try Repository.text(path)) where isDiscrepancy(word) {
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
    let rows = tableRows(try Repository.text("docs/configuration.md")).filter { $0[0] != "key" }
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
