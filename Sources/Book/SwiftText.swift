// Swift source with its comments and literals blanked out, so that braces and names can be counted.
//
// Idea       A compiler's parser would be a dependency. To find where a declaration ends, it is enough to know
//            which bytes are code: comments, which nest, and literals with their interpolations, which do
//            too, are overwritten, comments by blanks and literals by '; line ends stay.
// Read       this file → Declaration.swift
// Tests      Tests/DocumentationTests/QuotationTests.swift

/// A source file and the bytes of it that are code.
struct SwiftText {
  let lines: [String]
  /// The file's bytes; a blank for every byte of a comment, ' for every one of a literal.
  private(set) var code: [UInt8]
  /// Where each line begins in `code`.
  let lineStarts: [Int]

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let bytes = Array(text.utf8)
    code = bytes
    lineStarts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    overwrite()
  }

  /// The line, counted from 0, that a byte lies in.
  func line(of offset: Int) -> Int {
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The code of a line.
  func code(line: Int) -> ArraySlice<UInt8> {
    let end = line + 1 < lineStarts.count ? lineStarts[line + 1] - 1 : code.count
    return code[lineStarts[line]..<end]
  }

  /// Whether a line holds a comment and nothing else.
  func isComment(line: Int) -> Bool {
    lines[line].drop { $0 == " " }.hasPrefix("//") && code(line: line).allSatisfy { $0 == 32 }
  }

  private mutating func overwrite() {
    var i = 0
    while i < code.count {
      let end = skipped(from: i)
      let blank = UInt8(ascii: code[i] == UInt8(ascii: "/") ? " " : "'")
      for k in i..<end where code[k] != UInt8(ascii: "\n") { code[k] = blank }
      i = max(end, i + 1)
    }
  }

  /// Whether certain bytes stand at a place.
  private func has(_ mark: String, at i: Int) -> Bool {
    let mark = mark.utf8
    return i + mark.count <= code.count && code[i..<(i + mark.count)].elementsEqual(mark)
  }

  /// The end of the comment or literal that begins here, or here.
  private func skipped(from start: Int) -> Int {
    if has("//", at: start) {
      return code[start...].firstIndex(of: UInt8(ascii: "\n")) ?? code.count
    }
    if has("/*", at: start) { return commentEnd(from: start) }
    let hashes = code[start...].prefix { $0 == UInt8(ascii: "#") }.count
    guard has("\"", at: start + hashes) else { return start }
    return literalEnd(from: start + hashes, hashes: hashes)
  }

  private func commentEnd(from start: Int) -> Int {
    var (i, depth) = (start + 2, 1)
    while i < code.count, depth > 0 {
      if has("/*", at: i) {
        (i, depth) = (i + 2, depth + 1)
      } else if has("*/", at: i) {
        (i, depth) = (i + 2, depth - 1)
      } else {
        i += 1
      }
    }
    return i
  }

  /// The end of a literal whose quotation marks stand at `start`, behind some `#`.
  private func literalEnd(from start: Int, hashes: Int) -> Int {
    let marks = has("\"\"\"", at: start) ? "\"\"\"" : "\""
    let close = marks + String(repeating: "#", count: hashes)
    let escape = "\\" + String(repeating: "#", count: hashes)
    var i = start + marks.utf8.count
    while i < code.count {
      if has(close, at: i) { return i + close.utf8.count }
      if marks == "\"", code[i] == UInt8(ascii: "\n") { return i }
      guard has(escape, at: i) else {
        i += 1
        continue
      }
      i += escape.utf8.count
      if has("(", at: i) { i = interpolationEnd(from: i) } else { i += 1 }
    }
    return code.count
  }

  private func interpolationEnd(from start: Int) -> Int {
    var (i, depth) = (start, 0)
    repeat {
      let end = skipped(from: i)
      if end > i {
        i = end
        continue
      }
      if code[i] == UInt8(ascii: "(") { depth += 1 }
      if code[i] == UInt8(ascii: ")") { depth -= 1 }
      i += 1
    } while i < code.count && depth > 0
    return i
  }
}
