import Testing

@testable import Formats

@Suite("Pickle machine") struct PickleTests {
  static func run(_ body: [UInt8], _ kind: PickleKind = .archive) throws -> PickleGraph {
    var reader = ByteReader(Pickle.start + body + Pickle.stop, format: "pickle")
    return try PickleMachine.run(&reader, kind, limits: PickleLimits())
  }

  @Test(
    "integers of every width and sign",
    arguments: [
      ([0x4B, 255], 255), ([0x4D, 0xFF, 0xFF], 65535), ([0x4A, 0xFF, 0xFF, 0xFF, 0xFF], -1),
      ([0x8A, 0], 0), ([0x8A, 1, 0x80], -128), ([0x8A, 2, 0xFF, 0x00], 255),
      ([0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], Int.min),
      ([0x8A, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], Int.max),
    ] as [([UInt8], Int)])
  func integers(program: [UInt8], value: Int) throws {
    let graph = try Self.run(program)
    #expect(graph.integer(graph.root) == value)
  }

  @Test("a large integer is kept as such, a real number is big-endian")
  func others() throws {
    let large = try Self.run([0x8A, 10] + [UInt8](repeating: 1, count: 10))
    guard case .largeInteger = large[large.root] else {
      Issue.record("no large integer")
      return
    }
    let real = try Self.run([0x47, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0])
    guard case .real(1.5) = real[real.root] else {
      Issue.record("no 1.5")
      return
    }
  }

  @Test("the memo shares, and a shared value is one node")
  func memo() throws {
    let graph = try Self.run([0x28, 0x5D, 0x71, 1, 0x68, 1, 0x74])
    let parts = try #require(graph.tuple(graph.root))
    #expect(parts.count == 2 && parts[0] == parts[1])
  }

  @Test("limits on opcodes and stack hold")
  func limits() {
    var few = PickleLimits()
    few.opcodeCount = 10
    var reader = ByteReader(Pickle.start + [UInt8](repeating: 0x4E, count: 20), format: "pickle")
    #expect(
      formatError { _ = try PickleMachine.run(&reader, .archive, limits: few) }?.kind
        == .limitExceeded)
    few = PickleLimits()
    few.stackDepth = 10
    reader = ByteReader(Pickle.start + [UInt8](repeating: 0x28, count: 20), format: "pickle")
    #expect(
      formatError { _ = try PickleMachine.run(&reader, .archive, limits: few) }?.kind
        == .limitExceeded)
  }

  @Test("TorchScript: an object has attributes once, and no state of its own")
  func objects() throws {
    let object = Pickle.global("__torch__.net", "Net") + [0x29, 0x81]
    let attributes = [0x7D] + Pickle.text("a") + [0x4E, 0x73, 0x62]
    #expect(throws: Never.self) { try Self.run(object + attributes, .script) }
    #expect(
      formatError { _ = try Self.run(object + attributes + attributes, .script) }?.kind
        == .malformed)
    #expect(formatError { _ = try Self.run(object + [0x29, 0x62], .script) }?.kind == .unsupported)
    let tag = Pickle.global("torch.jit._pickle", "build_intlist") + [0x5D, 0x85, 0x52]
    let graph = try Self.run(tag, .script)
    #expect(graph.list(graph.root)?.isEmpty == true)
  }
}
