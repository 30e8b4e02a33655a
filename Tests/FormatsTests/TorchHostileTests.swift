import Testing

@testable import Formats

/// A program in an archive, and the answer it deserves.
struct HostileProgram: CustomTestStringConvertible, Sendable {
  let name: String
  let program: [UInt8]
  var records: [(String, [UInt8])]
  /// nil means: accept.
  let expected: FormatError.Kind?
  /// What the message must name.
  let word: String

  init(
    _ name: String, _ program: [UInt8], _ expected: FormatError.Kind?, _ word: String = "",
    records: [(String, [UInt8])] = [("data/0", [UInt8](repeating: 0, count: 16))]
  ) {
    self.name = name
    self.program = program
    self.records = records
    self.expected = expected
    self.word = word
  }

  var testDescription: String { name }

  private static let list: [UInt8] = Pickle.start + [0x5D]

  /// A program of a body that leaves one value.
  private static func plain(_ body: [UInt8]) -> [UInt8] { Pickle.start + body + Pickle.stop }

  static let all: [HostileProgram] = [
    .init("a tensor", Pickle.tensor(), nil),
    .init("count larger than the record", Pickle.tensor(count: 5), .malformed, "16 bytes"),
    .init("count smaller than the record", Pickle.tensor(count: 3, size: [3]), .malformed),
    .init("a view past the end", Pickle.tensor(size: [5]), .malformed, "beyond"),
    .init("an offset past the end", Pickle.tensor(offset: 4, size: [1]), .malformed, "beyond"),
    .init("a stride past the end", Pickle.tensor(size: [2], stride: [4]), .malformed, "beyond"),
    .init("a negative offset", Pickle.tensor(offset: -1), .malformed, "offset"),
    .init("a negative stride", Pickle.tensor(stride: [-1]), .malformed, "stride"),
    .init("a negative size", Pickle.tensor(size: [-1]), .malformed, "size"),
    .init("ranks that differ", Pickle.tensor(size: [2, 2]), .malformed, "strides"),
    .init("2^40 elements of stride 0", Pickle.tensor(size: [1 << 40], stride: [0]), .limitExceeded),
    .init("2^33 × 2^33", Pickle.tensor(size: [1 << 33, 1 << 33], stride: [0, 0]), .limitExceeded),
    .init("0 × 2^60", Pickle.tensor(size: [0, 1 << 60], stride: [1, 1]), .limitExceeded),
    .init("an expanded scalar", Pickle.tensor(size: [8, 4], stride: [0, 1]), nil),
    .init("a missing record", Pickle.tensor(key: "1"), .malformed, "data/1"),
    .init("a key that leaves the folder", Pickle.tensor(key: "../x"), .unsafe, "../x"),
    .init("a key of 20 digits", Pickle.tensor(key: "00000000000000000000"), .unsafe),
    .init(
      "a call of os.system",
      plain(Pickle.global("os", "system") + Pickle.text("true") + [0x85, 0x52]), .unsafe,
      "os.system"),
    .init(
      "a call of builtins.eval",
      plain(Pickle.global("builtins", "eval") + Pickle.text("1") + [0x85, 0x52]), .unsafe,
      "builtins.eval"),
    .init(
      "a TorchScript class outside of TorchScript",
      plain(Pickle.global("__torch__", "Net") + [0x29, 0x81]), .unsafe, "__torch__.Net"),
    .init(
      "an argparse namespace", plain(Pickle.global("argparse", "Namespace") + [0x29, 0x81]),
      .unsafe,
      "argparse.Namespace"),
    .init(
      "a storage class that is called",
      plain(Pickle.global("torch", "FloatStorage") + [0x29, 0x52]), .unsafe),
    .init("a number that is called", plain(Pickle.integer(1) + [0x29, 0x52]), .malformed),
    .init(
      "a list that contains itself", list + [0x71, 0, 0x68, 0, 0x61, 0x2E], .malformed, "itself"),
    .init("a memo miss", plain([0x68, 7]), .malformed, "memo"),
    .init("a sparse memo", list + [0x72, 0xFF, 0xFF, 0xFF, 0x7F, 0x2E], .limitExceeded, "memo"),
    .init("an empty stack", plain([0x85]), .malformed),
    .init("no STOP", list, .truncated),
    .init("a tuple without a mark", plain([0x74]), .malformed, "mark"),
    .init("a pop below a mark", list + [0x28, 0x61, 0x2E], .malformed),
    .init("an odd number of items", plain([0x7D, 0x28] + Pickle.text("a") + [0x75]), .malformed),
    .init("a list as a key", plain([0x7D, 0x5D, 0x4E, 0x73]), .malformed, "key"),
    .init(
      "a key twice",
      plain([0x7D, 0x28] + Pickle.text("a") + [0x4E] + Pickle.text("a") + [0x4E, 0x75]),
      .duplicate, "'a'"),
    .init(
      "1 and \"1\" as keys",
      plain([0x7D, 0x28] + Pickle.text("1") + [0x4E] + Pickle.integer(1) + [0x4E, 0x75]), nil),
    .init("values left on the stack", plain([0x4E, 0x4E]), .malformed, "left"),
    .init("bytes after STOP", plain([0x4E]) + [0], .trailing),
    .init("protocol 3", [0x80, 3, 0x4E, 0x2E], .unsupported, "protocol 3"),
    .init("protocol 4", [0x80, 4, 0x4E, 0x2E], .unsupported, "protocol 4"),
    .init("no PROTO", [0x4E, 0x2E], .malformed),
    .init("a text opcode", plain(Array("I1\n".utf8)), .unsupported, "0x49"),
    .init(
      "STACK_GLOBAL", plain(Pickle.text("os") + Pickle.text("system") + [0x93]), .unsupported,
      "0x93"),
    .init("an extension", plain([0x82, 1]), .unsupported, "0x82"),
    .init("a text longer than the file", plain([0x58, 0xFF, 0xFF, 0xFF, 0xFF]), .truncated),
    .init("a text that is not UTF-8", plain([0x58, 1, 0, 0, 0, 0xFF]), .malformed, "UTF-8"),
    .init(
      "a global of 300 letters", plain(Pickle.global("a", String(repeating: "b", count: 300))),
      .malformed),
    .init("a global with a blank", plain(Pickle.global("os ", "system")), .malformed),
    .init(
      "a module as a persistent id", plain([0x28] + Pickle.text("module") + [0x4E, 0x74, 0x51]),
      .unsafe, "module"),
    .init("a persistent id that is a text", plain(Pickle.text("0") + [0x51]), .malformed),
    .init(
      "a storage in two ways",
      plain([0x28] + Pickle.storage(4) + Pickle.storage(2) + [0x74]), .malformed, "two ways"),
    .init(
      "complex128",
      plain(
        Pickle.global("torch._utils", "_rebuild_tensor_v2") + [0x28]
          + Pickle.storage(1, type: ("torch", "ComplexDoubleStorage")) + Pickle.integer(0)
          + Pickle.integers([1]) + Pickle.integers([1]) + [0x89] + Pickle.hooks + [0x74, 0x52]),
      .unsupported, "complex128"),
    .init(
      "hooks",
      plain(
        Pickle.global("torch._utils", "_rebuild_tensor_v2") + [0x28] + Pickle.storage(4)
          + Pickle.integer(0) + Pickle.integers([4]) + Pickle.integers([1]) + [
            0x89, 0x7D, 0x4E, 0x4E,
          ]
          + [0x73, 0x74, 0x52]), .unsupported, "hooks"),
    .init(
      "the other byte order", Pickle.tensor(), .unsupported, "'big'",
      records: [("data/0", [UInt8](repeating: 0, count: 16)), ("byteorder", Array("big".utf8))]),
    .init(
      "a name of 5000 letters",
      plain([0x7D] + Pickle.text(String(repeating: "n", count: 5000)) + [0x4E, 0x73]),
      .limitExceeded),
    .init("attributes of a number", plain(Pickle.integer(1) + [0x7D, 0x62]), .malformed),
  ]
}

@Suite("Hostile PyTorch files") struct TorchHostileTests {
  @Test("each row of the table gives its own answer", arguments: HostileProgram.all)
  func row(_ row: HostileProgram) throws {
    let bytes = try Pickle.archive(row.program, records: row.records)
    let error = formatError { _ = try WeightFile(ByteSource(bytes)).allTensors() }
    #expect(error?.kind == row.expected, "\(String(describing: error))")
    #expect(
      row.word.isEmpty || error?.description.contains(row.word) == true,
      "\(String(describing: error))")
  }

  @Test("shared lists that unfold to 2^60 values end in an error, at once")
  func sharingBomb() throws {
    // [[], []] of the list before, sixty times.
    var program = Pickle.start + [0x5D, 0x71, 0]
    for i in UInt8(0)..<60 { program += [0x5D, 0x28, 0x68, i, 0x68, i, 0x65, 0x71, i + 1] }
    // What is left on the stack becomes one tuple.
    program = Pickle.start + [0x28] + program.dropFirst(2) + [0x74] + Pickle.stop
    let bytes = try Pickle.archive(program)
    let clock = ContinuousClock()
    let start = clock.now
    #expect(formatError { _ = try WeightFile(ByteSource(bytes)) }?.kind == .limitExceeded)
    #expect(clock.now - start < .seconds(1))
  }

  @Test("lists, 100 000 deep, need no deep stack")
  func depth() throws {
    let deep =
      Pickle.start + [UInt8](repeating: 0x5D, count: 100_000)
      + [UInt8](repeating: 0x61, count: 99_999) + Pickle.stop
    #expect(
      formatError { _ = try WeightFile(ByteSource(Pickle.archive(deep))) }?.kind == .limitExceeded)
  }

  @Test("an unknown global is passed over on request, is listed, and still never runs")
  func passingOver() throws {
    let program =
      Pickle.start + [0x7D, 0x28] + Pickle.text("opt") + Pickle.global("argparse", "Namespace")
      + [0x29, 0x81, 0x7D, 0x62] + Pickle.text("call") + Pickle.global("os", "system")
      + Pickle.text("true") + [0x85, 0x52] + Pickle.text("epoch") + Pickle.integer(3) + [0x75]
      + Pickle.stop
    var limits = WeightFile.Limits()
    limits.torch.pickle.passesOverUnknownGlobals = true
    let file = try WeightFile(ByteSource(Pickle.archive(program)), limits: limits)
    #expect(file.passedOver == ["argparse.Namespace", "os.system"])
    #expect(file.values["epoch"] == "3" && file.tensors.isEmpty)
  }

  @Test("legacy files: damage in the frame is named")
  func legacy() throws {
    let good = try WeightFixtures.bytes("one_legacy.pt")
    func kind(_ change: (inout [UInt8]) -> Void) -> FormatError.Kind? {
      var bytes = good
      change(&bytes)
      return formatError { _ = try WeightFile(ByteSource(bytes)).allTensors() }?.kind
    }
    #expect(kind { _ in } == nil)
    for count in [1, 4, 100] { #expect(kind { $0.removeLast(count) } == .truncated) }
    #expect(kind { $0.append(0) } == .trailing)
    #expect(kind { $0[18] = 0xE8 } == .unsupported, "protocol 1000")
    // The count before the storage's elements: 3 floats end the file.
    #expect(kind { $0[$0.count - 20] = 4 } == .malformed)
    #expect(kind { $0[0] = 0x81 } == .badMagic)
    let order = Array("little_endian".utf8)
    let place = try #require(good.indices.first { good[$0...].starts(with: order) })
    // After the text: memo, then the truth value.
    #expect(kind { $0[place + order.count + 2] = 0x89 } == .unsupported)
  }

  @Test("archives without checksums are read only on request")
  func noChecksums() throws {
    let bytes = try Pickle.archive(Pickle.tensor())
    var stripped = bytes
    for start in 0..<(bytes.count - 20) {
      if bytes[start...].starts(with: [0x50, 0x4B, 1, 2]) {
        for i in 16..<20 { stripped[start + i] = 0 }
      }
    }
    #expect(formatError { _ = try WeightFile(ByteSource(stripped)) }?.kind == .checksum)
    var limits = WeightFile.Limits()
    limits.torch.zip.acceptsMissingChecksums = true
    #expect(try WeightFile(ByteSource(stripped), limits: limits).allTensors().count == 1)
  }
}
