// What an ablation found, beside what the paper reports.
//
// Formula    s = √(Σ (aᵢ − ā)² / (n − 1)) over n seeds
//            Spearman's ρ between our means and the paper's numbers: do the orders agree? Of equal numbers
//            each has the mean of their ranks.
// Read       AblationRun.swift ← this file → Command/AblateCommand.swift
// Tests      Tests/TrainingTests/AblationTests.swift

import Charts
import Formats

/// A table of means and deviations.
public struct AblationResult: Sendable {
  /// One cell with its seeds' accuracies, in 0…1.
  public struct Row: Sendable {
    public let cell: Ablation.Cell
    /// Linear probe of the random encoder.
    public let random: [Double]
    /// Linear probe after training.
    public let linear: [Double]
    /// 20 nearest neighbours after training.
    public let neighbours: [Double]
  }

  public let table: Ablation
  public let seeds: [Int]
  public let rows: [Row]

  static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }

  static func deviation(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let middle = mean(values)
    return (values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(values.count - 1))
      .squareRoot()
  }

  static func percent(_ value: Double) -> String { "\((1000 * value).rounded() / 10)" }

  private static func cell(_ values: [Double]) -> String {
    guard !values.isEmpty else { return "–" }
    return percent(mean(values)) + (deviation(values).map { " ± \(percent($0))" } ?? "")
  }

  /// Agreement of our order with the paper's, in −1…1; nil for fewer than three rows, or where all are equal.
  public var rankCorrelation: Double? {
    guard rows.count >= 3 else { return nil }
    func ranks(_ values: [Double]) -> [Double] {
      values.map { value in
        let below = values.reduce(0.0) { $0 + ($1 < value ? 1 : 0) }
        let equal = values.reduce(0.0) { $0 + ($1 == value ? 1 : 0) }
        return below + 0.5 * (equal + 1)
      }
    }
    let (a, b) = (
      ranks(rows.map { AblationResult.mean($0.linear) }), ranks(rows.map(\.cell.paper))
    )
    let middle = Double(rows.count + 1) / 2
    func product(_ x: [Double], _ y: [Double]) -> Double {
      zip(x, y).reduce(0) { $0 + ($1.0 - middle) * ($1.1 - middle) }
    }
    let scale = (product(a, a) * product(b, b)).squareRoot()
    return scale > 0 ? product(a, b) / scale : nil
  }

  /// A Markdown table in percent: mean ± deviation over seeds, and the paper's top-1.
  public var markdown: String {
    var lines = [
      "| \(table.rawValue) | linear probe, random | trained | 20-NN, trained | paper |",
      "| --- | --- | --- | --- | --- |",
    ]
    for row in rows {
      let cells = [row.random, row.linear, row.neighbours].map(AblationResult.cell)
      lines.append(
        "| \(row.cell.name) | \(cells.joined(separator: " | ")) | \(row.cell.paper) |")
    }
    lines.append("")
    let order = rankCorrelation.map {
      " Rank correlation with the paper's column: \((100 * $0).rounded() / 100)."
    }
    lines.append(
      "\(table.title). Seeds \(seeds.map(String.init).joined(separator: ", ")).\(order ?? "")")
    return lines.joined(separator: "\n")
  }

  /// Everything, seed by seed.
  public var json: JSONValue {
    func list(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }
    return .object([
      "table": .string(table.rawValue), "seeds": .array(seeds.map { .integer($0) }),
      "rank_correlation": rankCorrelation.map { .number($0) } ?? .null,
      "rows": .array(
        rows.map { row in
          .object([
            "cell": .string(row.cell.name), "random": list(row.random),
            "linear_probe": list(row.linear), "knn": list(row.neighbours),
            "paper": .number(row.cell.paper / 100),
          ])
        }),
    ])
  }

  /// Writes `ablation.md`, `.json`, `.svg` and `.png` into a folder.
  public func write(to folder: RunFolder) throws {
    try folder.write(markdown + "\n", to: "ablation.md")
    try folder.write(json.text + "\n", to: "ablation.json")
    // Eight groups a panel, so that their words can be read.
    let panels = stride(from: 0, to: rows.count, by: 8).map { start in
      let part = rows[start..<min(rows.count, start + 8)]
      return BarChart(
        start == 0 ? "Top-1 in percent, linear" : "", yLabel: "%", groups: part.map(\.cell.name),
        series: [
          BarChart.Series(
            "here, mean of \(seeds.count)", part.map { 100 * AblationResult.mean($0.linear) }),
          BarChart.Series("paper, STL-10", part.map(\.cell.paper)),
        ])
    }
    let sheet = ChartSheet(table.title, panels: panels, columns: panels.count > 1 ? 2 : 1)
    for ending in ["svg", "png"] { try sheet.write(to: "\(folder.path)/ablation.\(ending)") }
  }
}
