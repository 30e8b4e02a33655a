// The repository as text: what the documentation tests read.

import Foundation

/// Files of the repository, by their paths from its root.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().appending(path: "../..").standardizedFileURL.path

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(root)/\(path)")
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }

  /// Files below a folder with a given ending, sorted.
  static func files(below folder: String, ending: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
      .filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }.sorted()
  }

  static func sources() throws -> [String] { try files(below: "Sources", ending: ".swift") }

  /// The pages people read.
  static func pages() throws -> [String] {
    try [
      "README.md", "CONTRIBUTING.md", "Tests/Reference/README.md",
      "Examples/oracle-pytorch/README.md", "Examples/oracle-numpy/README.md",
    ]
      + files(below: "docs", ending: ".md")
  }

  /// A path without `.` and `..`, as seen from a folder.
  static func resolved(_ path: String, from folder: String) -> String {
    var parts = folder.split(separator: "/")
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}

/// What stands between two marks, for each pair of them.
func pieces(of text: some StringProtocol, from open: String, to close: String) -> [String] {
  var pieces: [String] = []
  var rest = text[...]
  while let start = rest.range(of: open) {
    rest = rest[start.upperBound...]
    guard let end = rest.range(of: close) else { break }
    pieces.append(String(rest[..<end.lowerBound]))
    rest = rest[end.upperBound...]
  }
  return pieces
}

/// The cells of every row of a page's tables whose first cell is not a heading.
func tableRows(_ page: String) -> [[String]] {
  page.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }.map { line in
    line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }
}

/// The words of a text that consist of letters, digits, `_` and the given marks.
func words(_ text: String, marks: String = "") -> [String] {
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

/// The comment a source file opens with, line by line.
func header(_ text: String) -> [String] {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .prefix { $0.hasPrefix("//") && !$0.hasPrefix("///") }.map { String($0.dropFirst(2)) }
}

/// The lines of one slot of a header, such as `Read`.
func slot(_ name: String, of header: [String]) -> String {
  guard let start = header.firstIndex(where: { $0.hasPrefix(" \(name)  ") }) else { return "" }
  let rest = header[(start + 1)...].prefix { $0.hasPrefix("   ") }
  return ([String(header[start].dropFirst(name.count + 1))] + rest).joined(separator: " ")
}
