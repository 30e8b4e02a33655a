// Declarations of a Swift file: their names, and from which line to which each reaches.
//
// Idea       Words of the blanked code (SwiftText.swift) are read once; a stack says what each brace belongs
//            to. What is declared inside a function's braces is local and only found when nothing else is.
// End        A declaration ends with the first line after which every bracket is closed and neither it nor
//            the next line asks to be continued: `-> Self`, `where`, `{`, a trailing operator.
// Read       SwiftText.swift ← this file → Quotation.swift
// Tests      Tests/DocumentationTests/QuotationTests.swift

/// One declaration.
struct Declaration: Hashable {
  let keyword: String
  /// `distanceCorrelation`, `init`, `+`.
  let name: String
  /// The types around it, outermost first.
  let types: [String]
  /// Argument labels, for what takes arguments.
  let labels: [String]?
  /// Whether it stands in a function's braces.
  let isLocal: Bool
  /// Lines, counted from 0: attributes included, doc comments not.
  let lines: ClosedRange<Int>
  /// The line with the keyword.
  let line: Int

  /// The name with argument labels, as DocC writes it.
  var fullName: String {
    guard let labels else { return name }
    return "\(name)(\(labels.map { "\($0):" }.joined()))"
  }

  /// Whether `query` means this: a name, with or without types before it and labels behind it.
  func isNamed(_ query: String) -> Bool {
    let scope = types.map { "\($0)." }
    return [name, fullName].contains { own in
      // A.B.c is found as c, B.c and A.B.c.
      (0...scope.count).contains { query == scope[$0...].joined() + own }
    }
  }
}

extension SwiftText {
  /// Every declaration, in the order of the file.
  func declarations() -> [Declaration] {
    var found: [Declaration] = []
    var braces: [String?] = []  // the type a brace belongs to, or nil
    var pendingType: String?
    var parentheses = 0
    let tokens = tokens()
    for (t, token) in tokens.enumerated() {
      switch token.text {
      case "(", "[": parentheses += 1
      case ")", "]": parentheses -= 1
      case "{":
        braces.append(parentheses == 0 ? pendingType : nil)
        pendingType = nil
      case "}": _ = braces.popLast()
      default:
        guard Self.keywords.contains(token.text), t + 1 < tokens.count,
          t == 0 || ![".", "`"].contains(tokens[t - 1].text)
        else { continue }
        let isType = Self.typeKeywords.contains(token.text)
        // `class func`, and `case` of a switch or in a condition.
        if isType && Self.keywords.contains(tokens[t + 1].text) { continue }
        if token.text == "case" && (braces.last ?? nil) == nil { continue }
        for name in names(after: t, in: tokens) {
          if isType { pendingType = name }
          let takesArguments = ["func", "init", "subscript"].contains(token.text)
          found.append(
            Declaration(
              keyword: token.text, name: name, types: braces.compactMap { $0 },
              labels: takesArguments ? labels(after: t, in: tokens) : nil,
              isLocal: braces.contains(nil) || parentheses > 0, lines: extent(from: token.offset),
              line: line(of: token.offset)))
        }
      }
    }
    return found
  }

  private struct Token {
    let text: String
    let offset: Int
  }

  private static let typeKeywords: Set = [
    "struct", "class", "enum", "actor", "protocol", "extension",
  ]
  private static let keywords: Set = typeKeywords.union([
    "func", "init", "subscript", "var", "let", "case", "typealias", "associatedtype",
  ])

  /// Names, operators and single marks of the code.
  private func tokens() -> [Token] {
    func isName(_ byte: UInt8) -> Bool {
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || byte == 95 || byte >= 128
    }
    let operators = Set("+-*/=<>!&|^~%".utf8)
    var tokens: [Token] = []
    var i = 0
    while i < code.count {
      let start = i
      if isName(code[i]) {
        while i < code.count, isName(code[i]) { i += 1 }
      } else if operators.contains(code[i]) {
        while i < code.count, operators.contains(code[i]) { i += 1 }
      } else {
        i += 1
        if [32, 10, 13, 9, 39].contains(code[start]) { continue }
      }
      tokens.append(Token(text: String(decoding: code[start..<i], as: UTF8.self), offset: start))
    }
    return tokens
  }

  /// The names a keyword declares: several for `case a, b`, with dots for `extension A.B`.
  private func names(after t: Int, in tokens: [Token]) -> [String] {
    let keyword = tokens[t].text
    if keyword == "init" || keyword == "subscript" {
      return ["(", "<", "?", "!"].contains(tokens[t + 1].text) ? [keyword] : []
    }
    var names: [String] = []
    var next = t + 1
    while next < tokens.count {
      if tokens[next].text == "`" { next += 1 }
      guard next < tokens.count, !"([{:".contains(tokens[next].text) else { break }
      var name = tokens[next].text
      next += 1
      while keyword == "extension", next + 1 < tokens.count, tokens[next].text == "." {
        name += ".\(tokens[next + 1].text)"
        next += 2
      }
      names.append(name)
      guard keyword == "case" else { break }
      var depth = 0
      while next < tokens.count, depth > 0 || tokens[next].text == "(" {
        if tokens[next].text == "(" { depth += 1 }
        if tokens[next].text == ")" { depth -= 1 }
        next += 1
      }
      guard next < tokens.count, tokens[next].text == "," else { break }
      next += 1
    }
    return names
  }

  /// The labels of the parameters behind a function's name.
  private func labels(after t: Int, in tokens: [Token]) -> [String] {
    var labels: [String] = []
    var depth = 0
    var isFirst = false
    for token in tokens[(t + 1)...] {
      switch token.text {
      case "(", "[":
        depth += 1
        isFirst = depth == 1
      case ")", "]":
        depth -= 1
        if depth == 0 { return labels }
      case ",": isFirst = depth == 1
      case "{": return labels
      default:
        if depth == 1 && isFirst && token.text != "@" { labels.append(token.text) }
        isFirst = depth == 1 && isFirst && token.text == "@"
      }
    }
    return labels
  }

  /// The lines of a declaration whose keyword stands at `offset`.
  private func extent(from offset: Int) -> ClosedRange<Int> {
    var first = line(of: offset)
    while first > 0, code(line: first - 1).first(where: { $0 != 32 }) == UInt8(ascii: "@") {
      first -= 1
    }
    var depth = 0
    var i = offset
    while i < code.count {
      switch code[i] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        // The brace of what stands around it: `enum E { case a }`.
        if depth < 0 { return first...max(first, line(of: i) - 1) }
      case UInt8(ascii: "\n"):
        let current = line(of: i)
        if depth == 0 && !goesOn(after: current) { return first...current }
      default: break
      }
      i += 1
    }
    return first...line(of: max(0, code.count - 1))
  }

  private static let leading = ["->", "where", "throws", "async", "{", ".", "?", ":", "else"]
  private static let operators = ["=", "+", "-", "*", "/", "&&", "||", "==", "??", "<", ">", "&"]

  /// Whether a line, all brackets closed, is continued by the next.
  private func goesOn(after line: Int) -> Bool {
    func words(_ line: Int) -> [Substring] {
      String(decoding: code(line: line), as: UTF8.self).split(separator: " ")
    }
    guard line + 1 < lineStarts.count else { return false }
    if let last = words(line).last, Self.operators.contains(String(last)) || last.hasSuffix(",") {
      return true
    }
    guard let next = words(line + 1).first else { return false }
    return Self.operators.contains(String(next))
      || Self.leading.contains { next == $0 || ($0.count == 1 && $0 != ":" && next.hasPrefix($0)) }
      || next.hasPrefix("throws(")
  }
}
