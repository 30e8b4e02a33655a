// Benchmarks of the kernels: matrix products, the convolutions of ResNet, and nearest neighbours.
//
// Read       Benchmark.swift ← this file → StepBenchmarks.swift

import MVMR

extension Benchmark {
  /// Square matrix products.
  static func products<S: KernelScalar>(of scalar: S.Type) -> [Benchmark] {
    [512, 1024, 2048].map { product($0, of: scalar) }
  }

  private static func product<S: KernelScalar>(_ n: Int, of _: S.Type) -> Benchmark {
    Benchmark(name: "matmul/\(n)", unit: "GFLOP/s", work: 2e-9 * Double(n * n * n)) {
      let key = RandomKey(seed: 1)
      let a = Tensor<S>.normal([n, n], key: key.child("a"))
      let b = Tensor<S>.normal([n, n], key: key.child("b"))
      let c = Buffer<S>(uninitialized: n * n)
      return { matrixMultiply(rows: n, columns: n, depth: n, a: a.buffer, b: b.buffer, into: c) }
    }
  }

  /// The layers of ResNet-18 and ResNet-50 at 96 × 96, batch 16, directly.
  static func convolutions<S: KernelScalar>(of scalar: S.Type) -> [Benchmark] {
    [
      (3, 96, 64, 3, 1), (64, 48, 64, 3, 1), (64, 48, 64, 1, 1), (64, 48, 256, 1, 1),
      (256, 48, 64, 1, 1), (64, 48, 128, 3, 2), (128, 24, 128, 3, 1), (512, 24, 128, 1, 1),
      (256, 12, 256, 3, 1), (1024, 12, 256, 1, 1), (512, 6, 512, 3, 1), (2048, 6, 512, 1, 1),
    ].flatMap { layer($0, $1, $2, $3, $4, of: scalar) }
  }

  /// Those of them that Winograd's algorithm, or Strassen's, computes in training; work is counted as if directly.
  static var winogradConvolutions: [Benchmark] {
    [
      (64, 48, 64, 3, 1), (64, 48, 128, 3, 2), (128, 24, 128, 3, 1), (256, 12, 256, 3, 1),
      (512, 6, 512, 3, 1), (1024, 12, 256, 1, 1), (2048, 6, 512, 1, 1),
    ].flatMap { layer($0, $1, $2, $3, $4, winograd: true, of: Float.self) }
  }

  private static func layer<S: KernelScalar>(
    _ channels: Int, _ side: Int, _ out: Int, _ kernel: Int, _ stride: Int, winograd: Bool = false,
    of _: S.Type
  ) -> [Benchmark] {
    let g = ConvolutionGeometry(
      input: [16, side, side, channels], filter: [kernel, kernel, channels, out], stride: stride,
      padding: kernel / 2)
    let name =
      "\(winograd ? "winograd" : "conv")/\(channels)x\(side)x\(side)-\(out)-k\(kernel)s\(stride)"
    let work = 1e-9 * Double(g.operations)
    func tensors() -> (x: Tensor<S>, w: Tensor<S>, dY: Tensor<S>) {
      let key = RandomKey(seed: 2)
      return (
        .normal(g.inputShape, key: key.child("x")),
        .normal(g.filterShape, deviation: 0.05, key: key.child("w")),
        .normal(g.outputShape, key: key.child("y"))
      )
    }
    func pass(
      _ pass: String, _ run: @escaping ((Tensor<S>, Tensor<S>, Tensor<S>)) -> Void
    )
      -> Benchmark
    {
      Benchmark(name: "\(name)/\(pass)", unit: "GFLOP/s", work: work) {
        let all = tensors()
        return { Winograd.$isAllowed.withValue(winograd) { run(all) } }
      }
    }
    return [
      pass("forward") { _ = convolution($0.0, $0.1, g) },
      pass("input-gradient") { _ = convolutionInputGradient($0.2, $0.1, g) },
      pass("filter-gradient") { _ = convolutionFilterGradient($0.2, $0.0, g) },
    ]
  }

  /// Exact nearest neighbours by Euclidean distance (Tests/Reference/bench_faiss.py is FAISS's).
  static var neighbours: [Benchmark] {
    [1, 20, 200].map { k in
      Benchmark(name: "neighbours/50000x512-k\(k)", unit: "queries/s", work: 2000) {
        let key = RandomKey(seed: 5)
        let references = Tensor<Float>.normal([50_000, 512], key: key.child("references"))
        let queries = Tensor<Float>.normal([2000, 512], key: key.child("queries"))
        return {
          _ = nearestNeighbours(of: queries, among: references, count: k, by: .euclidean)
        }
      }
    }
  }
}
