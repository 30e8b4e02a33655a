import Foundation
import Testing

@testable import Training

@Suite("Runs side by side") struct RunComparisonTests {
  private func inRuns(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "runs-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    for (name, probe, loss) in [("paper-0", 0.48, 1.0), ("paper-1", 0.46, 3.0), ("none", 0.4, 9.0)]
    {
      try FileManager.default.createDirectory(
        atPath: "\(path)/\(name)", withIntermediateDirectories: true)
      let result = """
        {"linear_probe":{"random":0.4,"trained":\(probe)},"knn":{"random":0.3,"trained":0.35}}
        """
      try Data(result.utf8).write(to: URL(filePath: "\(path)/\(name)/result.json"))
      let metrics = "{\"step\":5,\"loss\":\(loss)}\n{\"step\":10,\"loss\":\(loss / 2)}\n"
      try Data(metrics.utf8).write(to: URL(filePath: "\(path)/\(name)/metrics.jsonl"))
    }
    try body(path)
  }

  @Test("repetitions are one row: their mean and deviation")
  func table() throws {
    try inRuns { path in
      let runs = try RunComparison(["paper-0", "none", "paper-1"].map { "\(path)/\($0)" })
      #expect(runs.groups.map(\.name) == ["paper", "none"])
      // s of 0.48 and 0.46 is √2 / 100.
      #expect(
        runs.table.contains("| paper | 2 | 40.0 ± 0.0 | 47.0 ± 1.4 | 30.0 ± 0.0 | 35.0 ± 0.0 |"))
      #expect(runs.table.contains("| none | 1 | 40.0 | 40.0 | 30.0 | 35.0 |"))
      #expect(runs.groups[0].mean(of: "loss").map(\.y) == [2, 1])
      #expect(runs.groups[0].mean(of: "loss").map(\.x) == [5, 10])
    }
  }

  @Test("a folder's number is left out, a name without one stays")
  func names() {
    #expect(RunComparison.group(of: "runs/paper-0/") == "paper")
    #expect(RunComparison.group(of: "paper-long-12") == "paper-long")
    #expect(RunComparison.group(of: "runs/first") == "first")
    #expect(RunComparison.group(of: "-3") == "-3")
  }

  @Test("a picture is drawn, and what is missing is named")
  func pictures() throws {
    try inRuns { path in
      let runs = try RunComparison(["\(path)/paper-0", "\(path)/none"])
      try runs.draw(["loss"], title: "Loss", to: "\(path)/loss.svg")
      let svg = try String(contentsOfFile: "\(path)/loss.svg", encoding: .utf8)
      #expect(svg.contains("paper") && svg.contains("none"))
      let typo = #expect(throws: TrainingError.self) {
        try runs.draw(["los"], title: "", to: "\(path)/x.svg")
      }
      #expect(typo?.remedy.contains("'loss'") == true)
      #expect(throws: (any Error).self) { try RunComparison(["\(path)/nowhere"]) }
      try Data("{}".utf8).write(to: URL(filePath: "\(path)/none/result.json"))
      #expect(throws: TrainingError.self) { try RunComparison(["\(path)/none"]) }
    }
  }
}
