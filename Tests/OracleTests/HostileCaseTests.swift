import Formats
import Foundation
import Randomness
import Testing

@testable import Oracle

/// A foreign file with one thing wrong, and the words its error must hold.
struct HostileCase: Sendable, CustomStringConvertible {
  let description: String
  let operation: String
  let words: [String]
  let change: @Sendable (inout SafeTensorsFile) throws -> Void

  init(
    _ description: String, _ operation: String = "conv2d", says words: String...,
    change: @escaping @Sendable (inout SafeTensorsFile) throws -> Void
  ) {
    self.description = description
    self.operation = operation
    self.words = words
    self.change = change
  }

  static let all: [HostileCase] = [
    HostileCase("unknown operation", says: "'conv2e'", "'conv2d'") {
      $0.metadata["operation"] = "conv2e"
    },
    HostileCase("no operation", says: "'operation'") { $0.metadata["operation"] = nil },
    HostileCase("no scalar", says: "'scalar'") { $0.metadata["scalar"] = nil },
    HostileCase("unknown scalar", says: "'float16'", "float64") {
      $0.metadata["scalar"] = "float16"
    },
    HostileCase("scalar of another type", says: "input.x", "F64", "float32") {
      $0.metadata["scalar"] = "float32"
    },
    HostileCase("later format", says: "'2'") { $0.metadata["oracle.format"] = "2" },
    HostileCase("missing input", says: "input.x", "missing", "N H W C") {
      $0.tensors["input.x"] = nil
    },
    HostileCase("missing cotangent", says: "cotangent.y", "missing") {
      $0.tensors["cotangent.y"] = nil
    },
    HostileCase("missing output", says: "output.y", "missing") { $0.tensors["output.y"] = nil },
    HostileCase("unknown tensor", says: "parameter.wieght", "parameter.weight") {
      $0.tensors["parameter.wieght"] = $0.tensors["parameter.weight"]
    },
    HostileCase("no family", says: "'weight'", "input.") {
      $0.tensors["weight"] = $0.tensors["parameter.weight"]
    },
    HostileCase("unknown result", says: "gradient.input.z", "gradient.input.x") {
      $0.tensors["gradient.input.z"] = $0.tensors["gradient.input.x"]
    },
    HostileCase("unused cotangent", says: "cotangent.z", "cotangent.y") {
      $0.tensors["cotangent.z"] = $0.tensors["cotangent.y"]
    },
    HostileCase("channels that disagree", says: "parameter.weight", "3 channels") {
      $0.tensors["parameter.weight"] = TensorRecord(
        [Double](repeating: 1, count: 48), shape: [4, 2, 3, 2])
    },
    HostileCase(
      "extents that disagree", "layer-norm", says: "parameter.weight", "C is 4", "input.x"
    ) {
      $0.tensors["parameter.weight"] = TensorRecord([1.0, 1, 1, 1], shape: [4])
    },
    HostileCase("too few axes", says: "input.x", "3 axes") {
      $0.tensors["input.x"] = TensorRecord([Double](repeating: 1, count: 27), shape: [3, 3, 3])
    },
    HostileCase("empty axis", says: "input.x", "extent of 0") {
      $0.tensors["input.x"] = TensorRecord([Double](), shape: [2, 0, 3, 3])
    },
    HostileCase("cotangent of another shape", says: "cotangent.y", "[1]") {
      $0.tensors["cotangent.y"] = TensorRecord([1.0], shape: [1])
    },
    HostileCase("kernel larger than the image", says: "parameter.weight", "does not fit") {
      $0.metadata["attribute.dilation"] = "9"
    },
    HostileCase("NaN in an input", says: "input.x", "NaN at [0, 0, 0, 1]", "finite") {
      $0.tensors["input.x"] = try $0.tensor("input.x").replacing(1) { _ in .nan }
    },
    HostileCase("infinity in a parameter", says: "parameter.weight", "inf at [0, 0, 0, 0]") {
      $0.tensors["parameter.weight"] = try $0.tensor("parameter.weight").replacing(0) { _ in
        .infinity
      }
    },
    HostileCase("NaN in a cotangent", says: "cotangent.y", "NaN") {
      $0.tensors["cotangent.y"] = try $0.tensor("cotangent.y").replacing(0) { _ in .nan }
    },
    HostileCase("attribute out of range", says: "'stride'", "'0'", "1…64") {
      $0.metadata["attribute.stride"] = "0"
    },
    HostileCase("attribute that is no number", says: "'stride'", "'two'") {
      $0.metadata["attribute.stride"] = "two"
    },
    HostileCase("unknown attribute", says: "'strides'", "'stride'") {
      $0.metadata["attribute.strides"] = "2"
    },
    HostileCase("tolerance that forgives everything", says: "tolerance.relative", "1e9") {
      $0.metadata["tolerance.relative"] = "1e9"
    },
    HostileCase("tolerance that is NaN", says: "tolerance.absolute", "nan") {
      $0.metadata["tolerance.absolute"] = "nan"
    },
    HostileCase("negative variance", "batch-norm", says: "parameter.running_var", "0.0…") {
      $0.tensors["parameter.running_var"] = TensorRecord([1.0, -1, 1], shape: [3])
    },
    HostileCase("label beyond the classes", "cross-entropy", says: "attribute.labels", "4 classes")
    {
      $0.tensors["attribute.labels"] = TensorRecord([Int64](repeating: 4, count: 5), shape: [5])
    },
    HostileCase("negative row", "gather", says: "attribute.rows", "element 0 is -1") {
      $0.tensors["attribute.rows"] = TensorRecord([Int64](repeating: -1, count: 5), shape: [5])
    },
    HostileCase("row beyond the last", "gather", says: "attribute.rows", "rows in 0..<5") {
      $0.tensors["attribute.rows"] = TensorRecord([Int64](repeating: 9, count: 5), shape: [5])
    },
    HostileCase("heads that do not divide", "attention", says: "input.query", "heads") {
      $0.metadata["attribute.heads"] = "4"
    },
    HostileCase("shapes that do not broadcast", "add", says: "input.y", "broadcast") {
      $0.tensors["input.y"] = TensorRecord([1.0, 1, 1, 1], shape: [4])
    },
    HostileCase("crop outside the image", "augmentation", says: "crop 9 9 30 30", "inside") {
      $0.metadata["attribute.steps"] = "crop 9 9 30 30"
    },
    HostileCase("crop that overflows", "augmentation", says: "crop", "TOP LEFT") {
      $0.metadata["attribute.steps"] = "crop 9223372036854775807 1 1 1"
    },
    HostileCase("blur wider than the image", "augmentation", says: "blur 101 2.0", "too wide") {
      $0.metadata["attribute.steps"] = "blur 101 2.0"
    },
    HostileCase("unknown step", "augmentation", says: "'rotate 3'", "brightness") {
      $0.metadata["attribute.steps"] = "flip; rotate 3"
    },
    HostileCase("steps without end", "augmentation", says: "40 steps") {
      $0.metadata["attribute.steps"] = [String](repeating: "flip", count: 40).joined(separator: ";")
    },
    HostileCase("image of numbers", "augmentation", says: "input.image", "U8") {
      $0.tensors["input.image"] = TensorRecord([Double](repeating: 1, count: 12), shape: [2, 2, 3])
    },
    HostileCase("a result too large", "pairwise-distances", says: "at most") {
      $0.tensors["input.x"] = TensorRecord(
        [Double](repeating: 1, count: 20_000), shape: [20_000, 1])
    },
    HostileCase("axis beyond the last", "sum", says: "axes", "0..<3") {
      $0.metadata["attribute.axes"] = "5"
    },
  ]
}

@Suite("Hostile cases") struct HostileCaseTests {
  @Test(
    "a foreign file that is wrong says what, where and how to mend it", arguments: HostileCase.all)
  func message(hostile: HostileCase) throws {
    let result = try outcome(hostile.operation, changing: hostile.change)
    guard case .failure(let error) = result else {
      Issue.record("\(hostile) went unnoticed")
      return
    }
    let text = "\(error)"
    #expect(text.contains("case.safetensors") && text.contains("To mend: "), "\(text)")
    for word in hostile.words { #expect(text.contains(word), "\(text)") }
    #expect(!text.contains("\n"))
  }

  @Test("NaN in an expected output is a difference, not an agreement")
  func notANumber() throws {
    let report = try outcome("relu") {
      $0.tensors["output.y"] = try $0.tensor("output.y").replacing(4) { _ in .nan }
    }.get()
    #expect(!report.passes)
    #expect(report.comparisons.first { $0.name == "output.y" }?.place == "[0, 4]")
  }

  @Test("flipped bits are an error, a difference or nothing, and never a trap")
  func flippedBits() throws {
    let names = ["conv2d", "gather", "augmentation", "attention", "batch-norm", "schedule"]
    for name in names {
      let bytes = try GoldenCase.sample(.named(name)).file.serialized(withChecksums: false)
      var stream = RandomStream(RandomKey(seed: 11).child(name))
      for _ in 0..<150 {
        var damaged = bytes
        for _ in 0..<(1 + stream.integer(below: 3)) {
          // Half of the damage goes to the header, where it hurts.
          let reach = stream.uniform() < 0.5 ? min(bytes.count, 1200) : bytes.count
          damaged[stream.integer(below: reach)] ^= 1 << UInt8(stream.integer(below: 8))
        }
        guard let file = try? SafeTensorsFile(bytes: damaged), let golden = try? GoldenCase(file)
        else { continue }
        _ = try? golden.recomputed()
      }
    }
  }

  @Test("a manifest cannot lead out of its folder")
  func manifest() throws {
    for name in [
      "../secret.safetensors", "/etc/passwd", "a/b.safetensors", ".safetensors", "x.txt",
    ] {
      try inFolder { folder in
        let text = #"{"format":1,"cases":[{"file":"\#(name)","operation":"add"}]}"#
        try text.write(toFile: "\(folder)/manifest.json", atomically: true, encoding: .utf8)
        let error = #expect(throws: OracleError.self) { try KitReport(folder) }
        #expect("\(try #require(error))".contains("plain file name"))
      }
    }
  }
}
