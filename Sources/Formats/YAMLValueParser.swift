// The part of a YAML line after the colon or the dash: one value and perhaps a comment.
//
// Read       YAMLParser.swift ← this file → YAMLScalar.swift
// Tests      Tests/FormatsTests/YAMLTests.swift

/// Why a value cannot be read, and in which column (from 0) of its line's content.
struct YAMLValueError: Error {
  var kind = FormatError.Kind.malformed
  let column: Int
  let problem: String
  var remedy = ""
}

/// Reads the value of one line.
struct YAMLValueParser {
  private let bytes: [UInt8]
  private var position: Int
  private let makeNode: (YAMLNode.Content, Int) -> YAMLNode

  /// - Parameters:
  ///   - bytes: The content of a line.
  ///   - start: Where the value may begin.
  ///   - makeNode: Gives content in a column (from 0) its place in the file.
  init(_ bytes: [UInt8], _ start: Int, makeNode: @escaping (YAMLNode.Content, Int) -> YAMLNode) {
    self.bytes = bytes
    position = start
    self.makeNode = makeNode
  }

  consuming func node() throws(YAMLValueError) -> YAMLNode {
    var parser = self
    return try parser.wholeValue()
  }

  private mutating func wholeValue() throws(YAMLValueError) -> YAMLNode {
    skipBlanks()
    let start = position
    guard position < bytes.count, bytes[position] != UInt8(ascii: "#") else {
      return makeNode(.scalar(YAMLScalar(text: "", type: .null)), start)
    }
    let content: YAMLNode.Content
    switch bytes[position] {
    case UInt8(ascii: "["): content = .list(try flowList())
    case UInt8(ascii: "'"): content = .scalar(try singleQuoted())
    case UInt8(ascii: "\""): content = .scalar(try doubleQuoted())
    default: return makeNode(.scalar(try plain(inList: false)), start)
    }
    let end = position
    skipBlanks()
    if position < bytes.count, bytes[position] != UInt8(ascii: "#") || position == end {
      throw YAMLValueError(
        column: position, problem: "text follows the end of the value",
        remedy: "remove it, or put a blank and '#' before a comment")
    }
    return makeNode(content, start)
  }

  /// `[a, b]`: scalars only.
  private mutating func flowList() throws(YAMLValueError) -> [YAMLNode] {
    let start = position
    var nodes: [YAMLNode] = []
    position += 1
    while true {
      skipBlanks()
      guard position < bytes.count else {
        throw YAMLValueError(
          column: start, problem: "the list has no ']' in this line",
          remedy: "close it in the same line")
      }
      if bytes[position] == UInt8(ascii: "]") {
        position += 1
        return nodes
      }
      let column = position
      switch bytes[position] {
      case UInt8(ascii: "["):
        throw YAMLValueError(
          kind: .unsupported, column: column, problem: "a list in a list is not supported")
      case UInt8(ascii: "'"): nodes.append(makeNode(.scalar(try singleQuoted()), column))
      case UInt8(ascii: "\""): nodes.append(makeNode(.scalar(try doubleQuoted()), column))
      default: nodes.append(makeNode(.scalar(try plain(inList: true)), column))
      }
      skipBlanks()
      if position < bytes.count, bytes[position] == UInt8(ascii: ",") {
        position += 1
      } else if position < bytes.count, bytes[position] != UInt8(ascii: "]") {
        throw YAMLValueError(column: position, problem: "',' or ']' must stand here")
      }
    }
  }

  private mutating func plain(inList: Bool) throws(YAMLValueError) -> YAMLScalar {
    let start = position
    try refuseIndicator()
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "#"), position > start, isBlank(bytes[position - 1]) { break }
      if inList, [0x2C, 0x5B, 0x5D, 0x7B, 0x7D].contains(byte) { break }  // , [ ] { }
      if byte == UInt8(ascii: ":"), position + 1 == bytes.count || isBlank(bytes[position + 1]) {
        throw YAMLValueError(
          column: position, problem: "a second ':' stands in the value",
          remedy: "put the value in quotes, or begin a new line for a new key")
      }
      position += 1
    }
    var end = position
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    if end == start {
      throw YAMLValueError(column: start, problem: "a value is missing here")
    }
    do {
      return try YAMLScalar(plain: String(decoding: bytes[start..<end], as: UTF8.self))
    } catch {
      throw YAMLValueError(column: start, problem: error.problem, remedy: error.remedy)
    }
  }

  /// A plain scalar cannot begin with a character that means something else in YAML.
  private func refuseIndicator() throws(YAMLValueError) {
    let name: String
    switch bytes[position] {
    case UInt8(ascii: "&"): name = "an anchor ('&')"
    case UInt8(ascii: "*"): name = "an alias ('*')"
    case UInt8(ascii: "!"): name = "a tag ('!')"
    case UInt8(ascii: "|"), UInt8(ascii: ">"): name = "a block scalar ('|' or '>')"
    case UInt8(ascii: "{"): name = "a flow map ('{')"
    case UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"): name = "a reserved character"
    case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","): name = "a stray bracket or comma"
    case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
      guard position + 1 == bytes.count || isBlank(bytes[position + 1]) else { return }
      name = "a nested list or map in one line"
    default: return
    }
    throw YAMLValueError(
      kind: .unsupported, column: position, problem: "\(name) is not supported",
      remedy: "write the value out, or put it in quotes")
  }

  /// `'…'`, where two quotes stand for one.
  private mutating func singleQuoted() throws(YAMLValueError) -> YAMLScalar {
    let start = position
    var text: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte != UInt8(ascii: "'") {
        text.append(byte)
      } else if position < bytes.count, bytes[position] == UInt8(ascii: "'") {
        text.append(byte)
        position += 1
      } else {
        return YAMLScalar(text: String(decoding: text, as: UTF8.self), type: .string)
      }
    }
    throw unclosed(start)
  }

  /// `"…"` with the escapes `\"`, `\\`, `\n` and `\t`.
  private mutating func doubleQuoted() throws(YAMLValueError) -> YAMLScalar {
    let start = position
    var text: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        return YAMLScalar(text: String(decoding: text, as: UTF8.self), type: .string)
      }
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      switch position < bytes.count ? bytes[position] : 0 {
      case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
      case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "t"): text.append(0x09)
      default:
        throw YAMLValueError(
          column: position - 1, problem: "unknown escape in double quotes",
          remedy: "use \\\" \\\\ \\n \\t, or single quotes for text as it is")
      }
      position += 1
    }
    throw unclosed(start)
  }

  private func unclosed(_ start: Int) -> YAMLValueError {
    YAMLValueError(
      column: start, problem: "the quote is not closed in this line",
      remedy: "close it in the same line")
  }

  private mutating func skipBlanks() {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
