// Benchmarks of memory: what a network holds for backward.
//
// Figure     Bytes of the large buffers that a forward pass in training mode leaves behind, without parameters and
//            without what it only needs on the way: 10⁶ bytes an image. Less is better.
// Read       Benchmark.swift, Kernels/BufferPool.swift ← this file → ../BenchCommand.swift

import MVMR

extension Benchmark {
  /// ResNets with the small stem, 16 images of 96 × 96.
  static var memory: [Benchmark] { [Backbone.resnet18, .resnet50].map(held) }

  private static func held(_ backbone: Backbone) -> Benchmark {
    let images = 16
    func network() -> ResNet<Float> {
      ResNet(backbone, smallKernel: true, key: RandomKey(seed: 3))
    }
    func forward(_ network: ResNet<Float>) -> Variable<Float> {
      let x = Tensor<Float>.normal([images, 96, 96, 3], key: RandomKey(seed: 4))
      return network(Variable(x), mode: .training)
    }
    return Benchmark(
      name: "memory/\(backbone.rawValue)-96", unit: "MB/image", work: Double(images),
      prepare: {
        let network = network()
        return { _ = forward(network) }
      },
      figure: {
        let network = network()
        let before = BufferMemory.used
        let output = forward(network)
        let bytes = BufferMemory.used - before
        return withExtendedLifetime(output) { 1e-6 * Double(bytes) / Double(images) }
      })
  }
}
