// Benchmarks of whole steps: forward and backward of a network, and a step of pre-training.
//
// Read       KernelBenchmarks.swift ← this file → ../BenchCommand.swift

import MVMR

extension Benchmark {
  /// Training steps.
  static func steps<S: KernelScalar>(of scalar: S.Type) -> [Benchmark] {
    [Backbone.resnet18, .resnet50].flatMap { backbone in
      [true, false].map { training(backbone, winograd: $0, of: scalar) }
    }
  }

  /// Forward and backward of a ResNet with the small stem, 16 images of 96 × 96.
  private static func training<S: KernelScalar>(
    _ backbone: Backbone, winograd: Bool, of _: S.Type
  ) -> Benchmark {
    let name = "step/\(backbone.rawValue)-96\(winograd ? "" : "-direct")"
    return Benchmark(name: name, unit: "images/s", work: 16) {
      let network = ResNet<S>(backbone, smallKernel: true, key: RandomKey(seed: 3))
      let x = Tensor<S>.normal([16, 96, 96, 3], key: RandomKey(seed: 4))
      return {
        network.clearGradients()
        Winograd.$isAllowed.withValue(winograd) {
          network(Variable(x), mode: .training).squared().mean().backward()
        }
      }
    }
  }

  /// One whole step of the built-in job: views, representations, losses, backward, Adam.
  static var preTraining: Benchmark {
    Benchmark(name: "step/mv-mr-32", unit: "images/s", work: 128) {
      let configuration = try Configuration(
        yaml: Configuration.builtIn, overrides: ["epochs=1000000"])
      let training = try PreTraining(configuration, data: DataSource(configuration))
      let loader = training.remainingBatches()
      return {
        if let batch = try loader.next() {
          OperationProfile.mark("waiting for the batch")
          _ = try training.step(batch)
          OperationProfile.mark("optimizer and probe")
        }
      }
    }
  }
}
