import Book
import Foundation
import Testing

@Suite("Annotated sources") struct AnnotatedSourceTests {
  @Test("a page loses no line of code and keeps their order")
  func complete() throws {
    let index = try EquationIndex(repository)
    for path in repository.sources {
      let page = try AnnotatedSource(path, in: repository, index: index).markdown()
      // Code on the page, without blank lines.
      var shown: [Substring] = []
      var isCode = false
      for line in page.split(separator: "\n") {
        if isCode && line != "```" { shown.append(line) }
        if line.hasPrefix("```") { isCode = line == "```swift" }
      }
      let source = try repository.text(path).split(separator: "\n")
      var next = shown.startIndex
      for line in source where next < shown.endIndex && line == shown[next] { next += 1 }
      #expect(next == shown.endIndex, "\(path): \(next < shown.endIndex ? shown[next] : "")")
      let isComment = { (line: Substring) in line.drop { $0 == " " }.hasPrefix("//") }
      let lost = source.filter { !isComment($0) }.count - shown.filter { !isComment($0) }.count
      #expect(lost == 0, "\(path): \(lost) lines of code are not on its page")
    }
  }

  @Test("prose is prose: formulas keep their columns, links lead to the files, anchors to lines")
  func page() throws {
    let path = "Sources/Objectives/DistanceCorrelation.swift"
    let index = try EquationIndex(repository)
    let page = try AnnotatedSource(path, in: repository, index: index).markdown()
    #expect(page.hasPrefix("# DistanceCorrelation.swift\n"))
    #expect(page.contains("**Formula** \n\n```text\ndCov²(X, Y) = N⁻²"))
    let link = "[PairwiseDistances.swift](../../../Sources/Objectives/PairwiseDistances.swift)"
    #expect(page.contains(link))
    #expect(page.contains("](../../equations.md)"))
    let source = try repository.text(path).components(separatedBy: "\n")
    for anchor in pieces(of: page, from: "<a id=\"L", to: "\"></a>\n\n```swift\n") {
      let line = try #require(Int(anchor))
      let first = page.components(separatedBy: "<a id=\"L\(line)\"></a>\n\n```swift\n")[1]
      #expect(first.hasPrefix(source[line - 1]), "line \(line)")
    }
  }
}
