import Datasets
import Foundation
import Images
import Networks
import Representations
import Tensors
import Testing

@testable import Training

@Suite("Teachers", .serialized) struct TeacherTests {
  func withTeacher(_ body: (_ directory: String, _ teacher: String) throws -> Void) throws {
    try DistillationTests().withTeacher(body)
  }

  func embeddings(
    _ method: String, _ path: String, _ overrides: [String] = [], cache: String? = nil,
    epochs: Int = 2
  ) throws -> (tensors: [Tensor<Float>], teacher: Teacher) {
    let (run, teacher) = try DistillationTests().training(
      method, path, overrides + ["epochs=\(epochs)", "warmup_epochs=0"], cache: cache)
    let loader = run.remainingBatches()
    var all: [Tensor<Float>] = []
    while let batch = try loader.next() { all.append(try teacher.embeddings(of: batch)) }
    return (all, teacher)
  }

  @Test(
    "with a cache a teacher says the same bits, and sees each image once",
    arguments: [
      ("mv-mr", []), ("mv-mr", ["teacher.input=released-code", "dataset.n_aug=2"]),
      ("simreg", ["teacher.view=original"]),
    ] as [(String, [String])])
  func cache(method: String, overrides: [String]) throws {
    try withTeacher { directory, path in
      let cache = "\(directory)/cache"
      let plain = try embeddings(method, path, overrides)
      do {
        let first = try embeddings(method, path, overrides, cache: cache)
        #expect(first.tensors == plain.tensors)
        // Two copies of an image may meet in one batch before either is known.
        #expect((48...96).contains(first.teacher.computed) && first.teacher.found >= 48)
      }
      let second = try embeddings(method, path, overrides, cache: cache)
      #expect(second.tensors == plain.tensors && second.teacher.computed == 0)
    }
  }

  @Test("a cache cut or damaged anywhere costs time and changes nothing")
  func damagedCache() throws {
    try withTeacher { directory, path in
      let cache = "\(directory)/cache"
      let plain = try embeddings("mv-mr", path, epochs: 1).tensors
      _ = try embeddings("mv-mr", path, cache: cache, epochs: 1)
      let name = try #require(
        try FileManager.default.contentsOfDirectory(atPath: cache)
          .first { $0.hasSuffix(".embeddings") })
      let url = URL(filePath: "\(cache)/\(name)")
      let whole = try Data(contentsOf: url)
      for length in stride(from: 0, to: whole.count, by: whole.count / 3 + 1) {
        try whole.prefix(length).write(to: url)
        #expect(try embeddings("mv-mr", path, cache: cache, epochs: 1).tensors == plain)
      }
      var damaged = whole
      for i in stride(from: 100, to: damaged.count, by: 400) { damaged[i] ^= 4 }
      try damaged.write(to: url)
      let again = try embeddings("mv-mr", path, cache: cache, epochs: 1)
      #expect(again.tensors == plain && again.teacher.computed > 0)
    }
  }

  @Test("other weights, another input and other sizes never share a cache file")
  func cacheKeys() throws {
    try withTeacher { directory, path in
      let cache = "\(directory)/cache"
      let other = "\(directory)/other.safetensors"
      try TinyTeacher.write(to: other, seed: 6)
      for (teacher, overrides) in [
        (path, []), (other, []), (path, ["teacher.input=upsampled"]),
        (path, ["teacher.input=released-code"]), (path, ["teacher.size=24"]),
        (path, ["teacher.statistics=cifar"]),
        (path, ["teacher.input=upsampled", "dataset.size=24"]),
      ] as [(String, [String])] {
        let plain = try embeddings("mv-mr", teacher, overrides, epochs: 1).tensors
        let cached = try embeddings("mv-mr", teacher, overrides, cache: cache, epochs: 1)
        #expect(cached.tensors == plain && cached.teacher.found == 0, "\(overrides)")
      }
      let files = try FileManager.default.contentsOfDirectory(atPath: cache)
        .filter { $0.hasSuffix(".embeddings") }
      #expect(files.count == 7)
    }
  }

  @Test("an image has the same embedding alone and in a batch")
  func rows() throws {
    try withTeacher { _, path in
      var file = EncoderFile(path: path, network: NetworkName(rawValue: "cifar_resnet20"))
      file.preparation.side = 16
      let encoder = try file.load()
      let images = Tensor<Float>.normal([5, 16, 16, 3], key: .init(seed: 3))
      let all = encoder(images)
      for i in 0..<5 {
        #expect(encoder(images.slice(i..<i + 1, axis: 0)) == all.slice(i..<i + 1, axis: 0))
      }
    }
  }

  @Test("the released input is the student's tensor enlarged, in the student's statistics (D17)")
  func inputs() throws {
    try withTeacher { _, path in
      func first(_ input: String) throws -> (Tensor<Float>, PreTrainingBatch, FrozenEncoder) {
        let (run, teacher) = try DistillationTests().training(
          "mv-mr", path, ["teacher.input=\(input)", "teacher.statistics=clip", "teacher.size=24"])
        let batch = try #require(try run.remainingBatches().next())
        return (try teacher.embeddings(of: batch), batch, teacher.encoder)
      }
      let (released, batch, encoder) = try first("released-code")
      let student = ChannelStatistics.imageNet
      #expect(
        encoder(
          teacherInput(batch.original, side: 24, statistics: student, input: .releasedCode))
          == released)
      let (upsampled, _, _) = try first("upsampled")
      #expect(
        encoder(teacherInput(batch.original, side: 24, statistics: student)) == upsampled)
      let (native, _, _) = try first("native")
      #expect(native != released && native != upsampled && released != upsampled)
    }
  }

  @Test(
    "choices that do not fit are refused with what to do",
    arguments: [
      ("seed", [], true, "teacher.view: original"),
      ("simreg", ["teacher.view=independent"], true, "teacher.view: original"),
      (
        "simreg", ["teacher.view=independent", "teacher.input=upsampled"], false,
        "teacher.input: native"
      ),
      ("mv-mr", ["teacher.width=7"], false, "teacher.width: 64"),
      ("mv-mr", ["teacher.digest='00'"], false, "same file"),
      ("mv-mr", ["teacher.output=projection"], false, "no projection head"),
      ("mv-mr", ["teacher.network=resnet18"], false, "expected"),
    ] as [(String, [String], Bool, String)])
  func refused(method: String, overrides: [String], cached: Bool, word: String) throws {
    try withTeacher { directory, path in
      do {
        _ = try DistillationTests().training(
          method, path, overrides, cache: cached ? "\(directory)/cache" : nil)
        Issue.record("\(overrides) was accepted")
      } catch { #expect("\(error)".contains(word) || word == "expected", "\(error)") }
    }
  }

  @Test("a run's checkpoint is a teacher that knows its own network, size and statistics")
  func checkpoint() throws {
    try TinyRun.withDirectory { directory in
      let run = "\(directory)/run"
      _ = try PreTrainingRun(TinyRun.configuration(), output: run).run()
      for path in [run, "\(run)/checkpoint.safetensors"] {
        var file = EncoderFile(path: path)
        let features = try file.load()
        #expect(features.width == 64 && features.preparation.side == 16)
        file.output = .projection
        #expect(try file.load().width == 8)
        file.network = NetworkName(rawValue: "resnet18")
        #expect(throws: TrainingError.self) { try file.load() }
      }
      let c = try TinyRun.configuration()
      let data = try DataSource(c)
      let trained = try PreTraining.randomEncoder(c)
      try trained.load(Checkpoint.load(run).checkpoint.encoder)
      let direct = try extractFeatures(trained.backbone, data.test, statistics: data.statistics)
      let frozen = try EncoderFile(path: run).load().features(of: data.test, workers: 2)
      #expect(frozen.features == direct.features && frozen.labels == direct.labels)
    }
  }
}
