// mvmr compare: several runs side by side.
//
// Read       Training/RunComparison.swift ← this file

import Foundation
import MVMR

extension Option {
  static let metric = Option(
    name: "--metric", value: "KEY",
    help: "a key of metrics.jsonl to draw; repeatable (default: the probe, MSE, STD, DC_zz)",
    repeats: true)
  static let picture = Option(
    name: "--output", value: "FILE", help: "draw the curves into an .svg or .png file")
}

extension Command {
  static let compare = Command(
    "compare", "A table of several runs' accuracies, and their curves in one picture.",
    options: [.metric, .picture], positional: "RUN…",
    examples: [
      "compare runs/paper-0 runs/paper-1 runs/released-0 runs/released-1",
      "compare runs/first runs/second --metric probe_test_accuracy -o both.png",
    ]
  ) { arguments in
    guard !arguments.positional.isEmpty else {
      throw UsageError(what: "no run is named", remedy: "name the folders of finished runs")
    }
    if let path = arguments.string(.picture), !path.hasSuffix(".svg") && !path.hasSuffix(".png") {
      throw UsageError(what: "--output is '\(path)'", remedy: "end it with .svg or .png")
    }
    let runs = try RunComparison(arguments.positional)
    print(runs.table)
    if let path = arguments.string(.picture) {
      let keys = arguments.strings(.metric)
      try runs.draw(
        keys.isEmpty ? ["probe_test_accuracy", "MSE", "STD", "DC_zz"] : keys,
        title: runs.groups.map(\.name).joined(separator: ", "), to: path)
    }
    return 0
  }
}
