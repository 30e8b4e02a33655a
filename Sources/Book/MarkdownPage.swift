// A page of Markdown, line by line: which lines are code, which headings, tables and links it has.
//
// Idea       As much of Markdown as the book's checks need, and no more: fences, headings, rows, links.
// Anchors    As GitHub makes them: lower case; letters, decimal digits, `-` and `_` are kept, blanks become `-`;
//            a heading that repeats an earlier one gets -1, -2, …
// Read       Repository.swift ← this file → BookUpdate.swift
// Tests      Tests/DocumentationTests/BookUpdateTests.swift

import Foundation

/// The lines of a page, and which of them stand in a fence.
public struct MarkdownPage {
  public var lines: [String]

  public init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  public var text: String { lines.joined(separator: "\n") }

  /// For each line, whether it is prose: outside of fences, which includes their first and last line.
  public var isProse: [Bool] {
    var fence: String?
    return lines.map { line in
      let trimmed = line.drop { $0 == " " }
      let marks = trimmed.prefix { $0 == "`" }
      if let open = fence {
        if marks.count >= open.count && marks.count == trimmed.count { fence = nil }
        return false
      }
      if marks.count >= 3 {
        fence = String(marks)
        return false
      }
      return true
    }
  }

  /// The anchors that links to this page may name.
  public var anchors: Set<String> {
    var seen: [String: Int] = [:]
    var anchors: Set<String> = []
    for (line, isProse) in zip(lines, isProse) where isProse {
      let marks = line.prefix { $0 == "#" }
      if (1...6).contains(marks.count), line.dropFirst(marks.count).first == " " {
        let slug = Self.slug(String(line.dropFirst(marks.count + 1)))
        let earlier = seen[slug] ?? 0
        seen[slug] = earlier + 1
        anchors.insert(earlier == 0 ? slug : "\(slug)-\(earlier)")
      }
      for name in pieces(of: line, from: "<a id=\"", to: "\"") { anchors.insert(name) }
    }
    return anchors
  }

  /// The anchor of a heading.
  static func slug(_ heading: String) -> String {
    var plain = heading
    // A link is its text.
    while let open = plain.range(of: "]("),
      let close = plain[open.upperBound...].firstIndex(of: ")")
    {
      plain.removeSubrange(open.lowerBound...close)
    }
    var slug = ""
    for scalar in plain.lowercased().unicodeScalars {
      switch scalar.properties.generalCategory {
      case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
        slug.unicodeScalars.append(scalar)
      default:
        // A subscript such as ₁ is no letter there.
        if scalar == " " || scalar == "-" { slug += "-" }
      }
    }
    return slug
  }

  /// A link of a page.
  public struct Link: Hashable, Sendable {
    /// Counted from 1.
    public let line: Int
    public let target: String

    /// The target without its anchor.
    public var path: String { String(target.prefix { $0 != "#" }) }
    /// What follows `#`, or nil.
    public var anchor: String? {
      target.firstIndex(of: "#").map { String(target[target.index(after: $0)...]) }
    }
  }

  /// Every link outside of code, those of pictures included, in the order of the page.
  public var links: [Link] {
    var links: [Link] = []
    for (i, (line, isProse)) in zip(lines, isProse).enumerated() where isProse {
      for target in pieces(of: withoutCode(line), from: "](", to: ")") {
        links.append(Link(line: i + 1, target: target))
      }
    }
    return links
  }

  /// The cells of every row of the page's tables, with the row's line, headings included.
  public var rows: [(line: Int, cells: [String])] {
    lines.enumerated().filter { $1.hasPrefix("| ") && !$1.hasPrefix("| ---") }.map { i, line in
      (i + 1, tableCells(line))
    }
  }
}

/// A line in which code spans are blank, except those that are the text of a link.
private func withoutCode(_ line: String) -> String {
  var parts = line.components(separatedBy: "`")
  guard parts.count > 2 else { return line }
  for i in stride(from: 1, to: parts.count - 1, by: 2)
  where parts[i].contains("](") { parts[i] = "" }
  return parts.joined(separator: "`")
}

/// The cells of a row.
public func tableCells(_ line: String) -> [String] {
  line.dropFirst().dropLast().components(separatedBy: " | ")
    .map { $0.trimmingCharacters(in: .whitespaces) }
}

/// The cells of every row of a page's tables, headings included.
public func tableRows(_ page: String) -> [[String]] { MarkdownPage(page).rows.map(\.cells) }

/// A cell in which `|` is no end of it.
func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

/// What stands between two marks, for each pair of them.
public func pieces(of text: some StringProtocol, from open: String, to close: String) -> [String] {
  var pieces: [String] = []
  var rest = Substring(text)
  while let start = rest.range(of: open) {
    rest = rest[start.upperBound...]
    guard let end = rest.range(of: close) else { break }
    pieces.append(String(rest[..<end.lowerBound]))
    rest = rest[end.upperBound...]
  }
  return pieces
}

/// The words of a text that consist of ASCII letters, digits, `_` and the given marks.
public func words(_ text: String, marks: String = "") -> [String] {
  let marks = Array(marks.utf8)
  func belongs(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      || byte == 95 || marks.contains(byte)
  }
  let bytes = Array(text.utf8)
  var words: [String] = []
  var start = 0
  for end in 0...bytes.count where end == bytes.count || !belongs(bytes[end]) {
    if end > start { words.append(String(decoding: bytes[start..<end], as: UTF8.self)) }
    start = end + 1
  }
  return words
}
