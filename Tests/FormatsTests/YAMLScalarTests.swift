import Formats
import Testing

@Suite("YAML scalars") struct YAMLScalarTests {
  /// What PyYAML reads as these, this reader refuses, for the reasons in YAMLScalar.swift.
  static let refused: Set<String> = [
    "yes", "Yes", "no", "NO", "on", "Off", "1_000", "010", "0x1F", "0b11", "1:30", "190:20:30",
    "0.1_0", "1_0.5", "00", "0_1", "07_1", "-010", "+0x1f", "1:5", "1:30.5", "1_",
  ]

  @Test("every plain scalar has PyYAML's type and value, or is refused on purpose")
  func agreesWithPyYAML() throws {
    let rows = try JSONValue(parsing: try fixture("yaml_scalars.json")).array ?? []
    #expect(rows.count == 109)
    for row in rows {
      let fields = (row.array ?? []).compactMap(\.string)
      let (text, kind, value) = (fields[0], fields[1], fields[2])
      if Self.refused.contains(text) {
        #expect(formatError { _ = try YAMLNode(parsing: "k: \(text)") } != nil, "\(text)")
        continue
      }
      let node = try YAMLNode(parsing: "k: \(text)").map()["k"]
      guard case .scalar(let scalar) = node?.content else {
        Issue.record("\(text) is no scalar")
        continue
      }
      switch scalar.type {
      case .null: #expect(kind == "NoneType", "\(text)")
      case .bool(let found): #expect(kind == "bool" && value == (found ? "True" : "False"))
      case .integer(let found): #expect(kind == "int" && value == String(found), "\(text)")
      case .float(let found):
        let expected = Double(value)
        #expect(kind == "float", "\(text)")
        #expect(expected?.isNaN == true ? found.isNaN : found == expected, "\(text)")
      case .string:
        // A date is text here: no key of a configuration is a date.
        #expect(kind == "str" || kind == "date", "\(text)")
        #expect(scalar.text == text)
      }
    }
  }

  @Test(
    "number() reads every decimal notation",
    arguments: [
      ("1e-4", 1e-4), ("0.0001", 1e-4), ("1.0e-4", 1e-4), ("1", 1), ("-.5", -0.5), ("2.", 2),
      ("1E5", 1e5), ("+3", 3), ("6.02e23", 6.02e23),
    ])
  func numbers(text: String, value: Double) throws {
    #expect(try YAMLNode(parsing: "lr: \(text)").required("lr").number() == value)
  }

  @Test(
    "number() refuses what only looks like one",
    arguments: ["nan", "inf", ".nan", ".inf", "abc", "1e", "e5", "'0x10'", "1e999", "true", "."])
  func notNumbers(text: String) {
    #expect(
      formatError { _ = try YAMLNode(parsing: "lr: \(text)").required("lr").number() }?.kind
        == .typeMismatch)
  }

  @Test("integers beyond 64 bits are refused")
  func largeInteger() {
    #expect(formatError { _ = try YAMLNode(parsing: "k: 9223372036854775808") } != nil)
  }
}
