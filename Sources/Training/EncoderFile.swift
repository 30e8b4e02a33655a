// From a file of weights, of any kind, to an encoder that can be used.
//
// Files      a run's checkpoint, which knows its network, size and statistics; any other file that
//            Formats/WeightFile.swift reads, with the name of the network it holds
// Names      ResNets and CLIP's towers go through the name maps (NameMaps/NameMap.swift): encoder.backbone.*
//            and visual.*. The other networks have torchvision's names in every file: wrappers and the prefix
//            of an encoder are taken off, the classifier is left behind.
// Rule       Strict: every tensor of the network must be there in its shape, and nothing else below its prefix.
//            What is left behind is listed.
// Read       Formats/WeightFile.swift, Networks/NamedNetwork.swift ← this file → FrozenEncoder.swift
// Tests      Tests/TrainingTests/FrozenEncoderTests.swift

import Datasets
import Formats
import Images
import Networks
import Randomness
import Tensors

/// Which encoder of which file.
public struct EncoderFile: Sendable {
  /// The file, or the folder of a run.
  public var path: String
  /// The network it holds; a run's checkpoint knows.
  public var network: NetworkName?
  /// Whose names it has; nil to tell from the names.
  public var names: String?
  /// What is taken from it.
  public var output = EncoderOutput.features
  /// Changes of its usual input.
  public var preparation = PreparationChoice()
  /// What the reader accepts.
  public var limits = WeightFile.Limits()

  /// An encoder's features.
  public init(path: String, network: NetworkName? = nil) {
    self.path = path
    self.network = network
  }

  /// Reads it.
  ///
  /// - Throws: `FormatError`, `NameMismatch` or `StateMismatch` where the file cannot be read or does not hold
  ///   that network; `TrainingError` where a choice is missing or does not fit.
  public func load() throws -> FrozenEncoder {
    if let run = try checkpoint() { return try load(run) }
    guard let name = network else {
      throw TrainingError(
        "\(path) does not say which network it holds",
        remedy: "name it with --network, one of docs/networks.md, such as resnet50 or ViT-B-16")
    }
    guard let published = NamedNetwork(named: name.rawValue) else {
      throw TrainingError("there is no network \(name.rawValue)", remedy: "see docs/networks.md")
    }
    let prepared = preparation.applied(to: .published(for: published))
    let network = try sized(published, prepared, name: name.rawValue)
    let found = try WeightTensors(
      WeightFile(path: path, limits: limits), path: path, network: network, names: names)
    let layer = network.network(Float.self, key: RandomKey(seed: 0))
    do { try layer.load(found.network, withoutCounters: true) } catch {
      throw TrainingError("\(path) does not hold \(name.rawValue): \(error)", remedy: "see above")
    }
    guard output == .projection else {
      return FrozenEncoder(
        name: "\(name.rawValue) features", network: layer, head: nil, preparation: prepared,
        width: network.featureCount, isConvolutional: network.isConvolutional,
        leftBehind: found.leftBehind + found.head.map { "head \($0.name)" })
    }
    let (layers, tensors) = try HeadLayer.layers(of: found.head)
    guard !layers.isEmpty else {
      throw TrainingError(
        "\(path) holds no projection head",
        remedy: "take its features: teacher.output: features, or leave --output out")
    }
    guard let width = HeadLayer.outputCount(of: layers, inputs: network.featureCount) else {
      throw TrainingError(
        "the projection head in \(path) does not fit features of \(network.featureCount) numbers",
        remedy: "name the right network")
    }
    let head = SequentialHead<Float>(layers, key: RandomKey(seed: 0))
    try head.load(tensors, withoutCounters: true)
    return FrozenEncoder(
      name: "\(name.rawValue) projection", network: layer, head: head, preparation: prepared,
      width: width, isConvolutional: network.isConvolutional, leftBehind: found.leftBehind)
  }

  /// The configuration of the run the file belongs to; nil for a file of another kind.
  public func configuration() throws -> Configuration? { try checkpoint()?.configuration }

  /// The checkpoint at the path; nil for a file of another kind.
  private func checkpoint() throws -> Checkpoint? {
    if RunFolder.isFolder(path) { return try Checkpoint.load(path).checkpoint }
    let file = try WeightFile(path: path, limits: limits)
    guard file.format == "safetensors", file.values["kind"] == Checkpoint.kind else { return nil }
    return try Checkpoint.load(path).checkpoint
  }

  private func load(_ run: Checkpoint) throws -> FrozenEncoder {
    let c = run.configuration
    if let name = network, name != c.backbone {
      throw TrainingError(
        "\(path) is a run of \(c.backbone.rawValue), not of \(name.rawValue)",
        remedy: "leave the network out: a checkpoint knows it")
    }
    let encoder = try PreTraining.randomEncoder(c)
    try encoder.load(run.encoder)
    let statistics = ChannelStatistics.forDataset(c.datasetName.rawValue) ?? .cifar
    let prepared = preparation.applied(
      to: ImagePreparation(resize: c.imageSize, crop: c.imageSize, statistics: statistics))
    if case .visionTransformer(let plan) = c.network, prepared.side != plan.imageSize {
      throw TrainingError(
        "\(path) was trained on images of \(plan.imageSize) pixels and sees no others",
        remedy: "leave the size out")
    }
    let isProjection = output == .projection
    return FrozenEncoder(
      name: "\(c.backbone.rawValue) \(output.rawValue)", network: encoder.backbone,
      head: isProjection ? encoder.projector : nil, preparation: prepared,
      width: isProjection
        ? try c.head().outputCount(inputs: c.network.featureCount) : c.network.featureCount,
      isConvolutional: c.network.isConvolutional, leftBehind: [])
  }

  private func sized(
    _ network: NamedNetwork, _ preparation: ImagePreparation, name: String
  ) throws -> NamedNetwork {
    guard let side = preparation.side else { return network }
    guard let sized = network.forImages(of: side) else {
      throw TrainingError(
        "\(name) cannot cut images of \(side) pixels into whole patches",
        remedy: "choose a multiple of its patch, the number after ViT-B- or ViT-L-")
    }
    return sized
  }
}

extension NamedNetwork {
  /// Whether it sees images of any size.
  var isConvolutional: Bool {
    if case .visionTransformer = self { return false }
    return true
  }
}

/// The tensors of a file that belong to a network, under the network's own names.
struct WeightTensors {
  var network: [NamedTensor<Float>] = []
  var head: [NamedTensor<Float>] = []
  var leftBehind: [String] = []

  init(_ file: WeightFile, path: String, network: NamedNetwork, names: String?) throws {
    let map = try names.map { try NameMap.named($0) }
    switch network {
    case .resNet, .visionTransformer:
      let weights = try NamedWeights(file, path: path, from: map)
      leftBehind = weights.report.leftBehind
      let prefix = network.isConvolutional ? "encoder.backbone." : "visual."
      for entry in weights.tensors { try add(entry.key, entry.value, below: prefix) }
      if case .visionTransformer(let plan) = network {
        self.network = try resizingPositions(of: self.network, to: plan.grid)
      }
    default:
      if map != nil {
        throw TrainingError(
          "names of other projects are for ResNets and CLIP's towers",
          remedy: "leave --from out: such files have torchvision's names")
      }
      let (kept, rest) = NameMap.unwrapped(file.tensors.map(\.name))
      leftBehind = rest
      let known = ["encoder.backbone.", "backbone."].first { prefix in
        kept.contains { $0.inner.hasPrefix(prefix) }
      }
      let own = Set(
        network.network(Float.self, key: RandomKey(seed: 0)).parameters.map(\.name))
      for (full, inner) in kept {
        let name = known.map { inner.hasPrefix($0) ? String(inner.dropFirst($0.count)) : inner }
        let isClassifier = ["linear.", "classifier.", "fc."].contains { inner.hasPrefix($0) }
        if let known, !inner.hasPrefix(known) {
          leftBehind.append(full)
        } else if isClassifier && !own.contains(inner) {
          leftBehind.append(full)
        } else {
          try add("network." + (name ?? inner), try file.tensor(full), below: "network.")
        }
      }
    }
  }

  private mutating func add(_ name: String, _ record: TensorRecord, below prefix: String) throws {
    let projector = "encoder.projector."
    let isHead = name.hasPrefix(projector)
    guard isHead || name.hasPrefix(prefix) else {
      leftBehind.append(name)
      return
    }
    let isCounter = record.dtype == .i64
    let tensor = Tensor(
      record.shape,
      isCounter ? try record.int64s().map { Float($0) } : try record.narrowedFloats())
    let own = String(name.dropFirst(isHead ? projector.count : prefix.count))
    let entry = NamedTensor(name: own, tensor: tensor, isCounter: isCounter)
    if isHead { head.append(entry) } else { network.append(entry) }
  }
}
