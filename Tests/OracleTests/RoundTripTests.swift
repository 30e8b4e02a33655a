import Autodiff
import Formats
import Networks
import Objectives
import Testing

@testable import Oracle

@Suite("Oracle operations") struct RoundTripTests {
  /// All but the largest networks, which the kit's own test covers.
  static let small = OracleOperation.all.filter {
    $0.name != "resnet" && $0.name != "small-network"
  }

  @Test(
    "a case that is written, read and recomputed passes, in both number types",
    arguments: small.map(\.name))
  func roundTrip(name: String) throws {
    let operation = try OracleOperation.named(name)
    for scalar in OracleScalar.allCases {
      let golden = try GoldenCase.sample(operation, seed: 3, scalar: scalar)
      let copy = try GoldenCase(SafeTensorsFile(bytes: golden.file.serialized()))
      #expect(copy.attributes == golden.attributes)
      let again = try copy.recomputed()
      #expect(!again.isEmpty)
      for result in again {
        #expect(copy.tensors[result.key] == result.value, "\(name): \(result.key)")
      }
    }
  }

  @Test("a planted error is found in every result of every operation", arguments: small.map(\.name))
  func plantedError(name: String) throws {
    let names = try GoldenCase.sample(.named(name)).recomputed().keys
    for tensor in names {
      let report = try outcome(name) { file in
        let record = try file.tensor(tensor)
        // Half of the largest, or two levels of a byte, at the last element.
        let largest = try record.dtype == .u8 ? 4 : record.doubles().map(abs).max() ?? 0
        file.tensors[tensor] = try record.replacing(record.count - 1) {
          record.dtype == .u8 && $0 > 128 ? $0 - 2 : $0 + max(largest / 2, 0.01)
        }
      }.get()
      #expect(!report.passes, "\(name): \(tensor)")
      #expect(report.comparisons.filter { !$0.passes }.map(\.name) == [tensor])
    }
  }

  @Test("equal seeds give equal files, other seeds other ones")
  func seeds() throws {
    let operation = try OracleOperation.named("conv2d")
    let bytes = try (0..<3).map {
      try GoldenCase.sample(operation, seed: [5, 5, 6][$0]).file.serialized()
    }
    #expect(bytes[0] == bytes[1])
    #expect(bytes[0] != bytes[2])
  }

  @Test("names are unique, and every case of the kit has a file of its own")
  func names() {
    let names = OracleOperation.all.map(\.name)
    #expect(Set(names).count == names.count)
    let files = ConformanceKit.plan.map(\.file)
    #expect(Set(files).count == files.count)
  }

  @Test("every differentiable operation, layer and loss has golden cases")
  func coverage() {
    let symbols = Set(OracleOperation.all.map(\.symbol))
    // A convolution layer is conv2D without more, the layer Linear is linear, the layer BatchNorm is
    // batchNorm with its running statistics, the layer LayerNorm is layerNorm, an encoder is a ResNet and a projector; dropout and
    // stochastic depth are products with what this project draws.
    let covered = symbols.union([
      "Convolution2D", "linear", "batchNorm", "LayerNorm", "Encoder", "Dropout", "StochasticDepth",
    ])
    for one in GradientCase.operations + GradientCase.layers + GradientCase.losses {
      let symbol = String(one.name.split(separator: ",")[0])
      #expect(covered.contains(symbol), "\(symbol)")
    }
  }

  @Test("tracked inputs have gradients, and not one of them is zero everywhere")
  func gradients() throws {
    for operation in Self.small {
      let golden = try GoldenCase.sample(operation)
      let tracked = try operation.tensors(golden.attributes).filter(\.isTracked)
      for slot in tracked {
        let gradient = try #require(golden.tensors["gradient.\(slot.name)"], "\(slot.name)")
        #expect(gradient.shape == golden.tensors[slot.name]?.shape)
        #expect(try gradient.doubles().contains { $0 != 0 }, "\(operation.name) \(slot.name)")
      }
    }
  }
}
