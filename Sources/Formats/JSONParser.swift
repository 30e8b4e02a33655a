// Strict JSON: what may be read twice in different ways is not read at all.
//
// Source     RFC 8259; formats of this project add: no duplicate keys, a depth cap, exact integers
// Safety     Recursion goes as deep as the caller's cap and no deeper; no number from the text is
//            ever used as a count.
// Tests      Tests/FormatsTests/JSONTests.swift

extension JSONValue {
  /// Reads one JSON document.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8 text, without a byte-order mark; blanks around the value are accepted.
  ///   - maximumDepth: How deeply arrays and objects may be nested, at most 200.
  ///   - maximumCount: How many elements an array may have.
  ///   - format: The name of the format in messages.
  ///   - base: What to add to byte offsets in messages.
  /// - Throws: `malformed`, `truncated`, `duplicate`, `limitExceeded` or `trailing`, with the byte.
  public init(
    parsing bytes: [UInt8], maximumDepth: Int = 64, maximumCount: Int = .max,
    format: String = "JSON", base: Int = 0
  ) throws(FormatError) {
    // 200 nested calls use a few hundred kilobytes of a thread's stack, even in debug builds.
    var parser = JSONParser(
      bytes: bytes, maximumDepth: Swift.min(maximumDepth, 200), maximumCount: maximumCount,
      format: format, base: base)
    self = try parser.document()
  }
}

extension JSONValue {
  /// Reads a file that holds one JSON document.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The largest size to accept, in bytes.
  /// - Throws: `io`, or as the parser, naming the file.
  public init(path: String, limit: Int = 64 << 20) throws(FormatError) {
    let bytes = try PosixFileSystem().readFile(path, limit: limit, format: "JSON")
    do throws(FormatError) { try self.init(parsing: bytes) } catch { throw error.inFile(path) }
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  let maximumDepth: Int
  let maximumCount: Int
  let format: String
  let base: Int
  var position = 0

  mutating func document() throws(FormatError) -> JSONValue {
    skipBlanks()
    let value = try value(depth: 0)
    skipBlanks()
    if position < bytes.count {
      throw error(.trailing, "\(bytes.count - position) bytes follow the value")
    }
    return value
  }

  private mutating func value(depth: Int) throws(FormatError) -> JSONValue {
    switch try peek() {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(FormatError) -> JSONValue {
    try enter(depth)
    var members = OrderedMap<JSONValue>()
    if try closes(UInt8(ascii: "}")) { return .object(members) }
    while true {
      let start = position
      guard try peek() == UInt8(ascii: "\"") else {
        throw error(.malformed, "a name in double quotes must stand here")
      }
      let key = try string()
      skipBlanks()
      guard try peek() == UInt8(ascii: ":") else {
        throw error(.malformed, "':' must follow the name \(FormatError.quoted(key))")
      }
      position += 1
      skipBlanks()
      guard members.insert(try value(depth: depth), for: key) else {
        position = start
        throw error(.duplicate, "the name \(FormatError.quoted(key)) occurs twice")
      }
      if try !continues(orCloses: UInt8(ascii: "}")) { return .object(members) }
    }
  }

  private mutating func array(depth: Int) throws(FormatError) -> JSONValue {
    try enter(depth)
    var values: [JSONValue] = []
    if try closes(UInt8(ascii: "]")) { return .array(values) }
    while true {
      if values.count == maximumCount {
        throw error(.limitExceeded, "an array has more than \(maximumCount) elements")
      }
      values.append(try value(depth: depth))
      if try !continues(orCloses: UInt8(ascii: "]")) { return .array(values) }
    }
  }

  private mutating func enter(_ depth: Int) throws(FormatError) {
    if depth > maximumDepth {
      throw error(.limitExceeded, "nesting is deeper than \(maximumDepth) levels")
    }
    position += 1
    skipBlanks()
  }

  private mutating func closes(_ bracket: UInt8) throws(FormatError) -> Bool {
    guard try peek() == bracket else { return false }
    position += 1
    return true
  }

  /// After an element: true past a comma, false past the closing bracket.
  private mutating func continues(orCloses bracket: UInt8) throws(FormatError) -> Bool {
    skipBlanks()
    if try closes(bracket) { return false }
    guard try peek() == UInt8(ascii: ",") else {
      throw error(.malformed, "',' or '\(Character(Unicode.Scalar(bracket)))' must stand here")
    }
    position += 1
    skipBlanks()
    return true
  }

  private mutating func word(
    _ text: String, _ value: JSONValue
  ) throws(FormatError) -> JSONValue {
    for byte in text.utf8 {
      guard try peek() == byte else {
        throw error(.malformed, "a value begins like '\(text)' but is not that word")
      }
      position += 1
    }
    return value
  }

  private mutating func number() throws(FormatError) -> JSONValue {
    let start = position
    if try peek() == UInt8(ascii: "-") { position += 1 }
    let isZero = position < bytes.count && bytes[position] == UInt8(ascii: "0")
    let whole = skipDigits()
    if whole == 0 || (isZero && whole > 1) {
      position = start
      throw error(.malformed, "no JSON value begins like this")
    }
    var isWhole = true
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      if skipDigits() == 0 { throw error(.malformed, "a digit must follow the decimal point") }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D {
        position += 1
      }
      if skipDigits() == 0 { throw error(.malformed, "a digit must follow the exponent sign") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, text != "-0" {
      if let integer = Int(text) { return .integer(integer) }
      position = start
      throw error(
        .limitExceeded, "\(FormatError.quoted(text)) does not fit a 64-bit integer",
        "write it as a string or with a decimal point")
    }
    guard let value = Double(text), value.isFinite else {
      position = start
      throw error(.limitExceeded, "\(FormatError.quoted(text)) is beyond the range of a Double")
    }
    return .number(value)
  }

  /// Moves past digits and returns how many there were.
  private mutating func skipDigits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
    return position - start
  }

  private mutating func string() throws(FormatError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while true {
      let byte = try peek()
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          position = start
          throw error(.malformed, "a string is not valid UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20:
        position -= 1
        throw error(.malformed, "a control character stands unescaped in a string")
      default: content.append(byte)
      }
    }
  }

  private mutating func escape(into content: inout [UInt8]) throws(FormatError) {
    let start = position - 1
    let byte = try peek()
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourHexDigits()
      if code & 0xFC00 == 0xD800, position + 1 < bytes.count, bytes[position] == 0x5C,
        bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try fourHexDigits()
        guard low & 0xFC00 == 0xDC00 else { throw loneSurrogate(start) }
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(code) else { throw loneSurrogate(start) }
      content += Array(String(Character(scalar)).utf8)
    default:
      position = start
      throw error(.malformed, "unknown escape in a string")
    }
  }

  private mutating func loneSurrogate(_ start: Int) -> FormatError {
    position = start
    return error(.malformed, "an escape names half of a surrogate pair")
  }

  private mutating func fourHexDigits() throws(FormatError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
        throw error(.malformed, "four hexadecimal digits must follow \\u")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private func peek() throws(FormatError) -> UInt8 {
    guard position < bytes.count else { throw error(.truncated, "the text ends early") }
    return bytes[position]
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private func error(
    _ kind: FormatError.Kind, _ problem: String, _ remedy: String = ""
  ) -> FormatError {
    FormatError(kind, format: format, at: .byte(base + position), problem, remedy: remedy)
  }
}
