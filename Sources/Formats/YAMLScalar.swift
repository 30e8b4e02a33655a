// The type of a word in a YAML file.
//
// Source     YAML 1.1 type repository (bool, int, float, null) as PyYAML 6 applies it
// Errata     Stricter than YAML 1.1 where people get hurt: `yes`, `no`, `on`, `off` are refused as
//            ambiguous, and `010` (octal 8), `0x1F`, `0b11`, `1_000`, `1:30` (sexagesimal 90) as
//            numbers that do not look like what they are.
// Tests      Tests/FormatsTests/YAMLScalarTests.swift

/// A scalar: its text and the type that text has.
public struct YAMLScalar: Equatable, Sendable {
  public enum ScalarType: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string
  }

  public var text: String
  public var type: ScalarType

  public init(text: String, type: ScalarType) {
    self.text = text
    self.type = type
  }

  /// Equal in type and value; NaN equals NaN, and the notation of a number does not matter.
  public static func == (a: YAMLScalar, b: YAMLScalar) -> Bool {
    switch (a.type, b.type) {
    case (.float(let x), .float(let y)): x == y || (x.isNaN && y.isNaN)
    case (.string, .string): ByteKey(text: a.text) == ByteKey(text: b.text)
    default: a.type == b.type
    }
  }

  /// Why a plain scalar is refused.
  struct Refusal: Error {
    let problem: String
    let remedy: String
  }

  /// The scalar a plain (unquoted) text stands for.
  init(plain text: String) throws(Refusal) {
    self.text = text
    switch text {
    case "", "~", "null", "Null", "NULL": type = .null
    case "true", "True", "TRUE": type = .bool(true)
    case "false", "False", "FALSE": type = .bool(false)
    case "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF":
      throw Refusal(
        problem: "'\(text)' is ambiguous: a truth value to some programs, a word to others",
        remedy: "write true or false, or put the word in quotes")
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": type = .float(.infinity)
    case "-.inf", "-.Inf", "-.INF": type = .float(-.infinity)
    case ".nan", ".NaN", ".NAN": type = .float(.nan)
    default: type = try YAMLScalar.numberOrString(text)
    }
  }

  private static func numberOrString(_ text: String) throws(Refusal) -> ScalarType {
    let bytes = Array(text.utf8)
    if isWhole(bytes) {
      if let value = Int(text) { return .integer(value) }
      throw Refusal(
        problem: "\(FormatError.quoted(text)) does not fit 64 bits", remedy: "write it in quotes")
    }
    if isDisguisedNumber(bytes) {
      throw Refusal(
        problem: "\(FormatError.quoted(text)) is a number in disguise: YAML 1.1 reads octal, "
          + "hexadecimal, binary, '_' and ':' in numbers",
        remedy: "write a plain decimal, or put it in quotes")
    }
    if isFloat(bytes), let value = Double(text) {
      if value.isFinite { return .float(value) }
      throw Refusal(
        problem: "\(FormatError.quoted(text)) is beyond the range of a Double",
        remedy: "write .inf if infinity is meant")
    }
    return .string
  }

  /// Optional sign, then `0` or digits without a leading zero.
  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    let digits = unsigned(bytes)
    return !digits.isEmpty && digits.allSatisfy(isDigit)
      && (digits.count == 1 || digits.first != UInt8(ascii: "0"))
  }

  /// A dot in the mantissa and, if there is an exponent, a sign in it; `-.5` is a word.
  private static func isFloat(_ bytes: [UInt8]) -> Bool {
    let mantissa = unsigned(bytes)
    let whole = mantissa.prefix(while: isDigit)
    if whole.isEmpty && mantissa.count < bytes.count { return false }
    var rest = mantissa.dropFirst(whole.count)
    guard rest.popFirst() == UInt8(ascii: ".") else { return false }
    let fraction = rest.prefix(while: isDigit)
    if whole.isEmpty && fraction.isEmpty { return false }
    rest = rest.dropFirst(fraction.count)
    guard let letter = rest.popFirst() else { return true }
    guard letter | 0x20 == UInt8(ascii: "e"), let sign = rest.popFirst(), isSign(sign) else {
      return false
    }
    return !rest.isEmpty && rest.allSatisfy(isDigit)
  }

  /// What YAML 1.1 reads as a number although it does not look like its value.
  private static func isDisguisedNumber(_ bytes: [UInt8]) -> Bool {
    let body = unsigned(bytes)
    guard let first = body.first else { return false }
    if first == UInt8(ascii: "0"), body.count > 1 {
      let tail = body.dropFirst()
      let second = body[body.startIndex + 1]
      if second == UInt8(ascii: "x"), tail.count > 1 {
        return tail.dropFirst().allSatisfy {
          isDigit($0) || $0 == UInt8(ascii: "_") || (0x61...0x66).contains($0 | 0x20)
        }
      }
      if second == UInt8(ascii: "b"), tail.count > 1 {
        return tail.dropFirst().allSatisfy { [0x30, 0x31, 0x5F].contains($0) }
      }
      if tail.allSatisfy({ (0x30...0x37).contains($0) || $0 == UInt8(ascii: "_") }) { return true }
    }
    // Digits and underscores, a dot among them or not; or base 60: `1:30`, `190:20:30.15`.
    let letters = Set(body)
    guard isDigit(first) || (first == UInt8(ascii: ".") && body.count == bytes.count) else {
      return false
    }
    if letters.contains(UInt8(ascii: ":")) { return isSexagesimal(body) }
    guard letters.contains(UInt8(ascii: "_")) else { return false }
    let plain = bytes.filter { $0 != UInt8(ascii: "_") }
    return first != UInt8(ascii: "0") && isWhole(plain) || isFloat(plain)
  }

  /// Digits, then groups `:0`…`:59`, then perhaps a dot and digits.
  private static func isSexagesimal(_ body: ArraySlice<UInt8>) -> Bool {
    let groups = body.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard let head = groups.first, head.allSatisfy({ isDigit($0) || $0 == 0x5F }) else {
      return false
    }
    for (i, group) in groups.enumerated().dropFirst() {
      var digits = group
      if i == groups.count - 1, let dot = group.firstIndex(of: UInt8(ascii: ".")) {
        guard group[(dot + 1)...].allSatisfy({ isDigit($0) || $0 == 0x5F }) else { return false }
        digits = group[..<dot]
      }
      guard (1...2).contains(digits.count), digits.allSatisfy(isDigit) else { return false }
      if digits.count == 2, digits[digits.startIndex] > UInt8(ascii: "5") { return false }
    }
    return true
  }

  /// The value of a decimal number in any common notation: `1`, `.5`, `-2.`, `1e-4`, `1E5`.
  ///
  /// - Parameter text: The whole text; no blanks, no hexadecimal, no words.
  /// - Returns: nil if the text is anything else or not finite.
  public static func decimal(_ text: String) -> Double? {
    var rest = unsigned(Array(text.utf8))
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fractionCount = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      let fraction = rest.prefix(while: isDigit)
      fractionCount = fraction.count
      rest = rest.dropFirst(fractionCount)
    }
    if whole.isEmpty && fractionCount == 0 { return nil }
    if let letter = rest.popFirst() {
      guard letter | 0x20 == UInt8(ascii: "e") else { return nil }
      if let sign = rest.first, isSign(sign) { rest = rest.dropFirst() }
      if rest.isEmpty || !rest.allSatisfy(isDigit) { return nil }
    }
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The shortest text that reads back as the same float and that YAML 1.1 takes for a float: with
  /// a dot, and with a sign in the exponent.
  static func text(of value: Double) -> String {
    if value.isNaN { return ".nan" }
    if value.isInfinite { return value > 0 ? ".inf" : "-.inf" }
    let text = value.description  // `0.5`, `1e-06`, `6.02e+23`: the sign is always there
    guard let e = text.firstIndex(of: "e"), !text.contains(".") else { return text }
    return text[..<e] + ".0" + text[e...]
  }

  private static func unsigned(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    bytes.first.map(isSign) == true ? bytes.dropFirst() : bytes[...]
  }

  private static func isSign(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
