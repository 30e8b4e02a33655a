import Foundation
import Testing

@testable import Formats

/// Fixtures that PyTorch and NumPy wrote.
enum WeightFixtures {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Reference/fixtures/weights").path

  static func path(_ name: String) -> String { "\(directory)/\(name)" }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path(name))))
  }

  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    .filter { $0 != "expected.safetensors" && !$0.hasSuffix(".json") }

  /// Every tensor the fixtures hold, as `<file>/<name>`.
  static let expected = Result { try SafeTensorsFile(path: path("expected.safetensors")).tensors }
}

/// Files of other people, read as their own programs read them.
@Suite("Weight files") struct WeightFileTests {
  @Test(
    "every tensor of every file has the bytes its own program gives",
    arguments: WeightFixtures.names)
  func sameBytes(name: String) throws {
    let expected = try WeightFixtures.expected.get()
    let file = try WeightFile(path: WeightFixtures.path(name))
    let wanted = expected.keys.filter { $0.hasPrefix("\(name)/") }
    #expect(!wanted.isEmpty)
    #expect(Set(file.tensors.map { "\(name)/\($0.name)" }) == Set(wanted))
    for info in file.tensors {
      let record = try file.tensor(info.name)
      #expect(record == expected["\(name)/\(info.name)"], "\(name): \(info.name)")
      #expect(record.dtype == info.dtype && record.shape == info.shape)
      #expect(record.bytes.count == info.byteCount)
    }
  }

  @Test("the fixtures are all there")
  func count() { #expect(WeightFixtures.names.count == 32) }

  @Test("the format is told by the content, not by the name")
  func formats() throws {
    func format(_ name: String) throws -> String {
      try WeightFile(ByteSource(WeightFixtures.bytes(name))).format
    }
    #expect(try format("module.pt") == "PyTorch archive")
    #expect(try format("module_legacy.pt") == "PyTorch file from before 1.6")
    #expect(try format("script.pt") == "TorchScript archive")
    #expect(try format("lightning.ckpt") == "PyTorch archive")
    #expect(try format("arrays.npz") == "NumPy archive")
    #expect(try format("scalar.npy") == "NumPy array")
    #expect(try format("expected.safetensors") == "safetensors")
    let unknown = formatError { _ = try WeightFile(ByteSource(Array("GIF89a..........".utf8))) }
    #expect(unknown?.kind == .badMagic)
    #expect(formatError { _ = try WeightFile(ByteSource([])) }?.kind == .badMagic)
    let pickle = formatError { _ = try WeightFile(ByteSource([0x80, 2, 0x5D, 0x2E])) }
    #expect(pickle?.kind == .badMagic && pickle?.remedy.contains("torch.save") == true)
    let tar = [UInt8](repeating: 0, count: 257) + Array("ustar\0".utf8)
    #expect(formatError { _ = try WeightFile(ByteSource(tar)) }?.kind == .unsupported)
  }

  @Test("numbers and texts beside the tensors are kept as text")
  func values() throws {
    let file = try WeightFile(path: WeightFixtures.path("adam.pt"))
    #expect(file.values["epoch"] == "2" && file.values["best"] == "0.5")
    #expect(file.values["note"] == "caf\u{E9}")
    let scalars = try WeightFile(path: WeightFixtures.path("scalars.pt"))
    let integers = [
      "0", "255", "256", "65535", "65536", "2147483647", "2147483648", "-1", "-2147483648",
      "-2147483649", "9223372036854775807", "-9223372036854775808",
    ]
    for (i, text) in integers.enumerated() { #expect(scalars.values["ints.\(i)"] == text) }
    #expect(scalars.values["inf"] == "inf" && scalars.values["flags.0"] == "true")
  }

  @Test(
    "a flipped bit in the numbers is found in archives, and legacy files say they have no checksum")
  func damage() throws {
    var generator = SeededGenerator(state: 21)
    for name in ["module.pt", "arrays.npz"] {
      let bytes = try WeightFixtures.bytes(name)
      let good = try WeightFile(ByteSource(bytes)).allTensors()
      var silent = 0
      for _ in 0..<1000 {
        var damaged = bytes
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        // Some bits matter to nobody: dates, paddings, records that are not read. What is read is
        // what was written, or an error.
        if let read = try? WeightFile(ByteSource(damaged)).allTensors(),
          read.entries.map(\.value) != good.entries.map(\.value)
        {
          silent += 1
        }
      }
      #expect(silent == 0, "\(name)")
    }
    #expect(try WeightFile(path: WeightFixtures.path("module.pt")).hasChecksums)
    #expect(try !WeightFile(path: WeightFixtures.path("module_legacy.pt")).hasChecksums)
  }

  @Test(
    "every prefix of a file is an error, and so is a byte more",
    arguments: ["one.pt", "one_legacy.pt", "f4_c.npy", "scalars_legacy.pt"])
  func truncation(name: String) throws {
    let bytes = try WeightFixtures.bytes(name)
    for count in 0..<bytes.count {
      #expect(throws: FormatError.self) {
        _ = try WeightFile(ByteSource(Array(bytes[..<count]))).allTensors()
      }
    }
    #expect(throws: FormatError.self) { _ = try WeightFile(ByteSource(bytes + [0])).allTensors() }
  }

  @Test("an unknown name is answered with the nearest one")
  func nearest() throws {
    let file = try WeightFile(path: WeightFixtures.path("module.pt"))
    let error = formatError { _ = try file.tensor("0.wieght") }
    #expect(error?.description.contains("'0.weight'") == true, "\(String(describing: error))")
    #expect(error?.path?.hasSuffix("module.pt") == true)
  }
}

/// Published files that are not part of the project; the tests pass without them.
@Suite("Published legacy files") struct PublishedFileTests {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/data").standardizedFileURL.path

  @Test(
    "CIFAR-10 networks of 2019 read exactly",
    .enabled(if: FileManager.default.fileExists(atPath: directory), "there is no ../shared/data"),
    arguments: [("resnet20-12fca82f.th", 97, 271_098), ("resnet56-4bfd9763.th", 277, 857_082)])
  func published(name: String, tensors: Int, numbers: Int) throws {
    let file = try WeightFile(path: "\(Self.directory)/\(name)")
    #expect(file.tensors.count == tensors && !file.hasChecksums)
    #expect(file.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } == numbers)
    let first = try file.tensor("state_dict.module.conv1.weight")
    #expect(first.shape == [16, 3, 3, 3] && first.dtype == .f32)
    #expect(try first.floats().allSatisfy { $0.isFinite && abs($0) < 10 })
    let best = try #require(file.values["best_prec1"].flatMap(Double.init))
    #expect(best > 91 && best < 95)
  }
}
