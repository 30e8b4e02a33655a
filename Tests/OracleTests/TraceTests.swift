import Formats
import Foundation
import Oracle
import Testing
import Training

/// A folder that vanishes with the test.
private final class Folder {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "trace-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite("Training traces") struct TraceTests {
  static let small = [
    "batch_size=8", "dataset.train_images=16", "dataset.test_images=8", "epochs=3",
    "encoder.backbone=resnet8", "encoder.out_dim=16-16", "features=[full_img, full_img_hog]",
  ]

  private func trace(
    _ folder: String, steps: Int = 3, scalar: OracleScalar = .float64, _ extra: [String] = []
  ) throws {
    let configuration = try Configuration(
      yaml: Configuration.builtIn, overrides: TraceTests.small + extra)
    _ = try TrainingTrace.write(
      configuration, data: DataSource(configuration), steps: steps, scalar: scalar, to: folder)
  }

  /// Changes one tensor of one step file.
  private func alter(
    _ folder: String, step: Int, _ name: String, _ change: (inout [Double]) -> Void
  ) throws {
    let path = "\(folder)/step-000\(step).safetensors"
    var file = try SafeTensorsFile(path: path)
    let record = try file.tensor(name)
    var values = try record.doubles()
    change(&values)
    file.tensors[name] = TensorRecord(values, shape: record.shape)
    try file.write(to: path, keepsPrevious: false)
  }

  @Test("a trace holds every tensor of a step, and each step begins where the last one ended")
  func content() throws {
    let folder = try Folder()
    try trace(folder.path)
    let start = try SafeTensorsFile(path: "\(folder.path)/step-0000.safetensors")
    let first = try SafeTensorsFile(path: "\(folder.path)/step-0001.safetensors")
    for name in [
      "batch.indices", "batch.learning_rate", "view.original", "view.augmented",
      "representation.full_img", "representation.full_img_hog", "features.augmented",
      "features.original", "embedding.augmented", "embedding.original", "loss.MSE", "loss.STD",
      "loss.DC_zz", "loss.DC_full_img", "loss.DC_full_img_hog", "loss.total",
      "gradient.embedding.augmented", "gradient.embedding.original",
    ] {
      #expect(first.tensors[name] != nil, "\(name)")
    }
    let parameters = start.tensors.keys
    #expect(parameters.count > 50)
    for name in parameters {
      #expect(first.tensors[name]?.shape == start.tensors[name]?.shape)
      let trained = name.hasSuffix(".weight") || name.hasSuffix(".bias")
      let gradient = "gradient." + name.dropFirst("parameter.".count)
      #expect((first.tensors[gradient] != nil) == trained, "\(name)")
    }
    // The terms add up, and the gradient at z̃ holds that of every term.
    let terms = try ["MSE", "STD", "DC_zz", "DC_full_img", "DC_full_img_hog"]
      .map { try first.tensor("loss.\($0)").doubles()[0] }
    let total = try first.tensor("loss.total").doubles()[0]
    #expect(abs(terms.reduce(0, +) - total) < 1e-12)
    #expect(try first.tensor("view.original").shape == [8, 32, 32, 3])
    #expect(try first.tensor("gradient.embedding.augmented").doubles().contains { $0 != 0 })
  }

  @Test("equal jobs agree, and the number type decides the tolerance")
  func agreement() throws {
    let (a, b, single) = (try Folder(), try Folder(), try Folder())
    try trace(a.path)
    try trace(b.path)
    try trace(single.path, scalar: .float32)
    let same = try TraceBisection(a.path, b.path)
    #expect(same.parting == nil)
    #expect(same.steps.map(\.step) == [0, 1, 2, 3])
    #expect(same.tolerance == 1e-7)
    #expect(same.steps.allSatisfy { $0.skipped == 0 })
    #expect(try TraceBisection(single.path, single.path).tolerance == 1e-3)
    // Another number type is another kind of file, not a small difference.
    let mixed = try TraceBisection(a.path, single.path)
    #expect(mixed.parting?.first?.verdict == .type)
  }

  @Test("a wrong sign is found in the first term it touches")
  func wrongSign() throws {
    let (a, b) = (try Folder(), try Folder())
    try trace(a.path)
    try trace(b.path, ["loss.representation_sign=released-code"])
    let found = try TraceBisection(a.path, b.path)
    #expect(found.parting?.step == 1)
    #expect(found.parting?.first?.name == "loss.DC_full_img")
    #expect(found.table.contains("The traces part at step 1, in 'loss.DC_full_img'"))
    #expect(found.table.contains("the embeddings it is computed from agree"))
    #expect(found.json["agrees"] == .bool(false))
    #expect(found.json["tensor"]?.string == "loss.DC_full_img")
  }

  @Test(
    "a difference is found at its step and its tensor",
    arguments: [
      (0, "parameter.projector.0.weight"), (1, "view.augmented"), (2, "embedding.original"),
      (2, "gradient.projector.0.weight"), (3, "parameter.backbone.bn1.running_mean"),
    ])
  func located(step: Int, name: String) throws {
    let (a, b) = (try Folder(), try Folder())
    try trace(a.path)
    try trace(b.path)
    try alter(b.path, step: step, name) { $0[$0.count / 2] += 1e-3 }
    let found = try TraceBisection(a.path, b.path)
    #expect(found.parting?.step == step)
    #expect(found.parting?.first?.name == name)
    // NaN is a difference too.
    try alter(b.path, step: step, name) { $0[0] = .nan }
    #expect(try TraceBisection(a.path, b.path).parting?.first?.name == name)
  }

  @Test("what a port leaves out is skipped and counted")
  func partial() throws {
    let (a, b) = (try Folder(), try Folder())
    try trace(a.path)
    let first = try SafeTensorsFile(path: "\(a.path)/step-0001.safetensors")
    var kept = SafeTensorsFile()
    kept.tensors["loss.total"] = try first.tensor("loss.total")
    try kept.write(to: "\(b.path)/step-0001.safetensors", keepsPrevious: false)
    let found = try TraceBisection(a.path, b.path)
    #expect(found.parting == nil)
    #expect(found.steps.map(\.comparisons.count) == [1])
    #expect(found.steps.first?.skipped == first.tensors.count - 1)
  }

  @Test("what cannot be compared says why")
  func unusable() throws {
    let (a, empty) = (try Folder(), try Folder())
    try trace(a.path, steps: 1)
    #expect(throws: OracleError.self) { try TraceBisection(a.path, empty.path) }
    #expect(throws: FormatError.self) { try TraceBisection(empty.path, a.path) }
    try Data("{\"format\": 1}".utf8).write(to: URL(filePath: "\(empty.path)/trace.json"))
    #expect(throws: OracleError.self) { try TraceBisection(empty.path, a.path) }
    var foreign = SafeTensorsFile()
    foreign.tensors["loss.totl"] = TensorRecord([1.0], shape: [])
    try foreign.write(to: "\(empty.path)/step-0001.safetensors", keepsPrevious: false)
    let error = #expect(throws: OracleError.self) { try TraceBisection(a.path, empty.path) }
    #expect(error?.description.contains("did you mean 'loss.total'?") == true)
    try Data("no tensors".utf8).write(to: URL(filePath: "\(empty.path)/step-0001.safetensors"))
    #expect(throws: FormatError.self) { try TraceBisection(a.path, empty.path) }
  }

  @Test("a run that is too short, or accumulates, is refused")
  func refused() throws {
    let folder = try Folder()
    #expect(throws: OracleError.self) { try trace(folder.path, steps: 7) }
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/trace.json"))
    #expect(throws: TrainingError.self) {
      try trace(folder.path, ["accumulate_grad_batches=2"])
    }
  }
}
