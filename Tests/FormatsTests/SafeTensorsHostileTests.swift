import Formats
import Testing

/// A header text with what follows it, and the answer it deserves.
struct HostileFile: CustomTestStringConvertible, Sendable {
  var name: String
  var header: [UInt8]
  var data: [UInt8] = []
  var length: UInt64?
  /// nil means: accept.
  var expected: FormatError.Kind?

  init(
    _ name: String, _ header: String, _ dataCount: Int, length: UInt64? = nil,
    _ expected: FormatError.Kind?
  ) {
    self.name = name
    self.header = Array(header.utf8)
    data = [UInt8](repeating: 0, count: dataCount)
    self.length = length
    self.expected = expected
  }

  /// A file without data.
  init(
    _ name: String, _ header: String, length: UInt64? = nil, _ expected: FormatError.Kind?
  ) {
    self.init(name, header, 0, length: length, expected)
  }

  var testDescription: String { name }

  var bytes: [UInt8] {
    let n = length ?? UInt64(header.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: n >> UInt64(8 * $0)) } + header + data
  }

  static func one(_ fields: String) -> String { "{\"a\":{\(fields)}}" }

  static func shape(_ text: String) -> String {
    one("\"dtype\":\"F32\",\"shape\":\(text),\"data_offsets\":[0,4]")
  }

  static let good = one("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]")
  static let tensor = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"
  static let next = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}"

  static let all: [HostileFile] = [
    .init("no tensors", "{}", nil),
    .init("no tensors, one byte", "{}", 1, .trailing),
    .init("one tensor", good, 4, nil),
    .init("leading blank", " " + good, 4, .malformed),
    .init("leading newline", "\n" + good, 4, .malformed),
    .init("trailing blanks", good + " \n\t\r", 4, nil),
    .init("trailing NUL", good + "\0", 4, .trailing),
    .init("second document", good + "{}", 4, .trailing),
    .init("byte-order mark", "\u{FEFF}" + good, 4, .malformed),
    .init("trailing comma", "{\"a\":\(tensor),}", 4, .malformed),
    .init("length 0", "", length: 0, .malformed),
    .init("length 1", "{}", length: 1, .malformed),
    .init("length beyond the file", "{}", length: 3, .truncated),
    .init("length 2^63", "{}", length: 1 << 63, .limitExceeded),
    .init("length above the cap", "{}", length: 100_000_001, .limitExceeded),
    .init("an array", "[]", .malformed),
    .init("null", "null", .malformed),
    .init("a number", "17", .malformed),
    .init("duplicate name, one range", "{\"a\":\(tensor),\"a\":\(tensor)}", 4, .duplicate),
    .init("duplicate name, two ranges", "{\"a\":\(tensor),\"a\":\(next)}", 8, .duplicate),
    .init(
      "duplicate name through an escape", "{\"a\":\(tensor),\"\\u0061\":\(next)}", 8, .duplicate),
    .init("two names, two ranges", "{\"a\":\(tensor),\"b\":\(next)}", 8, nil),
    .init("two names, one range", "{\"a\":\(tensor),\"b\":\(tensor)}", 4, .malformed),
    .init("duplicate metadata", "{\"__metadata__\":{},\"__metadata__\":{}}", .duplicate),
    .init("duplicate key in metadata", "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", .duplicate),
    .init(
      "duplicate field", one("\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1]"), 4, .duplicate),
    .init(
      "unknown field", one("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1"), 4,
      .malformed),
    .init("tensor as array", "{\"a\":[\"F32\",[1],[0,4]]}", 4, .malformed),
    .init("missing dtype", one("\"shape\":[1],\"data_offsets\":[0,4]"), 4, .malformed),
    .init("missing shape", one("\"dtype\":\"F32\",\"data_offsets\":[0,4]"), 4, .malformed),
    .init("missing offsets", one("\"dtype\":\"F32\",\"shape\":[1]"), 4, .malformed),
    .init("metadata null", "{\"__metadata__\":null}", nil),
    .init("metadata number", "{\"__metadata__\":{\"a\":1}}", .malformed),
    .init("metadata object", "{\"__metadata__\":{\"a\":{}}}", .malformed),
    .init("metadata array", "{\"__metadata__\":[]}", .malformed),
    .init("dimension -1", shape("[-1]"), 4, .malformed),
    .init("dimension -0", shape("[-0]"), 4, .malformed),
    .init("dimension 1.0", shape("[1.0]"), 4, .malformed),
    .init("dimension 1e0", shape("[1e0]"), 4, .malformed),
    .init("dimension 01", shape("[01]"), 4, .malformed),
    .init("dimension 2^64", shape("[18446744073709551616]"), 4, .limitExceeded),
    .init("dimension 2^48", shape("[281474976710656]"), 4, .malformed),
    .init("dimension as text", shape("[\"1\"]"), 4, .malformed),
    .init(
      "overflow before zero",
      one("\"dtype\":\"F32\",\"shape\":[16777216,16777216,16777216,0],\"data_offsets\":[0,0]"),
      .limitExceeded),
    .init(
      "overflow after zero",
      one("\"dtype\":\"F32\",\"shape\":[0,16777216,16777216,16777216],\"data_offsets\":[0,0]"),
      .limitExceeded),
    .init(
      "one offset", one("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]"), 4, .malformed),
    .init(
      "three offsets", one("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]"), 4,
      .malformed),
    .init("gap", "{\"a\":\(next)}", 8, .malformed),
    .init(
      "end before begin", one("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]"), 4,
      .malformed),
    .init("size mismatch", shape("[2]"), 4, .malformed),
    .init("short data", good, 3, .truncated),
    .init("long data", good, 5, .trailing),
    .init("scalar", shape("[]"), 4, nil),
    .init(
      "empty tensor", one("\"dtype\":\"F32\",\"shape\":[0,9],\"data_offsets\":[0,0]"), nil),
    .init(
      "unknown dtype", one("\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]"), 4,
      .malformed),
    .init(
      "lower-case dtype", one("\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]"), 4,
      .malformed),
    .init(
      "half a byte", one("\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]"), 1, .malformed),
    .init(
      "packed bytes", one("\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[0,2]"), 2, nil),
    .init("lone surrogate", "{\"\\ud800\":\(tensor)}", 4, .malformed),
    .init("control character in a name", "{\"\u{1}\":\(tensor)}", 4, .malformed),
    .init("escaped name", "{\"\\n\\u00e9\\ud83d\\ude00\":\(tensor)}", 4, nil),
    .init("empty name", "{\"\":\(tensor)}", 4, nil),
    .init(
      "65 axes", shape("[" + [String](repeating: "1", count: 65).joined(separator: ",") + "]"),
      4, .limitExceeded),
    .init("deep nesting", String(repeating: "{\"a\":", count: 100_000), .limitExceeded),
    .init(
      "long name", "{\"" + String(repeating: "n", count: 4097) + "\":\(tensor)}", 4,
      .limitExceeded),
    .init(
      "half of the checksums", "{\"__metadata__\":{\"mvmr.format\":\"1\"}}", .checksum),
    .init(
      "an unknown version",
      "{\"__metadata__\":{\"mvmr.format\":\"2\",\"mvmr.data_crc32\":\"00000000\","
        + "\"mvmr.header_crc32\":\"00000000\"}}", .unsupported),
    .init(
      "checksums without digits",
      "{\"__metadata__\":{\"mvmr.format\":\"1\",\"mvmr.data_crc32\":\"+0000000\","
        + "\"mvmr.header_crc32\":\"00000000\"}}", .checksum),
    .init(
      "a checksum in disguise",
      "{\"__metadata__\":{\"mvmr.format\":\"1\",\"mvmr.data_crc32\":\"00000000\","
        + "\"\\u006dvmr.header_crc32\":\"00000000\"}}", .checksum),
  ]
}

@Suite("Hostile safetensors") struct SafeTensorsHostileTests {
  @Test("each row of the acceptance table gives its own answer", arguments: HostileFile.all)
  func row(_ file: HostileFile) {
    #expect(formatError { _ = try SafeTensorsFile(bytes: file.bytes) }?.kind == file.expected)
  }

  @Test("a name that is not UTF-8 is refused")
  func invalidUTF8() {
    var file = HostileFile("", HostileFile.good, 4, .malformed)
    file.header[2] = 0xFF
    #expect(formatError { _ = try SafeTensorsFile(bytes: file.bytes) }?.kind == .malformed)
  }

  @Test("a BOOL of 2 is accepted in a file and refused as a truth value")
  func badBool() throws {
    let record = try TensorRecord(dtype: .bool, shape: [2], bytes: [1, 2])
    let read = try SafeTensorsFile(bytes: SafeTensorsFile(tensors: ["b": record]).serialized())
    #expect(formatError { _ = try read.tensor("b").bools() }?.kind == .malformed)
  }
}
