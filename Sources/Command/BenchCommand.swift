// mvmr bench: how fast, as a share of what this machine can do at all.
//
// Peak       Twelve independent chains of fused multiply-adds in registers: no memory is touched, so
//            nothing can be faster. Clocks wander by a tenth within minutes, so the peak is measured
//            before and after each figure, and the higher one counts.
// Names      Equal those of Tests/Reference/bench_pytorch.py, so that ratios can be taken.
// Figures    The median of several runs and their spread; a figure taken while the machine does
//            something else is not a figure.

import Foundation
import MVMR

extension Option {
  static let repeats = Option(
    name: "--repeat", value: "N", help: "runs of each figure (default: 7)")
}

extension Command {
  static let bench = Command(
    "bench", "Measure kernels and training steps against the machine's peak.",
    options: [.repeats, .json], positional: "[NAME…]",
    examples: ["bench", "bench matmul --threads 1", "bench conv/64x48 train --json"]
  ) { arguments in
    let repeats = try arguments.integer(.repeats, in: 1...1000) ?? 7
    let wanted = Benchmark.all.filter { one in
      arguments.positional.isEmpty || arguments.positional.contains { one.name.hasPrefix($0) }
    }
    guard !wanted.isEmpty else {
      throw UsageError(
        what: "no benchmark begins with '\(arguments.positional.joined(separator: "', '"))'",
        remedy: "names are \(Benchmark.all.map(\.name).joined(separator: ", "))")
    }
    var peak = peakOperations(Float.self)
    let json = arguments.has(.json)
    if !json {
      print(String(format: "peak: %.0f GFLOP/s float32, %d thread(s)", peak, ThreadTeam.count))
    }
    for one in wanted {
      let measure = one.prepare()
      measure()
      var rates = (0..<repeats).map { _ in
        let start = DispatchTime.now().uptimeNanoseconds
        measure()
        return one.work / (Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
      }
      rates.sort()
      let median = rates[rates.count / 2]
      let after = peakOperations(Float.self)
      let share = one.unit == "GFLOP/s" ? median / max(peak, after) : nil
      peak = after
      if json {
        print(
          JSONValue.object([
            "name": .string(one.name), "value": .number(median), "unit": .string(one.unit),
            "threads": .integer(ThreadTeam.count), "low": .number(rates[0]),
            "high": .number(rates[rates.count - 1]),
            "peak_share": share.map { .number($0) } ?? .null,
          ]).text)
      } else {
        let name = one.name.padding(toLength: 42, withPad: " ", startingAt: 0)
        let text = String(
          format: "%9.1f %@  (%.1f … %.1f)", median, one.unit, rates[0], rates[rates.count - 1])
        print("\(name)\(text)\(share.map { String(format: "  %3.0f %% of peak", 100 * $0) } ?? "")")
      }
    }
    return 0
  }
}

/// One figure: a name, the work of one call, and a function that does it.
private struct Benchmark {
  let name: String
  let unit: String
  /// Units in one call.
  let work: Double
  let prepare: () -> () -> Void

  static var all: [Benchmark] {
    [512, 1024, 2048].map(matmul) + convolutions + trainingSteps + [preTrainingStep]
      + [1, 20, 200].map(neighbours)
  }

  private static func matmul(_ n: Int) -> Benchmark {
    Benchmark(name: "matmul/\(n)", unit: "GFLOP/s", work: 2e-9 * Double(n * n * n)) {
      let key = RandomKey(seed: 1)
      let a = Tensor<Float>.normal([n, n], key: key.child("a"))
      let b = Tensor<Float>.normal([n, n], key: key.child("b"))
      let c = Buffer<Float>(uninitialized: n * n)
      return { matrixMultiply(rows: n, columns: n, depth: n, a: a.buffer, b: b.buffer, into: c) }
    }
  }

  /// The layers of ResNet-18 and ResNet-50 at 96 × 96, batch 16.
  private static var convolutions: [Benchmark] {
    [
      (3, 96, 64, 3, 1), (64, 48, 64, 3, 1), (64, 48, 64, 1, 1), (64, 48, 256, 1, 1),
      (256, 48, 64, 1, 1), (64, 48, 128, 3, 2), (128, 24, 128, 3, 1), (512, 24, 128, 1, 1),
      (256, 12, 256, 3, 1), (1024, 12, 256, 1, 1), (512, 6, 512, 3, 1), (2048, 6, 512, 1, 1),
    ].flatMap(layer)
  }

  private static func layer(
    _ channels: Int, _ side: Int, _ out: Int, _ kernel: Int, _ stride: Int
  ) -> [Benchmark] {
    let g = ConvolutionGeometry(
      input: [16, side, side, channels], filter: [kernel, kernel, channels, out], stride: stride,
      padding: kernel / 2)
    let name = "conv/\(channels)x\(side)x\(side)-\(out)-k\(kernel)s\(stride)"
    let work = 1e-9 * Double(g.operations)
    func tensors() -> (x: Tensor<Float>, w: Tensor<Float>, dY: Tensor<Float>) {
      let key = RandomKey(seed: 2)
      return (
        .normal(g.inputShape, key: key.child("x")),
        .normal(g.filterShape, deviation: 0.05, key: key.child("w")),
        .normal(g.outputShape, key: key.child("y"))
      )
    }
    func pass(
      _ pass: String, _ run: @escaping ((Tensor<Float>, Tensor<Float>, Tensor<Float>)) -> Void
    )
      -> Benchmark
    {
      Benchmark(name: "\(name)/\(pass)", unit: "GFLOP/s", work: work) {
        let all = tensors()
        return { run(all) }
      }
    }
    return [
      pass("forward") { _ = convolution($0.0, $0.1, g) },
      pass("input-gradient") { _ = convolutionInputGradient($0.2, $0.1, g) },
      pass("filter-gradient") { _ = convolutionFilterGradient($0.2, $0.0, g) },
    ]
  }

  private static var trainingSteps: [Benchmark] {
    [Backbone.resnet18, .resnet50].map { backbone in
      Benchmark(name: "\(backbone.rawValue)/train-96", unit: "images/s", work: 16) {
        let network = ResNet<Float>(backbone, smallKernel: true, key: RandomKey(seed: 3))
        let x = Tensor<Float>.normal([16, 96, 96, 3], key: RandomKey(seed: 4))
        return {
          network.clearGradients()
          network(Variable(x), mode: .training).squared().mean().backward()
        }
      }
    }
  }

  /// Exact nearest neighbours by Euclidean distance (Tests/Reference/bench_faiss.py is FAISS's).
  private static func neighbours(_ k: Int) -> Benchmark {
    Benchmark(name: "neighbours/50000x512-k\(k)", unit: "queries/s", work: 2000) {
      let key = RandomKey(seed: 5)
      let references = Tensor<Float>.normal([50_000, 512], key: key.child("references"))
      let queries = Tensor<Float>.normal([2000, 512], key: key.child("queries"))
      return {
        _ = nearestNeighbours(of: queries, among: references, count: k, by: .euclidean)
      }
    }
  }

  /// One whole step of the built-in job: views, representations, losses, backward, Adam.
  private static var preTrainingStep: Benchmark {
    Benchmark(name: "mv-mr/step-32", unit: "images/s", work: 128) {
      do {
        let configuration = try Configuration(
          yaml: Configuration.builtIn, overrides: ["epochs=1000000"])
        let training = try PreTraining(configuration, data: DataSource(configuration))
        let loader = training.remainingBatches()
        return {
          do {
            if let batch = try loader.next() { _ = try training.step(batch) }
          } catch { fatalError("\(error)") }
        }
      } catch { fatalError("the built-in configuration does not run: \(error)") }
    }
  }
}
