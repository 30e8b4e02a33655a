import Datasets
import Formats
import Foundation
import Kernels
import Randomness
import Testing

@testable import Training

@Suite("Fine-tuning", .serialized) struct FineTuningTests {
  @Test("the same share of every class, a function of the key; a larger share contains a smaller")
  func subset() {
    let labels = (0..<1000).map { $0 % 7 == 0 ? -1 : $0 % 4 }
    let key = RandomKey(seed: 1)
    let one = LabelFraction.balanced(1, of: labels, key: key)
    let ten = LabelFraction.balanced(10, of: labels, key: key)
    for c in 0..<4 {
      let all = labels.reduce(0) { $0 + ($1 == c ? 1 : 0) }
      #expect(ten.filter { labels[$0] == c }.count == Int((0.1 * Double(all)).rounded()))
      #expect(one.filter { labels[$0] == c }.count == Int((0.01 * Double(all)).rounded()))
    }
    #expect(Set(one).isSubset(of: ten) && one == one.sorted() && Set(ten).count == ten.count)
    #expect(LabelFraction.balanced(10, of: labels, key: key) == ten)
    #expect(LabelFraction.balanced(10, of: labels, key: RandomKey(seed: 2)) != ten)
    #expect(LabelFraction.balanced(1e-3, of: labels, key: key).count == 4)
    #expect(
      LabelFraction.balanced(100, of: labels, key: key).count == labels.filter { $0 >= 0 }.count
    )
    #expect(LabelFraction.balanced(10, of: [Int](), key: key).isEmpty)
  }

  static var settings: FineTuningSettings {
    var settings = FineTuningSettings(.percentage(50))
    (settings.epochs, settings.batchSize, settings.learningRate) = (3, 8, 1e-3)
    return settings
  }

  @Test("settings survive JSON; damaged ones are refused")
  func json() throws {
    let settings = Self.settings
    #expect(FineTuningSettings(settings.json) == settings)
    for member in ["percentage", "epochs", "choice"] {
      var members = try #require(settings.json.object)
      members[member] = nil
      #expect(FineTuningSettings(.object(members)) == nil)
      members[member] = -1
      #expect(FineTuningSettings(.object(members)) == nil)
    }
  }

  @Test("stopped anywhere and resumed, a run ends with the same bits and the same record")
  func resume() throws {
    try TinyRun.withDirectory { directory in
      let first = "\(directory)/first"
      _ = try PreTrainingRun(
        TinyRun.configuration("epochs=1", "warmup_epochs=0"), output: first
      ).run()
      func begin(_ name: String, _ choice: EpochChoice) throws -> FineTuningRun {
        var settings = Self.settings
        settings.choice = choice
        return try FineTuningRun(
          EvaluatedEncoder(first), settings: settings, output: "\(directory)/\(name)")
      }
      func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(directory)/\(name)/checkpoint.safetensors"))
      }
      for choice in EpochChoice.allCases {
        let record = try #require(try begin("whole \(choice)", choice).run())
        #expect(record.epochChoice == choice.text)
        #expect(record.split.training + record.split.validation > 20)
        #expect((record.split.validation > 0) == (choice == .validation))
        #expect((record.metrics["held_out_top1"] != nil) == (choice == .validation))
        for stop in [1, 3, 5] {
          let name = "parts \(choice) \(stop)"
          let begun = try begin(name, choice)
          #expect(begun.tuning.totalSteps > 5)
          #expect(try begun.run(shouldStop: { begun.tuning.step == stop }) == nil)
          let again = try #require(
            try FineTuningRun(resuming: "\(directory)/\(name)").run())
          #expect(again == record)
          #expect(try bytes(name) == bytes("whole \(choice)"))
        }
      }
      // The backbone moved, the checkpoint it came from did not.
      let tuned = try FineTuningRun(resuming: "\(directory)/whole last").tuning.network.backbone
      #expect(weightsDigest(tuned) != (try EvaluatedEncoder(first).weights))
      #expect(throws: (any Error).self) { try FineTuningRun(resuming: first) }
      #expect(throws: TrainingError.self) { try begin("whole last", .last) }
      let table = try ResultsTable(["\(directory)/whole last"])
      #expect(table.records.count == 1 && table.records[0].protocolName == "finetune 50 %")
    }
  }

  @Test("a list of files says whose labels are used; one that does not fit is refused")
  func list() throws {
    try TinyRun.withDirectory { directory in
      for i in 0..<40 {
        let folder = "\(directory)/images/train/\(["cat", "dog"][i % 2])"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let bytes = (0..<20 * 20 * 3).map { UInt8(($0 * (i + 3)) % 251) }
        try PNGWriter.write(
          to: "\(folder)/\(i).png", width: 20, height: 20, channels: 3, bytes: bytes)
      }
      let c = try TinyRun.configuration(
        "dataset.name=folder", "dataset.path=\(directory)/images", "dataset.size=16")
      let data = try DataSource(c)
      let wanted = [3, 8, 10, 21]
      func tuning(_ text: String) throws -> FineTuning {
        try text.write(toFile: "\(directory)/list.txt", atomically: true, encoding: .utf8)
        return try FineTuning(
          FineTuningSettings(.list("\(directory)/list.txt")), configuration: c,
          backbone: try PreTraining.randomEncoder(c).backbone, data: data)
      }
      let files = try #require((data.labelled as? SquareDataset)?.base as? ImageFiles)
      let names = wanted.map { files.entries[$0].path.split(separator: "/").last ?? "" }
      #expect(try tuning(names.joined(separator: "\n") + "\n").subset == wanted)
      #expect(throws: DatasetError.self) { try tuning("none.png\n") }
      let shapes = try DataSource(TinyRun.configuration())
      #expect(throws: TrainingError.self) {
        try FineTuning(
          FineTuningSettings(.list("\(directory)/list.txt")), configuration: c,
          backbone: try PreTraining.randomEncoder(c).backbone, data: shapes)
      }
    }
  }

  @Test("with all labels and a few epochs it learns more than chance")
  func learns() throws {
    let c = try TinyRun.configuration("dataset.train_images=200", "dataset.test_images=100")
    var settings = FineTuningSettings(.percentage(100))
    (settings.epochs, settings.batchSize, settings.learningRate) = (6, 20, 3e-3)
    let tuning = try FineTuning(
      settings, configuration: c, backbone: try PreTraining.randomEncoder(c).backbone,
      data: try DataSource(c))
    var losses: [Double] = []
    let loader = tuning.remainingBatches()
    while let batch = try loader.next() { losses.append(try tuning.take(batch).loss) }
    let last = losses.suffix(10).reduce(0, +) / 10
    #expect(losses.count == 60 && last < losses.prefix(10).reduce(0, +) / 10)
    #expect(tuning.learningRate < 1e-9)
  }
}
