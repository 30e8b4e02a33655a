// Links between pages: every one leads to a file that exists, and to an anchor it has.
//
// Read       MarkdownPage.swift ← this file → Command/BookCommands.swift
// Tests      Tests/DocumentationTests/DocumentationTests.swift

/// The relative links of all pages.
public struct PageLinks {
  private let repository: Repository

  public init(_ repository: Repository) { self.repository = repository }

  /// The links that lead nowhere.
  ///
  /// - Parameter pages: Where to look; nil for every page.
  /// - Returns: One problem for each, in the order of the pages.
  public func problems(in pages: [String]? = nil) -> [BookError] {
    var anchors: [String: Set<String>] = [:]
    var problems: [BookError] = []
    for page in pages ?? repository.pages {
      guard let text = try? repository.text(page) else { continue }
      for link in MarkdownPage(text).links where !link.target.contains("://") {
        let target =
          link.path.isEmpty
          ? page : Repository.resolved(link.path, from: Repository.folder(of: page))
        guard target.isEmpty || repository.exists(target) else {
          problems.append(
            BookError(
              page, line: link.line, "there is no \(target)",
              remedy: "link to what it is called now"))
          continue
        }
        guard let anchor = link.anchor, target.hasSuffix(".md") else { continue }
        if anchors[target] == nil {
          anchors[target] = MarkdownPage((try? repository.text(target)) ?? "").anchors
        }
        if anchors[target]?.contains(anchor) != true {
          problems.append(
            BookError(
              page, line: link.line, "\(target) has no heading #\(anchor)",
              remedy: "link to a heading it has"))
        }
      }
    }
    return problems
  }
}
