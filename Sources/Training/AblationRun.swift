// A grid of small runs: every cell of an ablation, with every seed, in folders of their own.
//
// Folders    <folder>/<cell>-<seed>, each a whole run; so `mvmr compare` reads them too
// Resuming   The same command again: a finished run is kept, a stopped one goes on to the same bits, the rest
//            begins. A folder that holds a run of another configuration is an error, never a number.
// Result     ablation.md, ablation.json, ablation.svg and .png in the folder
// Read       Ablation.swift, PreTrainingRun.swift ← this file → AblationResult.swift
// Tests      Tests/TrainingTests/AblationTests.swift

import Formats
import Foundation

/// A grid of runs.
public struct AblationRun {
  /// Which table.
  public let table: Ablation
  /// The folder that holds the runs' folders.
  public let folder: String
  /// What runs, in order: cells of one seed after the other, so that a grid that is stopped is whole in its
  /// first seeds.
  public let plan: [(cell: Ablation.Cell, seed: Int, configuration: Configuration)]
  private let cells: [Ablation.Cell]
  private let dataDirectory: String?

  /// Plans a grid.
  ///
  /// - Parameters:
  ///   - table: Which ablation.
  ///   - base: The configuration every cell changes.
  ///   - seeds: At least one.
  ///   - only: Names of cells; empty for all.
  ///   - shrink: What the paper's projector widths are divided by.
  ///   - dataDirectory: Where the data are.
  ///   - folder: Where the runs go.
  /// - Throws: When a name is no cell, or a cell's configuration cannot be.
  public init(
    _ table: Ablation, base: Configuration, seeds: [Int], only: [String] = [], shrink: Int = 1,
    dataDirectory: String? = nil, folder: String
  ) throws {
    let all = table.cells(shrink: shrink)
    for name in only where !all.contains(where: { $0.name == name }) {
      throw TrainingError(
        "\(table.rawValue) has no cell '\(name)'",
        remedy: "choose among \(all.map(\.name).joined(separator: ", "))")
    }
    let chosen = all.filter { only.isEmpty || only.contains($0.name) }
    cells = chosen
    self.table = table
    self.folder = folder
    self.dataDirectory = dataDirectory
    var base = base
    base.datasetPath = dataDirectory ?? base.datasetPath
    let text = try base.yaml()
    plan = try seeds.flatMap { seed in
      try chosen.map { cell in
        (
          cell, seed,
          try Configuration(
            yaml: text, path: "cell \(cell.name)", overrides: cell.overrides + ["seed=\(seed)"])
        )
      }
    }
  }

  /// The folder of one run.
  func folder(of cell: Ablation.Cell, seed: Int) -> String { "\(folder)/\(cell.name)-\(seed)" }

  /// Whether a run has come to its end.
  func isFinished(_ path: String) -> Bool {
    let result = try? JSONValue(path: "\(path)/result.json")
    return result?["linear_probe"]?["trained"]?.double != nil
  }

  /// Runs what has not been run yet.
  ///
  /// - Parameters:
  ///   - say: Receives lines for the user.
  ///   - observe: Called after every step of every run.
  ///   - shouldStop: Asked after every step; true ends the grid with a checkpoint.
  /// - Returns: The result; nil when it was stopped.
  /// - Throws: When a folder holds another run, or a run fails.
  public func run(
    say: (String) -> Void = { _ in }, observe: (StepRecord) -> Void = { _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> AblationResult? {
    for (number, (cell, seed, configuration)) in plan.enumerated() {
      let path = folder(of: cell, seed: seed)
      try check(path, configuration)
      let head = "\(number + 1)/\(plan.count) \(cell.name), seed \(seed)"
      if isFinished(path) {
        say("\(head): finished before")
        continue
      }
      if shouldStop() { return nil }
      let begun = FileManager.default.fileExists(atPath: RunFolder(resuming: path).checkpoint)
      say("\(head): \(begun ? "goes on" : "begins")")
      let run =
        begun
        ? try PreTrainingRun(resuming: path, dataDirectory: dataDirectory)
        : try PreTrainingRun(configuration, dataDirectory: dataDirectory, output: path)
      let result = try run.run(observe: observe, shouldStop: shouldStop)
      guard let trained = result.trained else { return nil }
      say("\(head): linear probe \(AblationResult.percent(trained.linear)) %")
    }
    return try result()
  }

  /// Reads the finished runs.
  ///
  /// - Throws: When one is missing.
  public func result() throws -> AblationResult {
    let seeds = plan.map(\.seed).reduce(into: [Int]()) { if !$0.contains($1) { $0.append($1) } }
    return try AblationResult(
      table: table, seeds: seeds,
      rows: cells.map { cell in
        let results = try seeds.map { seed in
          try JSONValue(path: "\(folder(of: cell, seed: seed))/result.json")
        }
        func values(_ part: String, _ when: String) -> [Double] {
          results.compactMap { $0[part]?[when]?.double }
        }
        return AblationResult.Row(
          cell: cell, random: values("linear_probe", "random"),
          linear: values("linear_probe", "trained"), neighbours: values("knn", "trained"))
      })
  }

  private func check(_ path: String, _ configuration: Configuration) throws {
    let file = "\(path)/config.yaml"
    guard FileManager.default.fileExists(atPath: file) else { return }
    var there = try Configuration(
      yaml: String(contentsOfFile: file, encoding: .utf8), path: file)
    // Data may have moved; threads that prepare batches change nothing.
    there.datasetPath = configuration.datasetPath
    there.workers = configuration.workers
    guard there == configuration else {
      throw TrainingError(
        "'\(path)' holds a run of another configuration",
        remedy: "choose another folder with --output DIR, or repeat the options of that run")
    }
  }
}
