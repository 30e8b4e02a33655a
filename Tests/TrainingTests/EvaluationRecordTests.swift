import Formats
import Foundation
import Testing

@testable import Training

@Suite("Evaluation records") struct EvaluationRecordTests {
  func record(_ name: String = "linear", top1: Double = 0.5) -> EvaluationRecord {
    EvaluationRecord(
      protocolName: name, description: "by a test", dataset: "cifar10",
      split: .init(training: 80, validation: 20, test: 50), views: "one | view",
      epochChoice: "last", seed: 3, metrics: ["top1": .number(top1), "epoch": .integer(7)],
      settings: ["k": .array([.integer(1)])], weights: "abcdef0123456789", checkpoint: "runs/a",
      date: "2026-01-02T03:04:05Z", seconds: 1.25)
  }

  @Test("a record is read back as it was written")
  func roundTrip() throws {
    let one = record()
    let again = try EvaluationRecord(JSONValue(parsing: Array(one.json.text.utf8)))
    #expect(again == one && again.date == one.date && again.seconds == one.seconds)
    #expect(record(top1: 0.25) != one)
  }

  @Test(
    "a record that lacks something is refused with its name",
    arguments: [
      "protocol", "split", "metrics", "settings", "seed", "seconds", "weights",
    ])
  func missing(member: String) throws {
    var members = try #require(record().json.object)
    members[member] = nil
    let error = #expect(throws: TrainingError.self) { try EvaluationRecord(.object(members)) }
    #expect(error?.what.contains(member) == true)
  }

  @Test("tables hold every record, in Markdown, JSON and columns")
  func tables() throws {
    try TinyRun.withDirectory { directory in
      for (run, value) in [("b", 0.25), ("a", 0.75)] {
        let folder = "\(directory)/\(run)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try record(top1: value).append(to: "\(folder)/\(EvaluationRecord.fileName)")
      }
      try record("knn").append(to: "\(directory)/b/\(EvaluationRecord.fileName)")
      let table = try ResultsTable([directory])
      #expect(table.records.map(\.protocolName) == ["linear", "linear", "knn"])
      #expect(
        table.markdown.contains("top1 75.00, epoch 7") && table.markdown.contains("80 / 20 / 50"))
      #expect(
        table.markdown.contains("one \\| view") && table.markdown.split(separator: "\n").count == 5)
      #expect(table.text.contains("abcdef01") && !table.text.contains("abcdef012"))
      #expect(table.jsonLines.split(separator: "\n").count == 3)
      #expect(throws: TrainingError.self) { try ResultsTable(["\(directory)/c"]) }
      try Data("{\"protocol\": 1}\n".utf8).write(
        to: URL(filePath: "\(directory)/a/\(EvaluationRecord.fileName)"))
      let error = #expect(throws: TrainingError.self) { try ResultsTable([directory]) }
      #expect(error?.what.contains("result 1") == true)
    }
  }

  @Test("the digest changes with a number, a name or a shape, and with nothing else")
  func digest() throws {
    let c = try TinyRun.configuration()
    let a = try PreTraining.randomEncoder(c).backbone
    let b = try PreTraining.randomEncoder(c).backbone
    #expect(weightsDigest(a) == weightsDigest(b) && weightsDigest(a).count == 64)
    let first = try #require(b.parameters.first?.parameter)
    first.value.update { $0[0] += 1e-6 }
    #expect(weightsDigest(a) != weightsDigest(b))
  }
}
