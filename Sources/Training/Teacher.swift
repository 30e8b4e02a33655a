// The teacher of a run: what it sees of a batch, and what it says of it.
//
// Source     MV-MR §5.2: CLIP's embedding of the original view is the representation of L₃
// Errata     D17: the teacher's input, from bytes or from the student's tensor
// Cache      Only what comes again may be kept: embeddings of the image itself. A random view is another one in
//            every epoch, so with such views a cache is refused. A vector is found by the SHA-256 of the image's
//            pixels, in a file whose name is the SHA-256 of weights, preparation, way of input and width of a
//            vector (Formats/EmbeddingStore.swift). What is found has the bits of what would be computed.
// Read       FrozenEncoder.swift, Datasets/ViewPlan.swift ← this file → TrainingMethod.swift
// Tests      Tests/TrainingTests/TeacherTests.swift

import Datasets
import Formats
import Images
import Kernels
import Networks
import Representations
import Tensors

/// A frozen encoder with a run's choice of input.
public final class Teacher {
  /// The network.
  public let encoder: FrozenEncoder
  /// Which views batches carry for it.
  let plan: ViewPlan.Teacher
  private let input: TeacherInputName
  private let side: Int
  private let studentStatistics: ChannelStatistics
  private let dataset: any ImageDataset
  private let cache: EmbeddingStore?
  /// Images whose embedding was found in the cache.
  public private(set) var found = 0
  /// Images whose embedding was computed.
  public private(set) var computed = 0

  /// The teacher of a configuration.
  ///
  /// - Parameters:
  ///   - configuration: Names it; its width and digest are filled in, or checked.
  ///   - data: The images it will see.
  ///   - cacheDirectory: Where embeddings of whole images are kept; nil for nowhere.
  /// - Throws: When the file cannot be read, is another one than before, or the choices do not fit.
  public init(
    _ configuration: inout Configuration, data: DataSource, cacheDirectory: String? = nil
  ) throws {
    let settings = configuration.teacher
    guard let path = settings.path else {
      throw TrainingError(
        "method \(configuration.method.rawValue) wants a teacher, and none is named",
        remedy: "name its file with --teacher FILE, or write teacher.path")
    }
    var file = EncoderFile(
      path: path, network: try settings.network ?? Teacher.clipNetwork(configuration))
    file.names = settings.names
    file.output = settings.output
    file.preparation.side = settings.side
    file.preparation.resize = settings.resize
    file.preparation.statistics = settings.statistics?.statistics
    encoder = try file.load()
    let digest = encoder.digest()
    if let known = settings.digest, known != digest {
      throw TrainingError(
        "\(path) is not the teacher of this run: its weights, input or vector width differ",
        remedy: "name the same file; bits depend on the processor's vectors (docs/determinism.md)")
    }
    if let known = settings.width, known != encoder.width {
      throw TrainingError(
        "teacher.width is \(known), but \(path) gives \(encoder.width)",
        remedy: "write teacher.width: \(encoder.width), or leave it out")
    }
    configuration.teacher.digest = digest
    configuration.teacher.width = encoder.width

    let view: ViewPlan.TeacherView =
      switch (configuration.method, settings.view) {
      case (.mvmr, _), (_, .original): .original
      case (_, .student): .student
      case (_, .independent): .independent(settings.policy)
      }
    input = settings.input
    if input != .native, case .independent = view {
      throw TrainingError(
        "teacher.input \(input.rawValue) is made from the student's tensor, and an independent view is not in it",
        remedy: "write teacher.input: native, or another teacher.view")
    }
    if input != .native, view == .original, configuration.method != .mvmr,
      configuration.distillation.patches > 0
    {
      throw TrainingError("patches are views of the student", remedy: "write teacher.view: student")
    }
    if cacheDirectory != nil, view != .original {
      throw TrainingError(
        "the teacher sees random views, which never come again, so there is nothing to keep in a cache",
        remedy: "leave --cache out, or write teacher.view: original")
    }
    plan = ViewPlan.Teacher(
      view: view, preparation: input == .native ? encoder.preparation : nil,
      isCached: cacheDirectory != nil)
    side = encoder.preparation.side ?? configuration.imageSize
    studentStatistics = data.statistics
    dataset = repeated(data.training, configuration.copies)
    var key = "\(digest)\n\(input.rawValue)\n"
    if input != .native {
      key += "\(configuration.imageSize) \(ImagePreparation(statistics: data.statistics).text)\n"
    }
    var hash = SHA256()
    hash.update(Array(key.utf8))
    let (cacheKey, width) = (hash.finished(), encoder.width)
    cache = try cacheDirectory.map {
      try EmbeddingStore(directory: $0, key: cacheKey, width: width)
    }
  }

  /// Side of a teacher's small view where the student's has `patch` of `whole` pixels.
  ///
  /// A convolutional network sees the same scale as in large views, a transformer its own size.
  func patchSide(_ patch: Int, of whole: Int) -> Int {
    encoder.isConvolutional ? max(1, side * patch / max(1, whole)) : side
  }

  /// Embeddings of a batch, in the views the plan says.
  ///
  /// - Returns: `[N, width]`.
  /// - Throws: When an image or the cache cannot be read.
  func embeddings(of batch: PreTrainingBatch) throws -> Tensor<Float> {
    guard let cache, let digests = batch.planned.digests else {
      computed += batch.indices.count
      return encoder(input(of: batch, rows: nil))
    }
    var rows: [[Float]?] = []
    for digest in digests { rows.append(try cache.vector(of: digest)) }
    let missing = rows.indices.filter { rows[$0] == nil }
    found += rows.count - missing.count
    computed += missing.count
    if !missing.isEmpty {
      let images: Tensor<Float>
      if let preparation = plan.preparation {
        images = PixelNormalization(preparation.statistics).tensor(
          try missing.map { preparation.whole(try dataset.image(batch.indices[$0])) })
      } else {
        images = input(of: batch, rows: missing)
      }
      let fresh = encoder(images)
      let width = encoder.width
      let scalars = fresh.scalars
      for (i, row) in missing.enumerated() {
        rows[row] = Array(scalars[i * width..<(i + 1) * width])
      }
      try cache.append(missing.map { (digests[$0], rows[$0] ?? []) })
    }
    return Tensor([rows.count, encoder.width], rows.flatMap { $0 ?? [] })
  }

  /// Embeddings of a batch's small views: `[M N, width]`; nil where there are none.
  func patchEmbeddings(of batch: PreTrainingBatch) -> Tensor<Float>? {
    if let patches = batch.planned.teacherPatches { return encoder(patches) }
    guard let patches = batch.planned.patches else { return nil }
    let side = patchSide(patches.shape[1], of: batch.augmented.shape[1])
    return encoder(enlarged(patches, side: side))
  }

  /// The teacher's input, from the batch alone.
  private func input(of batch: PreTrainingBatch, rows: [Int]?) -> Tensor<Float> {
    if let images = batch.planned.teacher { return images }
    let views = plan.view == .original ? batch.original : batch.augmented
    return enlarged(rows.map { views.gathered(rows: $0) } ?? views, side: side)
  }

  private func enlarged(_ views: Tensor<Float>, side: Int) -> Tensor<Float> {
    teacherInput(
      views, side: side, statistics: studentStatistics,
      input: input == .releasedCode ? .releasedCode : .clipStatistics,
      teacher: encoder.preparation.statistics)
  }

  /// The official way to name a CLIP teacher: `clip.model_name`.
  private static func clipNetwork(_ configuration: Configuration) throws -> NetworkName? {
    guard let name = configuration.clipModel else { return nil }
    if let network = NetworkName(rawValue: name) { return network }
    throw TrainingError(
      "clip.model_name is '\(name)', a network that is not known here",
      remedy: "name the teacher's network with teacher.network, one of docs/networks.md")
  }
}
