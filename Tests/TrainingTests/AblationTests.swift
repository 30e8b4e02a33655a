import Formats
import Foundation
import Testing

@testable import Training

@Suite("Ablations", .serialized) struct AblationTests {
  @Test("every cell is a configuration of its own, and the last of each table is the whole method")
  func cells() throws {
    let counts: [Int] = [7, 31, 5, 19]
    for (table, count) in zip(Ablation.allCases, counts) {
      let cells = table.cells()
      #expect(cells.count == count && Set(cells.map(\.name)).count == count)
      let configurations = try cells.map { try Configuration(yaml: "", overrides: $0.overrides) }
      #expect(Set(configurations).count == count, "\(table)")
      if table != .projector { #expect(configurations.last == (try Configuration(yaml: ""))) }
      #expect(cells.filter { $0.paper == 69.38 }.count == 1)
    }
    #expect(Ablation.projector.cells(shrink: 16).map(\.name).prefix(2) == ["3x512", "3x256"])
    let letters = Ablation.features.cells().map { Set($0.name) }
    #expect(Set(letters).count == 31)
  }

  func grid(_ folder: String, seeds: [Int] = [0, 1], _ overrides: String...) throws -> AblationRun {
    let base = try Configuration(
      yaml: TinyRun.yaml, overrides: ["epochs=1", "warmup_epochs=0"] + overrides)
    return try AblationRun(
      .losses, base: base, seeds: seeds, only: ["L1", "L1+L2+L3"], folder: folder)
  }

  @Test("stopped anywhere and run again, a grid ends with the same numbers; done, it runs nothing")
  func resume() throws {
    try TinyRun.withDirectory { directory in
      let whole = try #require(try grid("\(directory)/whole").run())
      #expect(whole.rows.count == 2 && whole.rows[0].linear.count == 2)
      var steps = 0
      let stopped = try grid("\(directory)/parts").run(
        observe: { _ in steps += 1 }, shouldStop: { steps >= 5 })
      #expect(stopped == nil && steps == 5)
      let second = try #require(
        try grid("\(directory)/parts").run(observe: { _ in steps += 1 }))
      #expect(steps == 12)
      #expect(second.json == whole.json && second.markdown == whole.markdown)
      let again = try grid("\(directory)/parts").run(observe: { _ in steps += 1 })
      #expect(steps == 12 && again?.json == whole.json)
      // The folders are runs that `mvmr compare` reads.
      let names = ["L1-0", "L1-1", "L1+L2+L3-0"].map { "\(directory)/whole/\($0)" }
      #expect(try RunComparison(names).groups.map(\.count) == [2, 1])
      try whole.write(to: RunFolder(resuming: "\(directory)/whole"))
      for name in ["ablation.md", "ablation.json", "ablation.svg", "ablation.png"] {
        #expect(FileManager.default.fileExists(atPath: "\(directory)/whole/\(name)"), "\(name)")
      }
      let other = #expect(throws: TrainingError.self) {
        try grid("\(directory)/parts", seeds: [0, 1], "lr=2e-3").run()
      }
      #expect(other?.what.contains("another configuration") == true)
      // What another seed needs is run, the rest is kept.
      _ = try grid("\(directory)/parts", seeds: [0, 1, 2]).run(observe: { _ in steps += 1 })
      #expect(steps == 18)
    }
  }

  @Test("a wrong cell is named with those there are")
  func wrongCell() throws {
    let error = #expect(throws: TrainingError.self) {
      try AblationRun(.losses, base: Configuration(), seeds: [0], only: ["L4"], folder: "x")
    }
    #expect(error?.remedy.contains("L1+L2") == true)
  }

  @Test("mean, deviation and rank correlation")
  func numbers() {
    func row(_ name: String, _ values: [Double], _ paper: Double) -> AblationResult.Row {
      AblationResult.Row(
        cell: .init(name: name, overrides: [], paper: paper), random: [], linear: values,
        neighbours: values)
    }
    let rows = [row("a", [0.4, 0.6], 10), row("b", [0.7, 0.7], 30), row("c", [0.9, 0.9], 20)]
    let result = AblationResult(table: .losses, seeds: [0, 1], rows: rows)
    #expect(result.markdown.contains("| a | – | 50.0 ± 14.1 | 50.0 ± 14.1 | 10.0 |"))
    // Ranks 1, 2, 3 against 1, 3, 2: 1 − 6 · 2 / (3 · 8).
    #expect(abs((result.rankCorrelation ?? 0) - 0.5) < 1e-12)
    #expect(
      AblationResult(table: .losses, seeds: [0], rows: Array(rows[..<2])).rankCorrelation == nil)
  }
}
