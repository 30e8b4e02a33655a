// Benchmarks of what stands around the kernels: inference, representations, distance correlation.
//
// Read       KernelBenchmarks.swift ← this file → StepBenchmarks.swift

import MVMR

extension Benchmark {
  /// Networks in evaluation mode.
  static func inference<S: KernelScalar>(of _: S.Type) -> [Benchmark] {
    [Backbone.resnet18, .resnet50].map { backbone in
      Benchmark(name: "inference/\(backbone.rawValue)-96", unit: "images/s", work: 64) {
        let network = ResNet<S>(backbone, smallKernel: true, key: RandomKey(seed: 3))
        return forward(network, [64, 96, 96, 3])
      }
    } + [
      Benchmark(name: "inference/vit-b-16-224", unit: "images/s", work: 8) {
        guard let plan = VisionTransformerPlan(named: "ViT-B-16") else {
          throw UsageError(what: "there is no network ViT-B-16")
        }
        return forward(
          VisionTransformer<S>(plan, key: RandomKey(seed: 3)), [8, 224, 224, 3])
      }
    ]
  }

  private static func forward<S: KernelScalar>(
    _ network: any Layer<S>, _ shape: [Int]
  ) -> () -> Void {
    let x = Variable(Tensor<S>.normal(shape, key: RandomKey(seed: 4)))
    return { _ = network(x, mode: .evaluation) }
  }

  /// The fixed mappings of 64 images of 96 × 96.
  static func representations<S: KernelScalar>(of _: S.Type) -> [Benchmark] {
    func of(_ name: String, _ mapping: @escaping (Tensor<S>) throws -> Void) -> Benchmark {
      Benchmark(name: "representation/\(name)-96", unit: "images/s", work: 64) {
        let images = Tensor<S>.normal([64, 96, 96, 3], key: RandomKey(seed: 6))
        return { try mapping(images) }
      }
    }
    return [
      Benchmark(name: "representation/scattering-96", unit: "images/s", work: 64) {
        let images = Tensor<S>.normal([64, 96, 96, 3], key: RandomKey(seed: 6))
        let transform = try ScatteringTransform<S>(
          scales: 2, orientations: 8, height: 96, width: 96)
        return { _ = transform(images) }
      },
      of("hog") { _ = histogramOfOrientedGradients($0, bins: 24, pool: 8) },
      of("local-deviation") { _ = localStandardDeviation($0) },
    ]
  }

  /// Distance correlation of 256 embeddings with a representation, and its gradient.
  static func correlations<S: KernelScalar>(of _: S.Type) -> [Benchmark] {
    [
      Benchmark(
        name: "distance-correlation/256x8192-256x62208", unit: "calls/s", work: 1
      ) {
        let z = Tensor<S>.normal([256, 8192], key: RandomKey(seed: 7))
        let φ = Tensor<S>.normal([256, 62208], key: RandomKey(seed: 8))
        return { distanceCorrelation(Variable(tracking: z), Variable(φ)).backward() }
      }
    ]
  }
}
