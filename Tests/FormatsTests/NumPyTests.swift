import Testing

@testable import Formats

@Suite("NumPy files") struct NumPyTests {
  static func file(_ header: String, _ data: [UInt8] = [], version: UInt8 = 1, minor: UInt8 = 0)
    -> [UInt8]
  {
    let length = header.utf8.count
    return NumPyHeader.magic + [version, minor]
      + (version == 1 ? littleEndian(UInt16(length)) : littleEndian(UInt32(length)))
      + Array(header.utf8) + data
  }

  static let four = [UInt8](repeating: 0, count: 4)

  static func header(descr: String = "'<f4'", order: String = "False", shape: String = "(1,)")
    -> String
  {
    "{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape), }\n"
  }

  @Test(
    "each row of the header table gives its own answer",
    arguments: [
      ("plain", header(), nil), ("no newline", String(header().dropLast()), nil),
      ("blanks at the end", header().dropLast() + "      \n", nil),
      ("double quotes", "{\"shape\": (1,), \"descr\": \"<f4\", \"fortran_order\": False}", nil),
      ("Python 2 integer", header(shape: "(1L,)"), nil), ("scalar", header(shape: "()"), nil),
      ("extra key", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", .malformed),
      ("missing key", "{'descr': '<f4', 'shape': (1,)}", .malformed),
      (
        "key twice", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        .duplicate
      ),
      ("escape", header(descr: "'\\x3cf4'"), .malformed),
      ("hex", header(shape: "(0x1,)"), .malformed),
      ("underscore", header(shape: "(1_0,)"), .malformed),
      ("no tuple", header(shape: "(1)"), .malformed),
      ("a list", header(shape: "[1]"), .malformed), ("a number", header(shape: "1"), .malformed),
      ("a truth value", header(shape: "(True,)"), .malformed),
      ("negative", header(shape: "(-1,)"), .malformed),
      ("leading zero", header(shape: "(01,)"), .malformed),
      ("huge", header(shape: "(99999999999999999999,)"), .limitExceeded),
      ("zero beside huge", header(shape: "(0, 281474976710655, 3)"), .limitExceeded),
      ("more data than there is", header(shape: "(2,)"), .truncated),
      ("less data than there is", header(shape: "(0,)"), .trailing),
      ("native order", header(descr: "'=f4'"), .unsupported),
      ("no order", header(descr: "'f4'"), .unsupported),
      ("a type's name", header(descr: "'float32'"), .unsupported),
      ("objects", header(descr: "'|O'"), .unsafe),
      ("text", header(descr: "'<U1'"), .unsupported),
      ("dates", header(descr: "'<M8[s]'"), .unsupported),
      ("complex", header(descr: "'<c8'"), .unsupported),
      ("bytes in an order", header(descr: "'<u1'"), .unsupported),
      ("records", header(descr: "[('a', '<f4')]"), .unsupported),
      ("65 axes", header(shape: "(" + String(repeating: "1, ", count: 65) + ")"), .limitExceeded),
      ("64 axes", header(shape: "(" + String(repeating: "1, ", count: 64) + ")"), nil),
      ("something behind", header() + "x", .malformed), ("empty", "", .malformed),
      ("order 1", header(order: "1"), .malformed),
    ] as [(String, String, FormatError.Kind?)])
  func headers(name: String, header: String, expected: FormatError.Kind?) {
    for version in [UInt8(1), 2, 3] {
      let bytes = Self.file(header, Self.four, version: version)
      #expect(formatError { _ = try NumPyArray.read(bytes) }?.kind == expected, "\(name)")
    }
  }

  @Test("versions other than 1.0, 2.0 and 3.0, long headers and other files are refused")
  func frame() {
    func kind(_ bytes: [UInt8]) -> FormatError.Kind? {
      formatError { _ = try NumPyArray.read(bytes) }?.kind
    }
    #expect(kind(Self.file(Self.header(), Self.four, version: 1, minor: 1)) == .unsupported)
    #expect(kind(Self.file(Self.header(), Self.four, version: 4)) == .unsupported)
    #expect(kind(Self.file(String(repeating: " ", count: 10_001), version: 2)) == .limitExceeded)
    #expect(kind(Self.file(String(Self.header().prefix(20)))) == .malformed)
    #expect(kind([0x93]) == .badMagic)
    #expect(kind(NumPyHeader.magic + [1]) == .truncated)
  }

  @Test(
    "what is written is what NumPy writes, byte for byte", arguments: ["f4_c", "scalar", "empty"])
  func writing(name: String) throws {
    let bytes = try WeightFixtures.bytes("\(name).npy")
    #expect(try NumPyArray.serialized(NumPyArray.read(bytes)) == bytes)
  }

  @Test("an archive written here reads back, and types NumPy has not are refused")
  func archive() throws {
    let tensors: OrderedMap<TensorRecord> = [
      "b": TensorRecord([1, 2, 3] as [Float], shape: [3]),
      "a": TensorRecord([7] as [Int64], shape: []),
    ]
    let bytes = try NumPyArchive.parts(tensors).flatMap { $0 }
    let file = try WeightFile(ByteSource(bytes))
    #expect(file.format == "NumPy archive" && file.tensors.map(\.name) == ["a", "b"])
    #expect(try file.tensor("b") == tensors["b"] && file.tensor("a") == tensors["a"])
    let half = try TensorRecord(dtype: .bf16, shape: [1], bytes: [0, 0])
    #expect(formatError { _ = try NumPyArchive.parts(["h": half]) }?.kind == .unsupported)
    for name in ["", "a/b", ".."] {
      #expect(
        formatError { _ = try NumPyArchive.parts([name: half]) }?.kind == .unsafe || name == "..")
    }
  }
}
