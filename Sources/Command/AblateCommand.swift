// mvmr ablate: the paper's Tables 5 to 8 as a grid of small runs.
//
// Read       Training/AblationRun.swift ← this file
// Tests      Tests/CommandTests/AblateCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let ablationFolder = Option(
    name: "--output", value: "DIR", help: "folder of the grid (default: runs/ablate-<table>)")
  static let seeds = Option(
    name: "--seeds", value: "N", help: "seeds 0, 1, … of each cell (default: 3)")
  static let cells = Option(
    name: "--cell", value: "NAME", help: "run this cell alone; repeatable (default: all)",
    repeats: true)
  static let shrink = Option(
    name: "--shrink", value: "N",
    help: "projector: divide the paper's widths by N (default: 16, so 512 in place of 8192)")
}

extension Command {
  static let ablate = Command(
    "ablate",
    "The paper's tables of ablations as a grid of small runs; go on with the same command.",
    options: [.config, .data, .set, .objective, .seeds, .cells, .shrink, .ablationFolder],
    positional: "losses|features|augmentations|projector",
    examples: [
      "ablate losses", "ablate features --cell I --cell ISAHD --seeds 2",
      "ablate losses --config Examples/configs/cifar10_small.yaml --data DIR -o runs/losses",
      "ablate projector --shrink 32 --set epochs=3",
    ]
  ) { arguments in
    let names = Ablation.allCases.map(\.rawValue)
    guard arguments.positional.count == 1, let table = Ablation(rawValue: arguments.positional[0])
    else {
      throw UsageError(
        what: arguments.positional.isEmpty
          ? "no table is named"
          : "there is no table '\(arguments.positional.joined(separator: " "))'",
        remedy: "name one of \(names.joined(separator: ", "))")
    }
    let seeds = try arguments.integer(.seeds, in: 1...1000) ?? 3
    let shrink = try arguments.integer(.shrink, in: 1...8192) ?? 16
    if arguments.has(.shrink) && table != .projector {
      throw UsageError(what: "--shrink belongs to projector", remedy: "leave it out")
    }
    let folder = arguments.string(.ablationFolder) ?? "runs/ablate-\(table.rawValue)"
    let grid = try AblationRun(
      table, base: configuration(arguments), seeds: Array(0..<seeds),
      only: arguments.strings(.cells), shrink: shrink, dataDirectory: arguments.string(.data),
      folder: folder)
    Interruption.watch()
    let result = try grid.run(
      say: { CommandLineTool.write($0 + "\n") }, shouldStop: { Interruption.isRequested })
    guard let result else {
      print("Stopped; go on with the same command.")
      return 130
    }
    try result.write(to: RunFolder(resuming: folder))
    print(result.markdown)
    print("Written to \(folder): ablation.md, ablation.json, ablation.svg, ablation.png")
    return 0
  }
}
