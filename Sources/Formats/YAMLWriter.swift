// Writing the YAML subset: run records that read back as exactly the same values.
//
// Read       YAMLParser.swift ← this file
// Tests      Tests/FormatsTests/YAMLTests.swift

extension YAMLNode {
  /// The node as a YAML file.
  ///
  /// Text is quoted when its plain form would read back as another type; floats are the shortest
  /// text that reads back equal.
  ///
  /// - Returns: Lines, each ended by a line feed.
  /// - Throws: `unsupported` for what the subset cannot say: a top that is not a map, maps or lists
  ///   in a list, keys outside the grammar, control characters other than newline and tab.
  public func yaml() throws(FormatError) -> String {
    guard case .map(let pairs) = content else { throw cannot("the top must be a map") }
    var text = ""
    try YAMLNode.append(pairs, indentation: 0, depth: 1, to: &text)
    return text
  }

  private static func append(
    _ pairs: OrderedMap<YAMLNode>, indentation: Int, depth: Int, to text: inout String
  ) throws(FormatError) {
    let blanks = String(repeating: " ", count: indentation)
    for pair in pairs {
      guard isKey(pair.key), depth <= YAMLLimits().depth else {
        throw pair.value.cannot("the key \(FormatError.quoted(pair.key)) is refused or too deep")
      }
      text += "\(blanks)\(pair.key):"
      switch pair.value.content {
      case .scalar(let scalar):
        let value = try pair.value.written(scalar)
        text += value.isEmpty ? "\n" : " \(value)\n"
      case .map(let inner):
        if inner.isEmpty { throw pair.value.cannot("an empty map has no text") }
        text += "\n"
        try append(inner, indentation: indentation + 2, depth: depth + 1, to: &text)
      case .list(let nodes):
        if nodes.isEmpty { text += " []" }
        text += "\n"
        for node in nodes {
          guard case .scalar(let scalar) = node.content else {
            throw node.cannot("a list may hold scalars only")
          }
          let value = try node.written(scalar)
          text += "\(blanks)  -" + (value.isEmpty ? "\n" : " \(value)\n")
        }
      }
    }
  }

  private func written(_ scalar: YAMLScalar) throws(FormatError) -> String {
    switch scalar.type {
    case .null: return ""
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .float(let value): return YAMLScalar.text(of: value)
    case .string: break
    }
    let text = scalar.text
    if let control = text.unicodeScalars.first(where: {
      ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || $0.value == 0x7F
    }) {
      throw cannot("the text holds the control character \(control.value)")
    }
    if text.contains("\n") || text.contains("\t") {
      let escaped = text.unicodeScalars.map { scalar in
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\t": "\\t"
        default: String(Character(scalar))
        }
      }
      return "\"\(escaped.joined())\""
    }
    // The reader itself decides whether the plain form says the same.
    let asPair = try? YAMLNode(parsing: "k: \(text)")
    if asPair?["k"] == .string(text), !text.isEmpty { return text }
    let quotesDoubled = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'\(quotesDoubled.joined(separator: "''"))'"
  }

  private static func isKey(_ key: String) -> Bool {
    guard let first = key.utf8.first, first > 0x39 else { return false }
    return key.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
    }
  }

  private func cannot(_ problem: String) -> FormatError {
    error(.unsupported, "cannot be written as YAML: \(problem)")
  }
}
