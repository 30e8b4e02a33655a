// Curves of a run: what the metrics file says, drawn.
//
// Read       RunFolder.swift, Charts/LineChart.swift ← this file

import Charts
import Formats

/// Draws losses, accuracies and the learning rate of a run.
///
/// - Parameters:
///   - folder: Where `metrics.jsonl` is read and `curves.svg`, `curves.png` are written.
///   - title: Heading of the sheet.
///   - method: Whose losses they are.
/// - Throws: When the metrics cannot be read or the pictures not written.
public func drawCurves(
  _ folder: RunFolder, title: String, method: MethodName = .mvmr
) throws {
  let lines = try JSONLinesWriter.read(folder.metrics)
  var names: [String] = []
  for line in lines {
    for entry in line.object?.entries ?? [] where !names.contains(entry.key) {
      names.append(entry.key)
    }
  }
  func chart(_ title: String, _ yLabel: String, _ keys: [String]) -> LineChart {
    LineChart(
      title, xLabel: "step", yLabel: yLabel,
      series: keys.filter(names.contains).map { LineChart.Series($0, points(of: $0, in: lines)) })
  }
  let shared = [
    chart("Online linear probe", "accuracy", ["probe_accuracy", "probe_test_accuracy"]),
    chart("Deviation of the embedding", "mean deviation", ["embedding_deviation"]),
    chart("Learning rate", "rate", ["learning_rate"]),
  ]
  func write(_ panels: [LineChart]) throws {
    let sheet = ChartSheet(title, panels: panels, columns: 2)
    try sheet.write(to: "\(folder.path)/curves.svg")
    try sheet.write(to: "\(folder.path)/curves.png")
  }
  guard method == .mvmr else {
    return try write([chart("Loss of \(method.title)", "loss", method.terms)] + shared)
  }
  let correlations = names.filter { $0.hasPrefix("DC_") && !$0.hasSuffix("_chance") }
  let chance = names.filter { $0.hasPrefix("DC_") && $0.hasSuffix("_chance") }
  var panels =
    [
      chart("Objective L, eq. (10)", "loss", ["loss"]),
      chart("Invariance and variance, eq. (7)", "loss", ["MSE", "STD"]),
      chart("1 - distance correlation, eq. (8), (9)", "1 - dCor", correlations),
    ] + shared
  // A run that was begun by an older version has none.
  if !chance.isEmpty {
    panels.insert(chart("The same, rows paired by chance", "1 - dCor", chance), at: 3)
  }
  try write(panels)
}

/// A metric's points over the steps, from the lines of `metrics.jsonl` that hold it.
func points(of key: String, in lines: [JSONValue]) -> [Point] {
  lines.compactMap { line in
    guard let step = line["step"]?.double, let value = line[key]?.double else { return nil }
    return Point(step, value)
  }
}
