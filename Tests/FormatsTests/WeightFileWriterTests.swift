import Foundation
import Testing

@testable import Formats

@Suite("Writing weights") struct WeightFileWriterTests {
  static let tensors: OrderedMap<TensorRecord> = [
    "a": TensorRecord([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]),
    "steps": TensorRecord([7] as [Int64], shape: []),
    "empty": TensorRecord([] as [Double], shape: [0, 4]),
  ]

  @Test(
    "what is written in each format reads back the same",
    arguments: ["w.safetensors", "w.npz", "w.pt", "w.PTH", "w.ckpt", "w.pth.bin"])
  func roundTrip(name: String) throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/\(name)"
      try WeightFormat(path: path).write(Self.tensors, to: path)
      let file = try WeightFile(path: path)
      #expect(Set(file.tensors.map(\.name)) == Set(Self.tensors.keys))
      for entry in Self.tensors { #expect(try file.tensor(entry.key) == entry.value) }
      #expect(file.hasChecksums)
    }
  }

  @Test("every element type PyTorch has a storage for goes out and comes back")
  func types() throws {
    let file = try WeightFile(path: WeightFixtures.path("dtypes.pt"))
    let tensors = try file.allTensors()
    let archive = try torchArchive(.state(tensors)).flatMap { $0 }
    #expect(try WeightFile(ByteSource(archive)).allTensors() == tensors)
    let new = try WeightFile(path: WeightFixtures.path("new_dtypes.pt")).tensor("uint16")
    #expect(formatError { _ = try torchArchive(.tensor(new)) }?.kind == .unsupported)
  }

  @Test("plain values and nesting survive")
  func values() throws {
    let value = TorchValue.named([
      ("state_dict", .state(Self.tensors)), ("epoch", .integer(3)), ("large", .integer(1 << 40)),
      ("lr", .real(0.25)), ("flags", .tuple([.truth(true), .none])), ("names", .list([.text("é")])),
      ("state", .dictionary([(.integer(0), .named([("exp_avg", .tensor(Self.tensors["a"]!))]))])),
    ])
    let file = try WeightFile(ByteSource(torchArchive(value).flatMap { $0 }))
    #expect(
      file.tensors.map(\.name) == [
        "state_dict.a", "state_dict.steps", "state_dict.empty", "state.0.exp_avg",
      ])
    #expect(file.values["epoch"] == "3" && file.values["large"] == "1099511627776")
    #expect(
      file.values["lr"] == "0.25" && file.values["names.0"] == "é"
        && file.values["flags.0"] == "true")
  }

  @Test("the same content gives the same bytes")
  func deterministic() throws {
    #expect(try torchArchive(.state(Self.tensors)) == torchArchive(.state(Self.tensors)))
  }

  @Test("names that ask for no format, and arrays too many for .npy, are refused")
  func refusals() throws {
    for name in ["weights", "w.txt", "w.torch", "a.pt/w"] {
      #expect(formatError { _ = try WeightFormat(path: name) }?.kind == .unsupported, "\(name)")
    }
    try withTemporaryDirectory { directory in
      let path = "\(directory)/w.npy"
      #expect(
        formatError { try WeightFormat.npy.write(Self.tensors, to: path) }?.kind == .unsupported)
      #expect(!FileManager.default.fileExists(atPath: path))
      try WeightFormat.npy.write(["a": Self.tensors["a"]!], to: path)
      #expect(try WeightFile(path: path).tensor("array") == Self.tensors["a"])
    }
  }

  @Test("mean and deviation are those of the numbers")
  func statistics() throws {
    let all = try #require(try Self.tensors["a"]?.statistics())
    #expect(all.mean == 3.5 && abs(all.deviation - (35.0 / 12).squareRoot()) < 1e-15)
    #expect(try Self.tensors["empty"]?.statistics() == nil)
    let flags = try TensorRecord(dtype: .bool, shape: [4], bytes: [0, 1, 1, 0])
    #expect(try flags.statistics()?.mean == 0.5)
    let complex = try TensorRecord(dtype: .c64, shape: [1], bytes: [UInt8](repeating: 0, count: 8))
    #expect(try complex.statistics() == nil)
  }
}
