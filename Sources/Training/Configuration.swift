// The configuration of a run: the official YAML schema, read as it is, and a few keys of our own.
//
// Source     The configuration files of the official repository (specified in docs/configuration.md)
// Idea       One table lists every key with its meaning, type and range. Reading a file, writing the
//            resolved one, `--set` and `--help` all walk that table, so they cannot disagree.
// Errors     An unknown key names its line and the nearest key that exists; a wrong type or range
//            names the line and what is wanted.
// Read       Formats/YAMLNode.swift ← this file → ConfigurationField.swift → PreTraining.swift
// Tests      Tests/TrainingTests/ConfigurationTests.swift

import Formats
import Images
import Networks
import Objectives
import Representations

/// Everything that decides the result of a pre-training run, except the data themselves.
public struct Configuration: Sendable, Hashable {
  public var method = MethodName.mvmr
  public var batchSize = 256
  public var epochs = 1000
  public var warmupEpochs = 10
  public var logEvery = 100
  public var evaluateEvery = 1
  public var workers = 1
  public var accumulation = 1
  public var optimizer = OptimizerRule.adam
  public var weightDecay = 1e-6
  public var learningRate = 1e-4
  public var scheduler = SchedulerName.warmupCosine
  public var horizon = ScheduleHorizon.optimizerSteps
  public var milestones: [Int] = []
  public var gamma = 0.1
  public var gradientClip: Double?
  public var fp16 = false
  public var fineTuneFrom: String?
  public var initializeFrom: String?
  public var comment: String?

  public var datasetName = DatasetName.synthetic
  public var datasetPath: String?
  public var imageSize = 32
  public var classCount: Int?
  public var policy = AugmentationPolicy.custom
  public var copies = 1
  public var shufflesCopies = false
  public var trainingImages: Int?
  public var testImages: Int?

  public var backbone = NetworkName(.resnet50)
  public var encoderType = "resnet"
  public var projector = "8192-8192-8192"
  public var smallKernel = false
  public var recomputes = false
  /// 3×3 and wide 1×1 convolutions of training steps by Winograd's and Strassen's algorithms; of training only.
  public var usesWinograd = true
  public var viewStatistics = ViewStatistics.apart
  public var cacheChunk = 0
  public var cacheStatistics = GradientCache.Statistics.chunk

  public var features = FeatureName.allCases
  public var scatteringScales = 2
  public var scatteringOrientations = 8
  public var scatteringShape: [Int]?
  public var gradientBins = 24
  public var gradientPool = 8
  /// nil where `objective` decides, as for the next.
  public var gradientVoting: GradientVoting?
  public var augmentedPixels: AugmentedPixelDraw?

  public var objective = ObjectiveSettings()
  public var probeLearningRate = 1e-4
  public var probeMovesStatistics = false
  public var seed = 0
  public var clipModel: String?
  public var clipWeights: String?
  public var percentage: Double?
  public var percentageList: String?
  public var classList: String?
  public var fold: Int?
  public var featureCount: Int?
  public var teacher = TeacherSettings()
  public var distillation = DistillationSettings()
  public var baseline = BaselineSettings()

  /// The defaults of the official configurations.
  public init() {}

  /// Schedules a configuration can name.
  public enum SchedulerName: String, CaseIterable, Sendable {
    case warmupCosine = "warmup_cosine"
    case cosine, multistep
    case holdCosine = "hold_cosine"
    case releasedDistillation = "released_distillation"
    case seed
    case epochCosine = "epoch_cosine"
  }

  /// Data sets a configuration can name.
  public enum DatasetName: String, CaseIterable, Sendable {
    case synthetic, stl10, cifar10, cifar20, cifar100, folder
    /// Class folders, all of them or those of `dataset.class_list`.
    case imagenet, imagenet50, imagenet100, imagenet200
    /// `voc` is the released code's name of `voc2007`.
    case voc2007, voc, tsv

    /// Side of its images, in pixels; nil where `dataset.size` decides.
    public var side: Int? {
      switch self {
      case .stl10: 96
      case .cifar10, .cifar20, .cifar100: 32
      default: nil
      }
    }
  }

  /// Representations a configuration can name, in the order of the released code.
  public enum FeatureName: String, CaseIterable, Sendable {
    case pixels = "full_img"
    case scattering = "full_img_scatnet"
    case augmentedPixels = "full_img_augment"
    case orientedGradients = "full_img_hog"
    case localDeviation = "full_img_std"
  }

  /// How the augmented-pixel representation is drawn (D3).
  public enum AugmentedPixelDraw: String, CaseIterable, Sendable {
    /// For each image, from its bytes.
    case independent
    /// Once for the whole batch, applied to normalised values.
    case releasedCode = "released-code"
  }

  /// The histogram that holds: D2.
  public var resolvedVoting: GradientVoting {
    gradientVoting ?? (objective.numerics == .paper ? .interpolated : .releasedCode)
  }

  /// The draw that holds: D3.
  public var resolvedAugmentedPixels: AugmentedPixelDraw {
    augmentedPixels ?? (objective.numerics == .paper ? .independent : .releasedCode)
  }

  /// The network that is trained, for images of `dataset.size`.
  public var network: NamedNetwork {
    // `check` has proved that the name fits the images.
    NamedNetwork(named: backbone.rawValue, smallKernel: smallKernel)?.forImages(of: imageSize)
      ?? .resNet(.resnet50, smallKernel: smallKernel)
  }

  /// Whether a teacher is asked for.
  public var hasTeacher: Bool {
    teacher.path != nil || teacher.network != nil || clipModel != nil || method.needsTeacher
  }

  /// The chunks in which a batch passes the encoder; nil when it passes whole.
  public var gradientCache: GradientCache? {
    cacheChunk > 0 && cacheChunk < batchSize
      ? GradientCache(chunk: cacheChunk, statistics: cacheStatistics) : nil
  }

  /// Reads a configuration.
  ///
  /// - Parameters:
  ///   - text: YAML.
  ///   - path: What messages call it.
  ///   - overrides: `key=value` pairs in the order given, such as `encoder.backbone=resnet18`.
  /// - Throws: `FormatError` naming the line (or the override), the key and what is wanted.
  public init(yaml text: String, path: String? = nil, overrides: [String] = []) throws {
    self.init()
    let nodes =
      [try YAMLNode(parsing: text, path: path)]
      + (try overrides.map { try Configuration.node(override: $0) })
    // The method comes first: what it brings along, every key may change.
    for field in ConfigurationField.all where field.key == "method" {
      for node in nodes { if let value = node["method"] { try field.read(&self, value) } }
    }
    method.setDefaults(&self)
    for node in nodes { try read(node) }
    try check(path: path)
  }

  /// The resolved configuration as YAML that reads back as the same value.
  public func yaml() throws -> String {
    var top = OrderedMap<YAMLNode>()
    var groups: [String: OrderedMap<YAMLNode>] = [:]
    for field in ConfigurationField.all {
      guard let node = field.write(self) else { continue }
      if let group = field.group {
        groups[group, default: [:]].insert(node, for: field.name)
        top[group] = .map(groups[group] ?? [:])
      } else {
        top[field.name] = node
      }
    }
    return try YAMLNode.map(top).yaml()
  }

  private mutating func read(_ node: YAMLNode) throws {
    try reject(node.unknownKeys(known: ConfigurationField.topLevelKeys))
    for group in ConfigurationField.groups {
      guard let part = node[group] else { continue }
      try reject(try part.unknownKeys(known: ConfigurationField.keys(of: group, checking: part)))
    }
    for field in ConfigurationField.all {
      let place = field.group.map { node[$0] } ?? node
      // An empty value means the default.
      if let value = place?[field.name] { try field.read(&self, value) }
    }
  }

  private func reject(_ errors: [FormatError]) throws {
    if let first = errors.first { throw first }
  }

  /// `a.b=value` as the YAML it stands for.
  private static func node(override: String) throws -> YAMLNode {
    guard let equals = override.firstIndex(of: "=") else {
      throw FormatError(
        .malformed, format: "--set", path: nil, at: .unknown,
        "\(FormatError.quoted(override)) has no '='", remedy: "write --set key=value")
    }
    let key = override[..<equals].split(separator: ".", omittingEmptySubsequences: false)
    var text = ""
    for (depth, part) in key.enumerated() {
      text += String(repeating: "  ", count: depth) + part + ":"
      text += depth == key.count - 1 ? " \(override[override.index(after: equals)...])\n" : "\n"
    }
    return try YAMLNode(parsing: text, path: "--set \(override)")
  }

  /// Rules between keys.
  private func check(path: String?) throws {
    func fail(_ problem: String, _ remedy: String) -> FormatError {
      FormatError(
        .malformed, format: "YAML", path: path, at: .unknown, problem, remedy: remedy)
    }
    if [.warmupCosine, .holdCosine].contains(scheduler) && warmupEpochs >= epochs {
      throw fail(
        "warmup_epochs is \(warmupEpochs) of \(epochs) epochs, so the cosine never begins",
        "make epochs larger, warmup_epochs smaller, or choose scheduler: cosine")
    }
    try checkMethod(fail)
    if gradientCache != nil && viewStatistics == .together {
      throw fail(
        "encoder.chunk is \(cacheChunk) and encoder.batch_norm together, but a chunk holds one view",
        "write encoder.batch_norm: apart, or leave encoder.chunk out")
    }
    _ = try Projector<Float>.widths(projector)
    if let shape = scatteringShape, shape != [imageSize, imageSize] {
      throw fail(
        "scatnet.shape is \(shape), but dataset.size is \(imageSize)",
        "write the same size twice, or leave scatnet.shape out")
    }
    if encoderType != "resnet" {
      throw fail("encoder_type is '\(encoderType)'", "the one type there is, is resnet")
    }
    if features.contains(.scattering) && imageSize < 1 << scatteringScales {
      throw fail(
        "scatnet.J is \(scatteringScales), too many scales for images of \(imageSize) pixels",
        "2^J may be at most the image's side; or take full_img_scatnet out of features")
    }
    if features.contains(.orientedGradients) && imageSize < gradientPool {
      throw fail(
        "hog.pool is \(gradientPool), larger than images of \(imageSize) pixels",
        "make hog.pool at most the image's side")
    }
  }
}
