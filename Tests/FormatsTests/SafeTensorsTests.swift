import Formats
import Foundation
import Testing

@Suite("safetensors") struct SafeTensorsTests {
  static let small = SafeTensorsFile(
    metadata: ["k": "v"],
    tensors: [
      "a": TensorRecord([1, -2] as [Float], shape: [2]),
      "b": TensorRecord([Int64](0..<6), shape: [2, 3]),
    ])

  @Test("the bytes are those of the published example")
  func goldenBytes() throws {
    let file = SafeTensorsFile(
      metadata: ["k": "v"],
      tensors: [
        "b": try TensorRecord(dtype: .bool, shape: [], bytes: [1]),
        "a": TensorRecord([1, -2] as [Float], shape: [2]),
      ])
    let hex = try file.serialized(withChecksums: false).map { String(format: "%02x", $0) }.joined()
    #expect(
      hex == "88000000000000007b225f5f6d657461646174615f5f223a7b226b223a2276227d2c2261223a7b2264"
        + "74797065223a22463332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b302c38"
        + "5d7d2c2262223a7b226474797065223a22424f4f4c222c227368617065223a5b5d2c22646174615f6f6666"
        + "73657473223a5b382c395d7d7d202020200000803f000000c001")
  }

  @Test("an empty file is eight bytes of length and a padded {}")
  func emptyFile() throws {
    let bytes = try SafeTensorsFile().serialized(withChecksums: false)
    #expect(bytes == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
  }

  @Test("a file of every element type reads, and writes back to the reference's bytes")
  func everyDType() throws {
    let bytes = try fixture("every_dtype.safetensors")
    let file = try SafeTensorsFile(bytes: bytes)
    #expect(file.tensors.count == 19)
    #expect(!file.isVerified)
    #expect(try file.serialized(withChecksums: false) == bytes)

    #expect(
      try file.tensor("f64").doubles() == [0.1, 1e300, -Double.leastNonzeroMagnitude, .infinity])
    #expect(try file.tensor("i64").int64s() == [.min, .max, 0])
    #expect(try file.tensor("i32").int64s() == [-2_147_483_648, 2_147_483_647])
    #expect(try file.tensor("i16").int64s() == [-32768, 32767])
    #expect(try file.tensor("i8").int64s() == [-128, 127, -1])
    #expect(try file.tensor("u8").int64s() == [0, 255, 7])
    #expect(try file.tensor("u16").int64s() == [0, 65535])
    #expect(try file.tensor("u32").int64s() == [0, 4_294_967_295])
    #expect(try file.tensor("u64").uint64s() == [.max, 1])
    #expect(formatError { _ = try file.tensor("u64").int64s() }?.kind == .limitExceeded)
    #expect(try file.tensor("bool").bools() == [true, false, true])
    #expect(try file.tensor("scalar").floats() == [3.5])
    #expect(file.tensors["scalar"]?.shape == [])
    #expect(file.tensors["empty"]?.shape == [2, 0, 3])
    // Two names that Swift's own string equality cannot tell apart.
    #expect(try file.tensor("e\u{301}").floats() == [1])
    #expect(try file.tensor("\u{E9}").floats() == [2])
    #expect(try file.tensor("quote \" backslash \\ newline \n").floats() == [1])
    #expect(file.metadata["alpha"] == "a \"quoted\" text")
    #expect(formatError { _ = try file.tensor("f8").floats() }?.kind == .typeMismatch)

    let halves = try file.tensor("f16").floats()
    #expect(halves[0...4] == [0, -0, 1, -2.5, 65504])
    #expect(halves[1].sign == .minus && halves[5] == 5.9604645e-8)
    #expect(halves[6] == .infinity && halves[7].isNaN)
    let brains = try file.tensor("bf16").floats()
    #expect(brains[4] == 65536 && brains[6] == .infinity && brains[7].isNaN)
  }

  @Test("checksums are written, verified, and not shown as metadata")
  func integrity() throws {
    let bytes = try Self.small.serialized()
    let file = try SafeTensorsFile(bytes: bytes)
    #expect(file == SafeTensorsFile(metadata: Self.small.metadata, tensors: sorted(Self.small)))
    #expect(file.isVerified)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("\"mvmr.format\":\"1\"") && text.contains("\"mvmr.data_crc32\":\""))
    // The same content gives the same bytes, so a file that was read writes back to itself.
    #expect(try file.serialized() == bytes)
  }

  private func sorted(_ file: SafeTensorsFile) -> OrderedMap<TensorRecord> {
    var tensors = OrderedMap<TensorRecord>()
    tensors["b"] = file.tensors["b"]  // I64 ranks above F32
    tensors["a"] = file.tensors["a"]
    return tensors
  }

  @Test("every single-bit flip of a checked file is an error")
  func bitFlips() throws {
    let bytes = try Self.small.serialized()
    var survivors: [Int] = []
    for bit in 0..<(8 * bytes.count) {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      if formatError({ _ = try SafeTensorsFile(bytes: damaged) }) == nil { survivors.append(bit) }
    }
    #expect(survivors.isEmpty)
  }

  @Test("every truncation is an error", arguments: [true, false])
  func truncations(withChecksums: Bool) throws {
    let bytes = try Self.small.serialized(withChecksums: withChecksums)
    for count in 0..<bytes.count {
      #expect(
        formatError { _ = try SafeTensorsFile(bytes: Array(bytes[..<count])) }?.kind == .truncated)
    }
  }

  @Test("mutations of an unchecked file throw or read, and never trap")
  func mutations() throws {
    var generator = SeededGenerator(state: 7)
    let seeds = [
      try Self.small.serialized(withChecksums: false), try fixture("lcg.safetensors"),
      try fixture("every_dtype.safetensors"),
    ]
    var refused = 0
    for round in 0..<3000 {
      let bytes = mutated(seeds[round % 3], by: &generator)
      if formatError({ _ = try SafeTensorsFile(bytes: bytes) }) != nil { refused += 1 }
    }
    #expect(refused > 1000)
  }

  @Test("a file on disk round-trips, keeps its predecessor and reports its path in errors")
  func onDisk() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/model.safetensors"
      try Self.small.write(to: path, verifies: true)
      let second = SafeTensorsFile(tensors: ["x": TensorRecord([1.5] as [Double], shape: [])])
      try second.write(to: path)
      #expect(try SafeTensorsFile(path: path) == second)
      #expect(try SafeTensorsFile(path: path + ".prev").metadata == ["k": "v"])
      let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
      #expect(names == [".model.safetensors.lock", "model.safetensors", "model.safetensors.prev"])

      let error = formatError { _ = try SafeTensorsFile(path: directory + "/none") }
      #expect(error?.kind == .io && error?.description.contains("/none") == true)
      #expect(formatError { _ = try SafeTensorsFile(path: directory) }?.kind == .io)
    }
  }

  @Test("a missing tensor names the nearest key")
  func missingTensor() {
    let error = formatError { _ = try Self.small.tensor("aa") }
    #expect(error?.description.contains("did you mean 'a'?") == true)
  }

  @Test("names that cannot be told apart from the format's own are refused")
  func refusedNames() {
    let one = TensorRecord([1] as [Float], shape: [1])
    for name in ["", "__metadata__"] {
      #expect(formatError { _ = try SafeTensorsFile(tensors: [name: one]).serialized() } != nil)
    }
    #expect(
      formatError { _ = try SafeTensorsFile(metadata: ["mvmr.format": "2"]).serialized() } != nil)
  }

  @Test("a value that merely looks like the header's checksum is left alone")
  func lookalike() throws {
    let metadata: OrderedMap = [
      "a": "\"mvmr.header_crc32\":\"00000000\"", "mvmr.header_crc3": "2\":\"00000000",
      "amvmr.header_crc32": "00000000",
    ]
    let file = SafeTensorsFile(metadata: metadata)
    let read = try SafeTensorsFile(bytes: file.serialized())
    #expect(read.isVerified)
    #expect(read.metadata["a"] == metadata["a"])
    #expect(read.metadata["amvmr.header_crc32"] == "00000000")
  }
}
