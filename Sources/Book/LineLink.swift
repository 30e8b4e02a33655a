// Links to a line of code that follow the code: their text is a symbol, their target the line of it.
//
// Format     [`symbol`](../Sources/Target/File.swift#L12)
// Read       Quotation.swift ← this file → BookUpdate.swift
// Tests      Tests/DocumentationTests/BookUpdateTests.swift

import Foundation

/// A link whose text is a symbol and whose target is the line that declares it.
struct LineLink: Hashable {
  let symbol: String
  /// As the page writes it.
  let file: String
  let line: Int

  /// The link as Markdown.
  var text: String { "[`\(symbol)`](\(file)#L\(line))" }

  func moved(to line: Int) -> Self { Self(symbol: symbol, file: file, line: line) }

  /// The links of that form in a line of a page.
  static func all(in line: String) -> [LineLink] {
    line.components(separatedBy: "[`").dropFirst().compactMap { piece in
      guard let middle = piece.range(of: "`]("),
        let end = piece[middle.upperBound...].firstIndex(of: ")")
      else { return nil }
      let target = piece[middle.upperBound..<end].components(separatedBy: ".swift#L")
      guard target.count == 2, let line = Int(target[1]) else { return nil }
      return LineLink(
        symbol: String(piece[..<middle.lowerBound]), file: target[0] + ".swift", line: line)
    }
  }
}
