// The checkpoint: everything a run needs to go on as if it had never stopped.
//
// Content    encoder and its running statistics; the optimiser's moments and step count; the online
//            probe and its optimiser; what the method remembers (SEED's queue); epoch, batch and step; the
//            random key; the configuration
// Why enough Batches, views and learning rates are functions of the key and the position, so no
//            generator and no shuffled list has to be stored.
// Format     safetensors with checksums, written by the crash-safe protocol of Formats/DurableFile.swift;
//            every other safetensors reader can read the weights
// Names      encoder.backbone.*, encoder.projector.*, online_finetuner.*, optimizer.<moment>.<name>,
//            method.<name>
// Read       Networks/StateDictionary.swift, Formats/SafeTensors.swift ← this file → PreTraining.swift
// Tests      Tests/TrainingTests/PreTrainingRunTests.swift

import Formats
import Kernels
import Networks
import Randomness
import Tensors

/// A place in a run.
public struct RunPosition: Sendable, Hashable {
  /// Epochs completed.
  public var epoch = 0
  /// Batches completed in this epoch.
  public var batch = 0
  /// Batches completed in the run.
  public var step = 0
}

/// A checkpoint file in memory.
public struct Checkpoint: Sendable {
  /// The configuration of its run.
  public let configuration: Configuration
  /// Where the run stopped.
  public let position: RunPosition
  let optimizerSteps: Int
  let probeSteps: Int
  let key: RandomKey
  /// The backbone's and projector's tensors, as `backbone.*` and `projector.*`.
  public let encoder: [NamedTensor<Float>]
  let probe: [NamedTensor<Float>]
  let method: [NamedTensor<Float>]
  let moments: [String: Tensor<Float>]
  let probeMoments: [String: Tensor<Float>]

  /// What the metadata call a run's checkpoint, whatever its method.
  public static let kind = "mvmr.pretraining"

  /// Reads a checkpoint, or the version before it when the file is damaged.
  ///
  /// - Parameter path: A checkpoint, or the folder of a run that holds one.
  /// - Returns: The checkpoint, and what was wrong with a newer file that had to be passed over.
  /// - Throws: `FormatError` when neither can be read.
  public static func load(_ path: String) throws -> (checkpoint: Checkpoint, warning: String?) {
    let file = RunFolder.isFolder(path) ? "\(path)/\(RunFolder.checkpointName)" : path
    let loaded = try DurableFile(file).load { (path: String) throws(FormatError) in
      try SafeTensorsFile(path: path)
    }
    return (
      try Checkpoint(loaded.content, path: loaded.path), loaded.passedOver.map { "\($0)" }
    )
  }

  private init(_ file: SafeTensorsFile, path: String) throws {
    func text(_ key: String) throws -> String {
      guard let value = file.metadata[key] else {
        throw Checkpoint.error(
          path, "the metadata has no '\(key)'", "choose a file that `mvmr pretrain` wrote")
      }
      return value
    }
    func count(_ key: String) throws -> Int {
      let value = try text(key)
      guard let number = Int(value), number >= 0 else {
        throw Checkpoint.error(
          path, "the metadata's '\(key)' is \(FormatError.quoted(value))", "use another checkpoint")
      }
      return number
    }
    guard try text("kind") == Checkpoint.kind else {
      throw Checkpoint.error(
        path, "this is no checkpoint of a pre-training run", "use another file")
    }
    configuration = try Configuration(yaml: text("configuration"), path: path)
    position = RunPosition(
      epoch: try count("epoch"), batch: try count("batch"), step: try count("step"))
    optimizerSteps = try count("optimizer_steps")
    probeSteps = try count("probe_steps")
    let bits = try text("random_key")
    guard bits.utf8.count == 16, let value = UInt64(bits, radix: 16) else {
      throw Checkpoint.error(
        path, "the random key is \(FormatError.quoted(bits))", "use another file")
    }
    key = RandomKey(bits: value)

    var parts: [String: [NamedTensor<Float>]] = [:]
    for entry in file.tensors.entries {
      guard let dot = entry.key.firstIndex(of: ".") else { continue }
      let tensor = try Checkpoint.tensor(entry.value)
      parts[String(entry.key[..<dot]), default: []].append(
        NamedTensor(name: String(entry.key[entry.key.index(after: dot)...]), tensor: tensor))
    }
    func dictionary(_ part: String) -> [String: Tensor<Float>] {
      Dictionary((parts[part] ?? []).map { ($0.name, $0.tensor) }) { first, _ in first }
    }
    encoder = parts["encoder"] ?? []
    probe = parts["online_finetuner"] ?? []
    method = parts["method"] ?? []
    moments = dictionary("optimizer")
    probeMoments = dictionary("online_finetuner_optimizer")
  }

  private static func tensor(_ record: TensorRecord) throws -> Tensor<Float> {
    if record.dtype == .i64 {
      return Tensor(record.shape, try record.int64s().map { Float($0) })
    }
    return Tensor(record.shape, try record.floats())
  }

  private static func error(_ path: String, _ problem: String, _ remedy: String) -> FormatError {
    FormatError(
      .malformed, format: "checkpoint", path: path, at: .unknown, problem, remedy: remedy)
  }
}

extension PreTraining {
  /// Writes a checkpoint of this moment.
  ///
  /// - Parameters:
  ///   - path: The file; the one before it is kept as `.prev`.
  ///   - keepsPrevious: false after a load that had to pass over a damaged file.
  /// - Throws: `FormatError` when it cannot be written, `TrainingError` when a number is not finite;
  ///   the checkpoint that was there before is then still there.
  public func save(to path: String, keepsPrevious: Bool = true) throws {
    var tensors: OrderedMap<TensorRecord> = [:]
    func add(_ name: String, _ tensor: Tensor<Float>, counter: Bool = false) throws {
      guard tensor.isFinite else {
        throw TrainingError(
          "'\(name)' holds a number that is not finite; the checkpoint was not written",
          remedy: "continue from the last one with a smaller learning rate")
      }
      let record =
        counter
        ? TensorRecord(tensor.scalars.map { Int64($0) }, shape: tensor.shape)
        : TensorRecord(tensor.scalars, shape: tensor.shape)
      tensors.insert(record, for: name)
    }
    for entry in encoder.stateDictionary() {
      try add("encoder.\(entry.name)", entry.tensor, counter: entry.isCounter)
    }
    for entry in probe.head.stateDictionary() {
      try add("online_finetuner.\(entry.name)", entry.tensor)
    }
    for entry in method.state {
      try add("method.\(entry.name)", entry.tensor, counter: entry.isCounter)
    }
    for (prefix, optimizer) in optimizers {
      for (i, (name, _)) in optimizer.parameters.enumerated() {
        for (moment, values) in zip(optimizer.momentNames, optimizer.moments[i]) {
          try add("\(prefix).\(moment).\(name)", values)
        }
      }
    }
    let metadata: OrderedMap<String> = [
      "kind": Checkpoint.kind,
      "configuration": try configuration.yaml(),
      "epoch": "\(position.epoch)", "batch": "\(position.batch)", "step": "\(position.step)",
      "optimizer_steps": "\(optimizer.steps)", "probe_steps": "\(probe.optimizer.steps)",
      "random_key": RunFolder.hexadecimal(key.bits),
    ]
    try SafeTensorsFile(metadata: metadata, tensors: tensors)
      .write(to: path, keepsPrevious: keepsPrevious)
  }

  /// Takes over everything a checkpoint holds.
  ///
  /// - Throws: `StateMismatch` or `TrainingError` when it does not fit this run.
  func restore(_ checkpoint: Checkpoint) throws {
    try encoder.load(checkpoint.encoder)
    try probe.head.load(checkpoint.probe)
    try method.restore(checkpoint.method)
    for (optimizer, moments) in [
      (optimizer, checkpoint.moments), (probe.optimizer, checkpoint.probeMoments),
    ] {
      for (i, (name, parameter)) in optimizer.parameters.enumerated() {
        for (m, moment) in optimizer.momentNames.enumerated() {
          guard let values = moments["\(moment).\(name)"], values.shape == parameter.value.shape
          else {
            throw TrainingError(
              "the checkpoint has no \(moment) moment of '\(name)' in shape \(parameter.value.shape)",
              remedy: "resume with the checkpoint of the very same configuration")
          }
          optimizer.moments[i][m] = values
        }
      }
    }
    optimizer.steps = checkpoint.optimizerSteps
    probe.optimizer.steps = checkpoint.probeSteps
    position = checkpoint.position
  }

  private var optimizers: [(String, Optimizer<Float>)] {
    [("optimizer", optimizer), ("online_finetuner_optimizer", probe.optimizer)]
  }
}
