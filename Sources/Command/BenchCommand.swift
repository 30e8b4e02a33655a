// mvmr bench: how fast, as a share of what this machine can do at all.
//
// Peak       Twelve independent chains of fused multiply-adds in registers: no memory is touched, so
//            nothing can be faster. Clocks wander by a tenth within minutes, so the peak is measured
//            before and after each figure, and the higher one counts.
// Figures    The median of several runs and their spread; a figure taken while the machine does
//            something else is not a figure.
// Profile    Where the time of a step goes, by operation: `mvmr bench step --profile`.
// Read       Benchmarks/Benchmark.swift, Benchmarks/StepProfile.swift ← this file

import Foundation
import MVMR

extension Option {
  static let repeats = Option(
    name: "--repeat", value: "N", help: "runs of each figure (default: 7)")
  static let float64 = Option(
    name: "--float64", value: nil, help: "compute in float64 (default: float32)")
  static let profile = Option(
    name: "--profile", value: nil,
    help: "where the time goes, by operation: a table, and an SVG in the --output folder")
  static let byShape = Option(
    name: "--by-shape", value: nil, help: "with --profile: each shape of an operation apart")
}

extension Command {
  static let bench = Command(
    "bench", "Measure kernels and training steps against the machine's peak.",
    options: [.repeats, .float64, .json, .profile, .byShape, .output], positional: "[NAME…]",
    examples: [
      "bench", "bench matmul --threads 1", "bench conv/64x48 step --json", "bench matmul --float64",
      "bench step/resnet18 --profile --output profiles",
    ]
  ) { arguments in
    let runs = try arguments.integer(.repeats, in: 1...1000) ?? 7
    let isDouble = arguments.has(.float64)
    let wanted = try Benchmark.named(arguments.positional, isDouble: isDouble)
    func measuredPeak() -> Double {
      isDouble ? peakOperations(Double.self) : peakOperations(Float.self)
    }
    if arguments.has(.profile) {
      let folder = try arguments.folder(.output, default: ".")
      for one in wanted {
        try StepProfile(one, runs: runs, byShape: arguments.has(.byShape)).report(
          to: folder, asJSON: arguments.has(.json))
      }
      return 0
    }
    var peak = measuredPeak()
    let json = arguments.has(.json)
    if !json {
      let scalar = isDouble ? "float64" : "float32"
      print("peak: \(Int(peak.rounded())) GFLOP/s \(scalar), \(ThreadTeam.count) thread(s)")
    }
    for one in wanted {
      let rates = try one.rates(runs: runs)
      let median = rates[rates.count / 2]
      let after = measuredPeak()
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
