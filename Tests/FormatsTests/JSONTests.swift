import Formats
import Foundation
import Testing

@Suite("JSON") struct JSONTests {
  private func parse(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
  }

  @Test("what is written reads back equal, and equal values give equal bytes")
  func roundTrip() throws {
    let value: JSONValue = [
      "b": [1, -2, 0, true, nil_, "é\n\u{1}\"\\/"], "a": 0.1, "large": 1e300,
      "tiny": .number(.leastNonzeroMagnitude),
      "whole": 3.0, "max": .integer(.max), "min": .integer(.min), "empty": [:], "none": [],
    ]
    #expect(try parse(value.text) == value)
    #expect(value.text.hasPrefix("{\"b\":[1,-2,0,true,null,\"é\\n\\u0001\\\"\\\\/\"],\"a\":0.1,"))
  }
  private let nil_ = JSONValue.null

  @Test("a Float is written with the digits of a Float")
  func floats() {
    #expect(JSONValue.float(0.1).text == "0.1")
    #expect(JSONValue.number(0.1).text == "0.1")
  }

  @Test("numbers JSON lacks become words and come back")
  func notFinite() throws {
    #expect(JSONValue.number(-Double.infinity).text == "\"-Infinity\"")
    #expect(try parse(JSONValue.number(Double.nan).text).double?.isNaN == true)
    #expect(try parse(JSONValue.float(.infinity).text).double == .infinity)
  }

  @Test("integers are exact, everything else is a Double")
  func numbers() throws {
    #expect(try parse("9007199254740993") == .integer(9_007_199_254_740_993))
    #expect(try parse("1.0") == .number(1))
    #expect(try parse("1e2") == .number(100))
    #expect(try parse("-0").double?.sign == .minus)
  }

  @Test(
    "what can be read in two ways is refused",
    arguments: [
      ("{\"a\":1,\"a\":2}", FormatError.Kind.duplicate), ("{\"a\":1,\"\\u0061\":2}", .duplicate),
      ("[1,]", .malformed), ("{,}", .malformed), ("01", .malformed), ("+1", .malformed),
      (".5", .malformed), ("5.", .malformed), ("1e", .malformed), ("--1", .malformed),
      ("NaN", .malformed), ("nul", .truncated), ("nulL", .malformed), ("1e999", .limitExceeded),
      ("9223372036854775808", .limitExceeded), ("\"\\ud800\"", .malformed), ("'a'", .malformed),
      ("\"\\udc00\"", .malformed), ("\"\\ud800\\u0041\"", .malformed), ("\"\u{1F}\"", .malformed),
      ("\"\\x\"", .malformed), ("\"\\u00g0\"", .malformed), ("\"a", .truncated), ("", .truncated),
      ("1 2", .trailing), ("{\"a\" 1}", .malformed), ("{\"a\":1", .truncated),
      ("\u{FEFF}1", .malformed),
    ])
  func refused(text: String, kind: FormatError.Kind) {
    #expect(formatError { _ = try parse(text) }?.kind == kind)
  }

  @Test("nesting stops at its cap")
  func depth() throws {
    func nested(_ n: Int) -> String {
      String(repeating: "[", count: n) + String(repeating: "]", count: n)
    }
    #expect(try parse(nested(64)).array?.count == 1)
    #expect(formatError { _ = try parse(nested(65)) }?.kind == .limitExceeded)
    #expect(formatError { _ = try parse(String(repeating: "[{\"a\":", count: 100_000)) } != nil)
    let deepest = try JSONValue(parsing: Array(nested(200).utf8), maximumDepth: 9_999)
    #expect(deepest.text == nested(200))
  }

  @Test("names that look alike but differ in bytes are two names")
  func canonicalEquivalence() throws {
    let value = try parse("{\"e\u{301}\":1,\"\u{E9}\":2}")
    #expect(value["e\u{301}"] == 1 && value["\u{E9}"] == 2)
  }

  @Test("mutations throw or read, and never trap; what reads also writes and reads again")
  func mutations() throws {
    var generator = SeededGenerator(state: 5)
    let seed = Array(
      "{\"step\":12,\"loss\":-1.5e-3,\"n\":[true,false,null,{\"k\":\"\\u00e9\\n\"}]}".utf8)
    var read = 0
    for _ in 0..<3000 {
      guard let value = try? JSONValue(parsing: mutated(seed, by: &generator)) else { continue }
      read += 1
      #expect(try parse(value.text) == value)
    }
    #expect(read > 50)
  }

  @Test("errors in a file name it")
  func files() throws {
    try withTemporaryDirectory { directory in
      try Data("{\"a\":1}".utf8).write(to: URL(filePath: directory + "/good"))
      try Data("{\"a\":}".utf8).write(to: URL(filePath: directory + "/bad"))
      #expect(try JSONValue(path: directory + "/good") == ["a": 1])
      let error = formatError { _ = try JSONValue(path: directory + "/bad") }
      #expect(error?.path == directory + "/bad" && error?.place == .byte(5))
    }
  }
}
