// A benchmark: a name, the work of one call, and a function that does it.
//
// Names      Equal those of Tests/Reference/bench_pytorch.py, so that ratios can be taken.
// Read       this file → KernelBenchmarks.swift, StepBenchmarks.swift, MemoryBenchmarks.swift → ../BenchCommand.swift

import Dispatch
import Foundation
import MVMR

/// One figure.
struct Benchmark {
  let name: String
  let unit: String
  /// Units in one call.
  let work: Double
  /// Makes what is measured: inputs, networks; the function it returns is timed.
  let prepare: () throws -> () throws -> Void
  /// What is measured where it is not a rate, in `unit`.
  var figure: (() throws -> Double)?

  /// Every benchmark; some are of float32 alone.
  static func all<S: KernelScalar>(of scalar: S.Type) -> [Benchmark] {
    let both =
      products(of: scalar) + convolutions(of: scalar) + inference(of: scalar)
      + representations(of: scalar) + correlations(of: scalar)
    let steps = steps(of: scalar)
    return S.self == Float.self
      ? both + winogradConvolutions + neighbours + steps + [preTraining] + memory
      : both + steps
  }

  /// The benchmarks that the words name, or whose names begin with them; all without words.
  ///
  /// - Throws: `UsageError` when a word names none.
  static func named(_ words: [String], isDouble: Bool) throws -> [Benchmark] {
    let all = isDouble ? all(of: Double.self) : all(of: Float.self)
    let names = all.map(\.name)
    if let unknown = words.first(where: { word in !names.contains { $0.hasPrefix(word) } }) {
      throw UsageError(
        what: "no benchmark begins with '\(unknown)'",
        remedy: "names begin with \(beginnings(of: names, near: unknown).joined(separator: ", "))")
    }
    return all.filter { one in
      words.isEmpty
        || words.contains { $0 == one.name || !names.contains($0) && one.name.hasPrefix($0) }
    }
  }

  /// The names of the group that a word begins with, but for what follows a second slash; the groups, if it begins
  /// with none.
  private static func beginnings(of names: [String], near word: String) -> [String] {
    let group = word.prefix { $0 != "/" } + "/"
    let near = names.filter { $0.hasPrefix(group) }
    let depth = near.isEmpty ? 1 : 2
    var all: [String] = []
    for name in near.isEmpty ? names : near {
      let beginning = name.split(separator: "/").prefix(depth).joined(separator: "/")
      if all.last != beginning { all.append(beginning) }
    }
    return all
  }

  /// Units a second in each of some runs, the slowest first; one run before them is not counted.
  ///
  /// Where there is a figure, the figure itself in each, the smallest first.
  func rates(runs: Int) throws -> [Double] {
    if let figure { return try (0..<runs).map { _ in try figure() }.sorted() }
    let measure = try prepare()
    try measure()
    return try (0..<runs).map { _ in
      let start = DispatchTime.now().uptimeNanoseconds
      try measure()
      return work / (Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
    }.sorted()
  }
}
