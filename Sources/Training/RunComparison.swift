// Several runs side by side: a table of what they achieved, and their curves in one picture.
//
// Idea       Runs whose folders are called alike but for a last number, such as paper-0 and paper-1, are
//            repetitions: the table gives their mean and deviation, a curve is their mean at each step.
// Formula    deviation s = √(Σ (aᵢ − ā)² / (n − 1)), of n repetitions
// Read       RunFolder.swift, Curves.swift ← this file → Command/CompareCommand.swift
// Tests      Tests/TrainingTests/RunComparisonTests.swift

import Charts
import Formats

/// Runs, grouped into repetitions.
public struct RunComparison: Sendable {
  /// Repetitions of one run.
  public struct Group: Sendable {
    /// What their folders have in common.
    public let name: String
    let results: [JSONValue]
    let metrics: [[JSONValue]]
    /// How many.
    public var count: Int { results.count }
  }

  /// The groups, in the order of their first run.
  public let groups: [Group]

  /// Reads finished runs.
  ///
  /// - Parameter paths: Their folders, at least one.
  /// - Throws: An error that names the file that is missing or damaged.
  public init(_ paths: [String]) throws {
    var names: [String] = []
    var found: [String: (results: [JSONValue], metrics: [[JSONValue]])] = [:]
    for path in paths {
      let folder = RunFolder(resuming: path)
      let result = try JSONValue(path: folder.result)
      guard result["linear_probe"]?["trained"]?.double != nil else {
        throw TrainingError(
          "'\(folder.result)' holds no accuracy of a linear probe",
          remedy: "name folders of runs that `mvmr pretrain` has finished")
      }
      let name = RunComparison.group(of: path)
      if found[name] == nil { names.append(name) }
      found[name, default: ([], [])].results.append(result)
      found[name, default: ([], [])].metrics.append(try JSONLinesWriter.read(folder.metrics))
    }
    groups = names.compactMap { name in
      found[name].map { Group(name: name, results: $0.results, metrics: $0.metrics) }
    }
  }

  /// A folder's name without its number: `runs/paper-0/` is one of `paper`.
  static func group(of path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    guard let dash = last.lastIndex(of: "-"), dash != last.startIndex,
      Int(last[last.index(after: dash)...]) != nil
    else { return last }
    return String(last[..<dash])
  }

  /// A Markdown table: accuracies in percent, before and after training.
  public var table: String {
    var lines = [
      "| runs | n | linear probe, random | trained | 20-NN, random | trained |",
      "| --- | --- | --- | --- | --- | --- |",
    ]
    for group in groups {
      let cells = [
        ("linear_probe", "random"), ("linear_probe", "trained"), ("knn", "random"),
        ("knn", "trained"),
      ].map { (part, when) in
        percent(group.results.compactMap { $0[part]?[when]?.double })
      }
      lines.append("| \(group.name) | \(group.count) | \(cells.joined(separator: " | ")) |")
    }
    return lines.joined(separator: "\n")
  }

  private func percent(_ values: [Double]) -> String {
    guard !values.isEmpty else { return "–" }
    let mean = values.reduce(0, +) / Double(values.count)
    guard values.count > 1 else { return "\(tenths(100 * mean))" }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / Double(values.count - 1)).squareRoot()
    return "\(tenths(100 * mean)) ± \(tenths(100 * deviation))"
  }

  private func tenths(_ value: Double) -> Double { (10 * value).rounded() / 10 }

  /// Draws one panel for each metric, with one curve for each group.
  ///
  /// - Parameters:
  ///   - keys: Keys of `metrics.jsonl`.
  ///   - title: Heading of the sheet.
  ///   - path: An SVG or PNG file, by its ending.
  /// - Throws: When a key is nowhere, or the picture cannot be written.
  public func draw(_ keys: [String], title: String, to path: String) throws {
    let panels = try keys.map { key in
      let series = groups.map { LineChart.Series($0.name, $0.mean(of: key)) }
      if series.allSatisfy(\.points.isEmpty) {
        let known = groups.flatMap { $0.metrics }.flatMap { $0.first?.object?.keys ?? [] }
        throw TrainingError(
          "no run has a metric '\(key)'",
          remedy: nearestName(to: key, among: known).map { "did you mean '\($0)'?" }
            ?? "look into metrics.jsonl for what there is")
      }
      return LineChart(key, xLabel: "step", series: series.filter { !$0.points.isEmpty })
    }
    try ChartSheet(title, panels: panels, columns: 2).write(to: path)
  }
}

extension RunComparison.Group {
  /// A metric's mean over the repetitions, at every step that all of them have.
  func mean(of key: String) -> [Point] {
    let curves = metrics.map { points(of: key, in: $0) }
    let values = curves.map { curve in
      Dictionary(curve.map { ($0.x, $0.y) }, uniquingKeysWith: { first, _ in first })
    }
    return (curves.first ?? []).compactMap { point in
      let found = values.compactMap { $0[point.x] }
      guard found.count == values.count else { return nil }
      return Point(point.x, found.reduce(0, +) / Double(found.count))
    }
  }
}
