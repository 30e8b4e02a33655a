// A step's profile: the time of each operation, forward and backward, as a table and a picture.
//
// Idea       An operation is counted at all shapes together, or each shape apart. Steps are profiled several
//            times; of each operation the median counts, so that one slow moment of the machine does not show
//            as a slow operation.
// Read       Benchmark.swift, Autodiff/OperationProfile.swift ← this file → ../BenchCommand.swift
// Tests      Tests/CommandTests/CommandTests.swift

import Foundation
import MVMR

/// Where the time of one benchmark goes.
struct StepProfile {
  /// One operation, at all shapes or at one.
  struct Row {
    let name: String
    /// Milliseconds a step.
    var forward = 0.0
    var backward = 0.0
    var calls = 0
    var total: Double { forward + backward }
  }

  let name: String
  let rows: [Row]

  /// Profiles some runs of a benchmark, after one that is not counted.
  init(_ benchmark: Benchmark, runs: Int, byShape: Bool) throws {
    name = benchmark.name
    let measure = try benchmark.prepare()
    try measure()
    var seen: [OperationProfile.Key: [OperationProfile.Entry]] = [:]
    var order: [OperationProfile.Key] = []
    for _ in 0..<runs {
      for entry in try OperationProfile.measuring(measure).entries {
        if seen[entry.key] == nil { order.append(entry.key) }
        seen[entry.key, default: []].append(entry)
      }
    }
    var rows: [Row] = []
    for key in order {
      let entries = seen[key] ?? []
      let milliseconds = entries.map { 1e3 * $0.seconds }.sorted()[entries.count / 2]
      let shape = byShape && !key.shape.isEmpty ? " \(key.shape)" : ""
      let name = key.operation + shape
      let place = rows.firstIndex { $0.name == name } ?? rows.endIndex
      if place == rows.endIndex { rows.append(Row(name: name)) }
      if key.isGradient {
        rows[place].backward += milliseconds
      } else {
        rows[place].forward += milliseconds
        rows[place].calls += entries[0].calls
      }
    }
    self.rows = rows.sorted { $0.total > $1.total }
  }

  /// Prints the table, or one JSON line, and writes `profile-NAME.svg` into a folder that exists.
  ///
  /// - Throws: When the picture cannot be written.
  func report(to folder: String, asJSON: Bool) throws {
    let all = rows.reduce(0) { $0 + $1.total }
    if asJSON {
      let list = rows.map { row in
        JSONValue.object([
          "operation": .string(row.name), "calls": .integer(row.calls),
          "forward_ms": .number(row.forward), "backward_ms": .number(row.backward),
        ])
      }
      print(JSONValue.object(["name": .string(name), "operations": .array(list)]).text)
    } else {
      print(String(format: "%@: %.1f ms a step", name, all))
      let width = max(26, rows.reduce(0) { max($0, $1.name.count) })
      func padded(_ name: String) -> String {
        name.padding(toLength: width, withPad: " ", startingAt: 0)
      }
      print("  \(padded("operation"))  calls   forward  backward   share")
      for row in rows where row.total >= 0.0005 * all {
        print(
          "  " + padded(row.name)
            + String(
              format: "%7d %6.1f ms %6.1f ms  %5.1f %%", row.calls, row.forward, row.backward,
              100 * row.total / max(all, .leastNonzeroMagnitude)))
      }
    }
    let shown = rows.prefix(8).filter { $0.total >= 0.005 * all }
    let chart = BarChart(
      "\(name): \(Int(all.rounded())) ms a step", yLabel: "ms a step",
      groups: shown.map(\.name),
      series: [
        BarChart.Series("forward", shown.map(\.forward)),
        BarChart.Series("backward", shown.map(\.backward)),
      ])
    let file = "\(folder)/profile-\(name.replacingOccurrences(of: "/", with: "-")).svg"
    try chart.write(to: file)
    if !asJSON { print("  picture: \(file)") }
  }
}
