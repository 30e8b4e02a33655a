// Reading the YAML subset: lines first, then blocks of lines with one indentation.
//
// Grammar    file    := block, with comments and blank lines anywhere
//            block   := pair+ | item+                  lines of one indentation
//            pair    := key ':' [value] [deeper block]  the block only if the value is empty
//            item    := '-' [value]
//            value   := plain | 'single' | "double" | '[' value {',' value} ']'
//            key     := letter or '_', then letters, digits, '_', '.', '-'
// Refused    Tabs in indentation, anchors, aliases, tags, block scalars, flow maps, maps in lists,
//            several documents, duplicate keys: each by its name.
// Safety     Recursion goes one level a block and stops at the depth limit.
// Tests      Tests/FormatsTests/YAMLTests.swift

/// What the reader accepts before it looks closer.
public struct YAMLLimits: Sendable {
  /// Bytes of the file.
  public var size = 1 << 20
  /// Lines of the file.
  public var lineCount = 10_000
  /// Blocks inside blocks.
  public var depth = 8

  public init() {}
}

extension YAMLNode {
  /// Reads a file's text.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, with or without a byte-order mark, lines ended by LF or CRLF.
  ///   - path: The file's name, for messages.
  ///   - limits: What to refuse.
  /// - Throws: An error with line and column. An empty file is an empty map.
  public init(
    parsing bytes: [UInt8], path: String? = nil, limits: YAMLLimits = YAMLLimits()
  ) throws(FormatError) {
    var parser = try YAMLParser(bytes, path, limits)
    self = try parser.document()
  }

  /// Reads text.
  ///
  /// - Parameters:
  ///   - text: The content of a file.
  ///   - path: The file's name, for messages.
  /// - Throws: An error with line and column.
  public init(parsing text: String, path: String? = nil) throws(FormatError) {
    try self.init(parsing: Array(text.utf8), path: path)
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - system: Where it lies.
  ///   - limits: What to refuse.
  /// - Throws: `io`, or an error with line and column.
  public init(
    path: String, through system: some FileSystem = PosixFileSystem(),
    limits: YAMLLimits = YAMLLimits()
  ) throws(FormatError) {
    try self.init(
      parsing: system.readFile(path, limit: limits.size, format: "YAML"), path: path,
      limits: limits)
  }
}

/// A line that is neither blank nor a comment.
private struct YAMLLine {
  let number: Int
  let indentation: Int
  /// From the first character that is not a blank; blanks at the end removed.
  let content: [UInt8]
}

private struct YAMLParser {
  private let lines: [YAMLLine]
  private let path: String?
  private let limits: YAMLLimits
  private var next = 0

  init(_ bytes: [UInt8], _ path: String?, _ limits: YAMLLimits) throws(FormatError) {
    self.path = path
    self.limits = limits
    if bytes.count > limits.size {
      throw FormatError(
        .limitExceeded, format: "YAML", path: path,
        "the file has \(bytes.count) bytes; the limit is \(limits.size)")
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw FormatError(
        .malformed, format: "YAML", path: path, "the file is not UTF-8",
        remedy: "save it as UTF-8")
    }
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    var lines: [YAMLLine] = []
    var number = 0
    var hasMarker = false
    for raw in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      if number > limits.lineCount + 1 {
        throw FormatError(
          .limitExceeded, format: "YAML", path: path, at: .line(number, column: 0),
          "the file has more than \(limits.lineCount) lines")
      }
      var line = raw.last == 0x0D ? raw.dropLast() : raw
      while let last = line.last, last == 0x20 || last == 0x09 { line = line.dropLast() }
      if let i = line.firstIndex(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
        throw FormatError(
          .malformed, format: "YAML", path: path,
          at: .line(number, column: i - raw.startIndex + 1),
          "a control character (byte \(line[i])) stands in the text", remedy: "remove it")
      }
      let indentation = line.prefix { $0 == 0x20 }.count
      let content = Array(line.dropFirst(indentation))
      if content.isEmpty || content[0] == UInt8(ascii: "#") { continue }
      if content[0] == 0x09 {
        throw FormatError(
          .malformed, format: "YAML", path: path, at: .line(number, column: indentation + 1),
          "a tab stands in the indentation", remedy: "indent with blanks")
      }
      if content == Array("---".utf8), lines.isEmpty, !hasMarker {
        hasMarker = true
        continue
      }
      lines.append(YAMLLine(number: number, indentation: indentation, content: content))
    }
    self.lines = lines
  }

  mutating func document() throws(FormatError) -> YAMLNode {
    guard let first = lines.first else {
      var empty = YAMLNode.map([:])
      empty.path = path
      return empty
    }
    let node = try block(first.indentation, depth: 1, keyPath: "")
    if next < lines.count {
      throw fail(
        lines[next], 0, "the line is indented less than the first one",
        "start all top-level keys in one column")
    }
    return node
  }

  /// The lines from `next` on that have this indentation, and what is nested in them.
  private mutating func block(
    _ indentation: Int, depth: Int, keyPath: String
  ) throws(FormatError) -> YAMLNode {
    let line = lines[next]
    if depth > limits.depth {
      throw fail(
        line, 0, "nesting is deeper than \(limits.depth) levels", kind: .limitExceeded)
    }
    var node =
      isItem(line)
      ? YAMLNode.list(try items(indentation, keyPath: keyPath))
      : YAMLNode.map(try pairs(indentation, depth: depth, keyPath: keyPath))
    node.line = line.number
    node.column = line.indentation + 1
    node.path = path
    node.keyPath = keyPath
    return node
  }

  private mutating func pairs(
    _ indentation: Int, depth: Int, keyPath: String
  ) throws(FormatError) -> OrderedMap<YAMLNode> {
    var pairs = OrderedMap<YAMLNode>()
    while next < lines.count, lines[next].indentation == indentation {
      let line = lines[next]
      if isItem(line) {
        throw fail(line, 0, "a list item stands among keys", "indent it below its key")
      }
      let (key, start) = try self.key(of: line)
      let place = keyPath.isEmpty ? key : "\(keyPath).\(key)"
      if let first = pairs[key] {
        throw fail(
          line, 0, "the key \(FormatError.quoted(place)) occurs twice, first in line \(first.line)",
          "remove one of the two", kind: .duplicate)
      }
      var value = try self.value(line, from: start, keyPath: place)
      next += 1
      if value.isNull, start == line.content.count || isComment(line, start), next < lines.count {
        let following = lines[next]
        // A list may stand in the column of its key.
        if following.indentation > indentation
          || (following.indentation == indentation && isItem(following))
        {
          value = try block(following.indentation, depth: depth + 1, keyPath: place)
          // A missing key is best looked for below the name of its map.
          value.line = line.number
          value.column = indentation + 1
        }
      }
      pairs.insert(value, for: key)
      try refuseDeeper(than: indentation)
    }
    return pairs
  }

  private mutating func items(
    _ indentation: Int, keyPath: String
  ) throws(FormatError) -> [YAMLNode] {
    var items: [YAMLNode] = []
    while next < lines.count, lines[next].indentation == indentation, isItem(lines[next]) {
      items.append(try value(lines[next], from: 1, keyPath: "\(keyPath)[\(items.count)]"))
      next += 1
      try refuseDeeper(than: indentation)
    }
    return items
  }

  private func refuseDeeper(than indentation: Int) throws(FormatError) {
    guard next < lines.count, lines[next].indentation > indentation else { return }
    throw fail(
      lines[next], 0, "the line is indented deeper than the one it follows",
      "indent only below a key without a value, and siblings alike")
  }

  /// The key of a line and the index after its colon.
  private func key(of line: YAMLLine) throws(FormatError) -> (String, Int) {
    let content = line.content
    let length = content.prefix { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
    }.count
    let startsWell = content[0] > 0x39 && length > 0
    let isPair =
      startsWell && length < content.count && content[length] == UInt8(ascii: ":")
      && (length + 1 == content.count || content[length + 1] == 0x20 || content[length + 1] == 0x09)
    guard isPair else {
      let text = FormatError.quoted(String(decoding: content, as: UTF8.self))
      if content.starts(with: Array("---".utf8)) || content.starts(with: Array("...".utf8)) {
        throw fail(line, 0, "a second document begins: \(text)", kind: .unsupported)
      }
      throw fail(
        line, 0, "\(text) is not 'key: value'",
        "write a key of letters, digits, '_', '.', '-', then a colon and a blank")
    }
    return (String(decoding: content[..<length], as: UTF8.self), length + 1)
  }

  private func isItem(_ line: YAMLLine) -> Bool {
    line.content[0] == UInt8(ascii: "-")
      && (line.content.count == 1 || line.content[1] == 0x20 || line.content[1] == 0x09)
  }

  private func isComment(_ line: YAMLLine, _ start: Int) -> Bool {
    line.content[start...].first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "#")
  }

  private func value(
    _ line: YAMLLine, from start: Int, keyPath: String
  ) throws(FormatError) -> YAMLNode {
    do {
      return try YAMLValueParser(line.content, start) { content, column in
        var node = YAMLNode(content)
        node.line = line.number
        node.column = line.indentation + column + 1
        node.path = path
        node.keyPath = keyPath
        return node
      }.node()
    } catch {
      throw fail(line, error.column, error.problem, error.remedy, kind: error.kind)
    }
  }

  private func fail(
    _ line: YAMLLine, _ column: Int, _ problem: String, _ remedy: String = "",
    kind: FormatError.Kind = .malformed
  ) -> FormatError {
    FormatError(
      kind, format: "YAML", path: path,
      at: .line(line.number, column: line.indentation + column + 1), problem, remedy: remedy)
  }
}
