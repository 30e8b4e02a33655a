// JSON as a value: what metrics, records and the safetensors header are made of.
//
// Source     RFC 8259
// Idea       Whole numbers stay exact (Int), all others are Double. Objects keep their order and
//            tell names apart by their bytes. JSON has no NaN: a number that is not finite is
//            written as the string "NaN", "Infinity" or "-Infinity", and `double` reads it back,
//            because a metric that is lost tells less than a metric that says it broke.
// Read       this file → JSONParser.swift → JSONLines.swift
// Tests      Tests/FormatsTests/JSONTests.swift

/// One JSON value.
public enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number written with digits only that fits 64 bits.
  case integer(Int)
  /// Every other number; finite when it comes from a file.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(OrderedMap<JSONValue>)

  /// A Float as the shortest decimal that reads back as the same Float: 0.1, not 0.10000000149.
  public static func float(_ value: Float) -> JSONValue {
    .number(value.isFinite ? Double(value.description) ?? Double(value) : Double(value))
  }

  /// The number as Double; also reads the three strings that stand for numbers JSON lacks.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    default: nil
    }
  }

  /// The whole number, if it is one.
  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The text, if it is a string.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The elements, if it is an array.
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

  /// The members, if it is an object.
  public var object: OrderedMap<JSONValue>? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The member of an object, or nil.
  public subscript(key: String) -> JSONValue? { object?[key] }

  /// The value as text without blanks, its keys in order; the same value gives the same bytes.
  public var text: String {
    var text = ""
    append(to: &text)
    return text
  }

  private func append(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += JSONValue.text(of: value)
    case .string(let value): JSONValue.appendQuoted(value, to: &text)
    case .array(let values):
      text += "["
      for (i, value) in values.enumerated() {
        if i > 0 { text += "," }
        value.append(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (i, member) in members.enumerated() {
        if i > 0 { text += "," }
        JSONValue.appendQuoted(member.key, to: &text)
        text += ":"
        member.value.append(to: &text)
      }
      text += "}"
    }
  }

  /// The shortest text that reads back as the same Double, or a quoted word if it is not finite.
  private static func text(of value: Double) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value > 0 ? "\"Infinity\"" : "\"-Infinity\"" }
    return value.description
  }

  /// Appends a string in quotes, escaping the quote, the backslash and control characters only.
  static func appendQuoted(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\u{08}": text += "\\b"
      case "\u{0C}": text += "\\f"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..<" ": text += "\\u" + hexadecimal(scalar.value, digits: 4)
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object written in the source; of a repeated name the first stays.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var members = OrderedMap<JSONValue>()
    for (key, value) in elements { members.insert(value, for: key) }
    self = .object(members)
  }
}
