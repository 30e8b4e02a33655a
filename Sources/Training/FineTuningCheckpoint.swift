// The checkpoint of a fine-tuning run: network, moments, step, and what decides the run.
//
// Format     safetensors: network.*, optimizer.first.*, optimizer.second.*; written as pre-training's are
// Read       FineTuning.swift ← this file → FineTuningRun.swift
// Tests      Tests/TrainingTests/FineTuningTests.swift

import Formats
import Kernels
import Networks
import Tensors

/// A fine-tuning checkpoint in memory.
struct FineTuningCheckpoint {
  let settings: FineTuningSettings
  let configuration: Configuration
  /// Where the encoder came from, and the digest of its weights there.
  let source: String
  let weights: String
  private let step: Int
  private let network: [NamedTensor<Float>]
  private let moments: OrderedMap<TensorRecord>

  static let kind = "mvmr.fine-tuning"

  /// Reads a checkpoint, or the version before it when the file is damaged.
  static func load(_ folder: RunFolder) throws -> (checkpoint: Self, warning: String?) {
    let loaded = try DurableFile(folder.checkpoint).load { (path: String) throws(FormatError) in
      try SafeTensorsFile(path: path)
    }
    return (
      try FineTuningCheckpoint(loaded.content, path: loaded.path),
      loaded.passedOver.map { "\($0)" }
    )
  }

  private init(_ file: SafeTensorsFile, path: String) throws {
    func wrong(_ what: String) -> TrainingError {
      TrainingError(
        "'\(path)' is no checkpoint of a fine-tuning run: \(what)",
        remedy: "resume the folder that `mvmr finetune` wrote")
    }
    func text(_ key: String) throws -> String {
      guard let value = file.metadata[key] else { throw wrong("it has no '\(key)'") }
      return value
    }
    guard try text("kind") == FineTuningCheckpoint.kind else {
      throw wrong("its kind is '\(try text("kind"))'")
    }
    let json = try JSONValue(parsing: Array(try text("settings").utf8))
    guard let settings = FineTuningSettings(json) else { throw wrong("its settings are damaged") }
    guard let step = Int(try text("step")), step >= 0 else { throw wrong("its step is damaged") }
    self.settings = settings
    self.step = step
    configuration = try Configuration(yaml: text("configuration"), path: path)
    source = try text("source")
    weights = try text("weights")
    var network: [NamedTensor<Float>] = []
    var moments = OrderedMap<TensorRecord>()
    for entry in file.tensors.entries {
      if entry.key.hasPrefix("network.") {
        let values =
          entry.value.dtype == .i64
          ? try entry.value.int64s().map { Float($0) } : try entry.value.floats()
        network.append(
          NamedTensor(
            name: String(entry.key.dropFirst("network.".count)),
            tensor: Tensor(entry.value.shape, values)))
      } else {
        moments.insert(entry.value, for: entry.key)
      }
    }
    self.network = network
    self.moments = moments
  }

  /// Gives a run everything that is stored.
  func restore(_ tuning: FineTuning) throws {
    try tuning.network.load(network)
    for (i, (name, parameter)) in tuning.optimizer.parameters.enumerated() {
      for (m, moment) in tuning.optimizer.momentNames.enumerated() {
        guard let record = moments["optimizer.\(moment).\(name)"],
          record.shape == parameter.value.shape
        else {
          throw TrainingError(
            "the checkpoint has no \(moment) moment of '\(name)' in shape \(parameter.value.shape)",
            remedy: "resume with the checkpoint of the very same run")
        }
        tuning.optimizer.moments[i][m] = Tensor(record.shape, try record.floats())
      }
    }
    guard step <= tuning.totalSteps else {
      throw TrainingError(
        "the checkpoint is at step \(step), the run has \(tuning.totalSteps)",
        remedy: "resume with the data the run was begun with")
    }
    tuning.optimizer.steps = step
    tuning.step = step
  }

  /// Writes a checkpoint of this moment.
  static func write(
    _ tuning: FineTuning, configuration: Configuration, source: String, weights: String,
    to path: String, keepsPrevious: Bool
  ) throws {
    var tensors: OrderedMap<TensorRecord> = [:]
    func add(_ name: String, _ tensor: Tensor<Float>, counter: Bool = false) throws {
      guard tensor.isFinite else {
        throw TrainingError(
          "'\(name)' holds a number that is not finite; the checkpoint was not written",
          remedy: "continue from the last one with a smaller learning rate")
      }
      tensors.insert(
        counter
          ? TensorRecord(tensor.scalars.map { Int64($0) }, shape: tensor.shape)
          : TensorRecord(tensor.scalars, shape: tensor.shape), for: name)
    }
    for entry in tuning.network.stateDictionary() {
      try add("network.\(entry.name)", entry.tensor, counter: entry.isCounter)
    }
    for (i, (name, _)) in tuning.optimizer.parameters.enumerated() {
      for (moment, values) in zip(tuning.optimizer.momentNames, tuning.optimizer.moments[i]) {
        try add("optimizer.\(moment).\(name)", values)
      }
    }
    let metadata: OrderedMap<String> = [
      "kind": kind, "settings": tuning.settings.json.text,
      "configuration": try configuration.yaml(), "source": source, "weights": weights,
      "step": "\(tuning.step)",
    ]
    try SafeTensorsFile(metadata: metadata, tensors: tensors)
      .write(to: path, keepsPrevious: keepsPrevious)
  }
}
