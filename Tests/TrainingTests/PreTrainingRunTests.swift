import Datasets
import Formats
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Training

@Suite("Pre-training runs", .serialized) struct PreTrainingRunTests {
  /// The state of an encoder as the checkpoint of a run holds it.
  func state(_ folder: String) throws -> [UInt32] {
    try Checkpoint.load(folder).checkpoint.encoder.flatMap { bitPatterns($0.tensor.scalars) }
  }

  @Test("a run leaves its folder complete")
  func complete() throws {
    try TinyRun.withDirectory { directory in
      let folder = "\(directory)/run"
      var steps = 0
      let result = try PreTrainingRun(TinyRun.configuration(), output: folder)
        .run(observe: { _ in steps += 1 })
      #expect(steps == 6 && result.steps == 6 && result.trained != nil)
      for name in [
        "config.yaml", "metrics.jsonl", "checkpoint.safetensors", "curves.svg", "curves.png",
        "result.json",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(folder)/\(name)"), "\(name) is missing")
      }
      let json = try JSONValue(path: "\(folder)/result.json")
      for group in ["linear_probe", "knn"] {
        for key in ["random", "trained"] {
          let accuracy = try #require(json[group]?[key]?.double)
          #expect((0...1).contains(accuracy))
        }
      }
      #expect(json["seconds"]?.double != nil && json["seed"]?.integer == 0)
      let lines = try JSONLinesWriter.read("\(folder)/metrics.jsonl")
      #expect(lines.compactMap { $0["step"]?.integer } == Array(1...6))
      #expect(lines.allSatisfy { ($0["loss"]?.double ?? .nan).isFinite })
      // The chance level stands beside every distance correlation.
      for name in ["DC_zz"] + Configuration.FeatureName.allCases.map({ "DC_\($0.rawValue)" }) {
        for line in lines {
          let chance = try #require(line["\(name)_chance"]?.double)
          #expect((0..<1).contains(chance) && line[name]?.double != nil, "\(name)")
        }
      }
      let reread = try Configuration(
        yaml: String(contentsOfFile: "\(folder)/config.yaml", encoding: .utf8))
      #expect(reread == (try TinyRun.configuration()))
    }
  }

  @Test("stopped anywhere and resumed, a run ends with the same bits")
  func resume() throws {
    try TinyRun.withDirectory { directory in
      let whole = "\(directory)/whole"
      _ = try PreTrainingRun(TinyRun.configuration(), output: whole).run()
      for stop in 1...5 { try resume(stop, whole, "\(directory)/parts-\(stop)") }
    }
  }

  /// Stops after a step, resumes, and compares with the whole run.
  private func resume(_ stop: Int, _ whole: String, _ parts: String) throws {
    var step = 0
    let first = try PreTrainingRun(TinyRun.configuration(), output: parts)
      .run(observe: { step = $0.position.step }, shouldStop: { step == stop })
    #expect(first.trained == nil && first.steps == stop)
    let second = try PreTrainingRun(resuming: parts).run()
    #expect(second.trained != nil)
    #expect(try state(whole) == state(parts))
    func losses(_ folder: String) throws -> [JSONValue?] {
      try JSONLinesWriter.read("\(folder)/metrics.jsonl").map { $0["loss"] }
    }
    #expect(try losses(whole) == losses(parts))
    let a = try Data(contentsOf: URL(filePath: "\(whole)/checkpoint.safetensors"))
    let b = try Data(contentsOf: URL(filePath: "\(parts)/checkpoint.safetensors"))
    #expect(a == b)
  }

  @Test("the bits do not depend on the number of threads or workers")
  func threads() throws {
    defer { ThreadTeam.count = 0 }
    var all: [[UInt32]] = []
    for (threads, workers) in [(1, 1), (2, 1), (3, 2), (7, 3)] {
      ThreadTeam.count = threads
      let c = try TinyRun.configuration("n_workers=\(workers)")
      let training = try PreTraining(c, data: DataSource(c))
      let loader = training.remainingBatches()
      while let batch = try loader.next() { _ = try training.step(batch) }
      all.append(TinyRun.bits(training))
    }
    #expect(all.allSatisfy { $0 == all[0] })
  }

  @Test("a run may begin with another run's encoder, and with nothing else of it")
  func initialEncoder() throws {
    try TinyRun.withDirectory { directory in
      let (first, second) = ("\(directory)/first", "\(directory)/second")
      _ = try PreTrainingRun(TinyRun.configuration(), output: first).run()
      // A rate of 0 leaves what the run began with; only running statistics move.
      let still = ["init_from=\(first)", "lr=0", "scheduler=multistep", "wd=0", "seed=7"]
      _ = try PreTrainingRun(
        Configuration(yaml: TinyRun.yaml, overrides: still), output: second
      ).run()
      let (a, b) = try (Checkpoint.load(first).checkpoint, Checkpoint.load(second).checkpoint)
      let trained = Set(
        try PreTraining.randomEncoder(a.configuration).parameters
          .filter { $0.parameter.isTrained }.map(\.name))
      func weights(_ checkpoint: Checkpoint) -> [[Float]] {
        checkpoint.encoder.filter { trained.contains($0.name) }.map { $0.tensor.scalars }
      }
      #expect(weights(a) == weights(b) && weights(a).count == trained.count)
      #expect(a.optimizerSteps == b.optimizerSteps)
      #expect(throws: (any Error).self) {
        try PreTrainingRun(
          TinyRun.configuration("init_from=\(directory)/nowhere"), output: "\(directory)/third")
      }
    }
  }

  @Test("another seed gives another run, the same seed the same")
  func seeds() throws {
    func run(_ seed: Int) throws -> [UInt32] {
      let c = try TinyRun.configuration("seed=\(seed)")
      let training = try PreTraining(c, data: DataSource(c))
      let loader = training.remainingBatches()
      if let batch = try loader.next() { _ = try training.step(batch) }
      return TinyRun.bits(training)
    }
    #expect(try run(1) == run(1))
    #expect(try run(1) != run(2))
  }

  @Test("an accumulated step equals the mean of its batches' gradients, and resumes exactly")
  func accumulation() throws {
    try TinyRun.withDirectory { directory in
      let overrides = "accumulate_grad_batches=2"
      let whole = "\(directory)/whole"
      let parts = "\(directory)/parts"
      _ = try PreTrainingRun(TinyRun.configuration(overrides), output: whole).run()
      var step = 0
      _ = try PreTrainingRun(TinyRun.configuration(overrides), output: parts)
        .run(observe: { step = $0.position.step }, shouldStop: { step >= 1 })
      #expect(step == 2)  // not between the two batches of a step
      _ = try PreTrainingRun(resuming: parts).run()
      #expect(try state(whole) == state(parts))
    }
  }

  @Test(
    "every objective, optimiser and schedule runs",
    arguments: [
      ["objective=released-code"], ["optimizer=adamw", "scheduler=cosine"],
      ["optimizer=sgd", "scheduler=multistep", "milestones=[1]"], ["normalize_z=true"],
      ["gradient_clip_val=0.1"], ["dataset.n_aug=2"], ["features=[]"],
      ["dataset.aug_policy=cifar20"],
    ])
  func variants(overrides: [String]) throws {
    let c = try Configuration(yaml: TinyRun.yaml, overrides: overrides + ["epochs=2"])
    let training = try PreTraining(c, data: DataSource(c))
    let before = TinyRun.bits(training)
    let loader = training.remainingBatches()
    for _ in 0..<2 {
      guard let batch = try loader.next() else { break }
      let record = try training.step(batch)
      #expect(record.loss.isFinite)
    }
    #expect(TinyRun.bits(training) != before)
  }

  @Test("a batch of one trains with finite numbers")
  func batchOfOne() throws {
    let c = try TinyRun.configuration("batch_size=1", "dataset.train_images=3")
    let training = try PreTraining(c, data: DataSource(c))
    let loader = training.remainingBatches()
    while let batch = try loader.next() { #expect(try training.step(batch).loss.isFinite) }
    #expect(training.encoder.stateDictionary().allSatisfy { $0.tensor.isFinite })
  }

  @Test("a batch of equal images trains with finite numbers")
  func constantBatch() throws {
    let c = try TinyRun.configuration("dataset.aug_policy=none", "batch_size=4")
    let training = try PreTraining(c, data: DataSource(c))
    let batch = try #require(try training.remainingBatches().next())
    let rows = [Int](repeating: 0, count: 4)
    let constant = PreTrainingBatch(
      epoch: 0, batch: 0, indices: rows, labels: rows,
      original: batch.original.gathered(rows: rows),
      augmented: batch.augmented.gathered(rows: rows),
      augmentedPixels: batch.augmentedPixels?.gathered(rows: rows))
    let record = try training.step(constant)
    #expect(record.loss.isFinite)
    #expect(training.encoder.stateDictionary().allSatisfy { $0.tensor.isFinite })
  }
}
