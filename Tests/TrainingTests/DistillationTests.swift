import Autodiff
import Datasets
import Formats
import Foundation
import Kernels
import Networks
import Objectives
import Randomness
import Tensors
import Testing

@testable import Training

@Suite("Distillation runs", .serialized) struct DistillationTests {
  static let methods: [[String]] = [
    ["mv-mr"], ["seed", "distill.patches=2"], ["simreg", "teacher.view=independent"],
  ]

  func withTeacher(_ body: (_ directory: String, _ teacher: String) throws -> Void) throws {
    try TinyRun.withDirectory { directory in
      let path = "\(directory)/teacher.safetensors"
      try TinyTeacher.write(to: path)
      try body(directory, path)
    }
  }

  func file(_ folder: String) throws -> Data {
    try Data(contentsOf: URL(filePath: "\(folder)/checkpoint.safetensors"))
  }

  @Test("stopped anywhere and resumed, a run ends with the same file", arguments: methods)
  func resume(method: [String]) throws {
    try withTeacher { directory, teacher in
      let c = try TinyTeacher.configuration(
        method[0], teacher: teacher, Array(method.dropFirst()))
      let whole = "\(directory)/whole"
      let result = try PreTrainingRun(c, output: whole).run()
      #expect(result.steps == 6 && result.trained != nil && result.teacherImages?.computed == 96)
      for stop in [2, 4] {
        let parts = "\(directory)/parts\(stop)"
        var step = 0
        _ = try PreTrainingRun(c, output: parts)
          .run(observe: { step = $0.position.step }, shouldStop: { step == stop })
        let (moved, old) = ("\(directory)/moved", teacher)
        try FileManager.default.moveItem(atPath: old, toPath: moved)
        #expect(throws: (any Error).self) { try PreTrainingRun(resuming: parts) }
        try FileManager.default.moveItem(atPath: moved, toPath: old)
        _ = try PreTrainingRun(resuming: parts).run()
        #expect(try file(whole) == file(parts), "\(method), stopped after \(stop)")
      }
      for name in ["curves.png", "result.json", "config.yaml"] {
        #expect(FileManager.default.fileExists(atPath: "\(whole)/\(name)"))
      }
      let text = try String(contentsOfFile: "\(whole)/config.yaml", encoding: .utf8)
      let reread = try Configuration(yaml: text)
      #expect(reread.teacher.width == 64 && reread.teacher.digest?.count == 64)
      #expect(try reread == Checkpoint.load(whole).checkpoint.configuration)
    }
  }

  @Test("the bits do not depend on the number of threads or workers", arguments: methods)
  func threads(method: [String]) throws {
    defer { ThreadTeam.count = 0 }
    try withTeacher { _, teacher in
      var all: [[UInt32]] = []
      for (threads, workers) in [(1, 1), (5, 3)] {
        ThreadTeam.count = threads
        let more = method.dropFirst() + ["n_workers=\(workers)", "epochs=1", "warmup_epochs=0"]
        let training = try self.training(method[0], teacher, Array(more)).training
        let loader = training.remainingBatches()
        while let batch = try loader.next() { _ = try training.step(batch) }
        all.append(TinyRun.bits(training))
      }
      #expect(all.allSatisfy { $0 == all[0] })
    }
  }

  func training(
    _ method: String, _ path: String, _ overrides: [String], cache: String? = nil
  ) throws -> (training: PreTraining, teacher: Teacher) {
    var c = try TinyTeacher.configuration(method, teacher: path, overrides)
    let data = try DataSource(c)
    let teacher = try Teacher(&c, data: data, cacheDirectory: cache)
    return (try PreTraining(c, data: data, teacher: teacher), teacher)
  }

  @Test("a step of each method is the loss its paper writes, of the tensors of the batch")
  func composition() throws {
    try withTeacher { _, path in
      for method in ["mv-mr", "seed", "simreg"] {
        let (run, teacher) = try training(
          method, path, ["teacher.size=24", "encoder.winograd=false"])
        let batch = try #require(try run.remainingBatches().next())
        let twin = try PreTraining.randomEncoder(run.configuration)
        let x = method == "mv-mr" ? batch.original : batch.augmented
        // The teacher sees 24 pixels; the student sees 16 of them.
        #expect(batch.planned.teacher?.shape == [16, 24, 24, 3])
        let t = teacher.encoder(try #require(batch.planned.teacher))
        let expected: ObjectiveValue<Float>
        switch method {
        case "mv-mr":
          expected =
            preTrainingObjective(
              twin, original: x, augmented: batch.augmented,
              representations: [RepresentationBatch(name: "teacher", values: t)],
              settings: ObjectiveSettings()
            ).objective
        case "seed":
          let queue = SEEDQueue<Float>(
            capacity: 24, width: 64, key: run.key.child("method").child("queue"))
          expected = seedLoss(twin(Variable(x), mode: .training), teacher: t, queue: queue)
        default:
          let loss = simRegLoss(twin(Variable(x), mode: .training), teacher: t)
          expected = ObjectiveValue(
            total: loss, terms: [("SimReg", loss.value.scalar)], chance: [])
        }
        let record = try run.step(batch)
        #expect(record.loss == Double(expected.total.value.scalar), "\(method)")
        #expect(record.terms.map(\.name) == expected.terms.map(\.name))
        let optimizer = Optimizer(
          run.configuration.optimizer, of: twin, weightDecay: run.configuration.weightDecay)
        expected.total.backward()
        optimizer.step(learningRate: record.learningRate)
        #expect(
          twin.stateDictionary().map(\.tensor) == run.encoder.stateDictionary().map(\.tensor))
      }
    }
  }

  @Test("SEED's queue holds the teacher's last embeddings, and the checkpoint holds the queue")
  func queue() throws {
    try withTeacher { directory, path in
      let (run, teacher) = try training("seed", path, ["distill.patches=2"])
      let loader = run.remainingBatches()
      var last: [Tensor<Float>] = []
      for _ in 0..<2 {
        let batch = try #require(try loader.next())
        _ = try run.step(batch)
        last.append(
          lengthNormalized(Variable(teacher.encoder(try #require(batch.planned.teacher)))).value)
      }
      try run.save(to: "\(directory)/c.safetensors")
      let kept = try SafeTensorsFile(path: "\(directory)/c.safetensors")
      let queue = try Tensor([24, 64], kept.tensor("method.queue").floats())
      // 16 and 16 into 24 places: the second batch goes on at the beginning.
      #expect(queue.slice(16..<24, axis: 0) == last[1].slice(0..<8, axis: 0))
      #expect(queue.slice(0..<8, axis: 0) == last[1].slice(8..<16, axis: 0))
      #expect(queue.slice(8..<16, axis: 0) == last[0].slice(8..<16, axis: 0))
      #expect(try kept.tensor("method.queue_position").int64s() == [8])
      #expect(try kept.tensor("method.patch_queue").shape == [24, 64])
    }
  }

  @Test("the frozen teacher has the same bits after a run as before it")
  func frozen() throws {
    try withTeacher { _, path in
      let (run, teacher) = try training("simreg", path, [])
      let before = teacher.encoder.digest()
      let loader = run.remainingBatches()
      while let batch = try loader.next() { _ = try run.step(batch) }
      #expect(teacher.encoder.digest() == before)
    }
  }

  @Test("each student of another family trains", arguments: ["mobilenet_v2", "efficientnet_b0"])
  func students(name: String) throws {
    try withTeacher { _, path in
      let more = [
        "encoder.backbone=\(name)", "encoder.small_kernel=false", "dataset.train_images=4",
        "batch_size=2", "dataset.size=32",
      ]
      func bits() throws -> [UInt32] {
        let run = try training("simreg", path, more).training
        let batch = try #require(try run.remainingBatches().next())
        #expect(try run.step(batch).loss.isFinite)
        return TinyRun.bits(run)
      }
      // Dropout and stochastic depth are drawn from the step's key.
      let (first, again) = (try bits(), try bits())
      #expect(first == again)
    }
  }
}
