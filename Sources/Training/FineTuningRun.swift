// mvmr finetune: from a checkpoint and a few labels to an accuracy, with a folder that can be resumed.
//
// Folder     config.yaml (of the encoder's run), finetune.json (what decides this one), metrics.jsonl,
//            checkpoint.safetensors, results.jsonl; best.safetensors when an epoch is chosen on held-out images
// Choice     The last epoch is reported; or the best on a tenth of the labels that nothing is learnt from; or the
//            best on the test images, as the released code does. The record says which. But for the last of
//            these the test images are looked at once.
// Read       FineTuning.swift, FineTuningCheckpoint.swift ← this file → Command/FinetuneCommand.swift
// Tests      Tests/TrainingTests/FineTuningTests.swift

import Formats
import Foundation
import Kernels
import Networks
import Tensors

/// A fine-tuning run with its folder.
public struct FineTuningRun {
  /// Its files.
  public let folder: RunFolder
  /// The run in memory.
  public let tuning: FineTuning
  private let configuration: Configuration
  private let source: String
  private let weights: String
  private let warning: String?
  private let began = Date()

  /// Prepares a new run.
  ///
  /// - Parameters:
  ///   - encoder: Where it begins; its backbone will change.
  ///   - settings: What decides it.
  ///   - output: Its folder; by default `runs/<date and time>`.
  /// - Throws: When the folder cannot be written to or holds another run.
  public init(_ encoder: EvaluatedEncoder, settings: FineTuningSettings, output: String?) throws {
    configuration = encoder.configuration
    source = encoder.path
    weights = encoder.weights
    tuning = try FineTuning(
      settings, configuration: configuration, backbone: encoder.encoder.backbone,
      data: encoder.data)
    folder = try RunFolder(creating: output)
    try folder.write(configuration.yaml(), to: "config.yaml")
    try folder.write(settings.json.text + "\n", to: "finetune.json")
    warning = nil
  }

  /// Prepares to continue a run that was stopped.
  ///
  /// - Parameters:
  ///   - path: Its folder.
  ///   - dataDirectory: Where the data are now, if they have moved.
  /// - Throws: When the checkpoint and the one before it cannot be read, or do not fit.
  public init(resuming path: String, dataDirectory: String? = nil) throws {
    folder = RunFolder(resuming: path)
    let (checkpoint, warning) = try FineTuningCheckpoint.load(folder)
    configuration = checkpoint.configuration
    (source, weights, self.warning) = (checkpoint.source, checkpoint.weights, warning)
    tuning = try FineTuning(
      checkpoint.settings, configuration: configuration,
      backbone: try PreTraining.randomEncoder(configuration).backbone,
      data: try DataSource(configuration, directory: dataDirectory))
    try checkpoint.restore(tuning)
  }

  /// Runs to the end, or until it is told to stop.
  ///
  /// - Parameters:
  ///   - say: Receives lines for the user.
  ///   - shouldStop: Asked after every step.
  /// - Returns: The result; nil when it was stopped, with a checkpoint.
  /// - Throws: When an image cannot be read, a file cannot be written, or a number is not finite.
  public func run(
    say: (String) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> EvaluationRecord? {
    if let warning { say("warning: \(warning)") }
    let settings = tuning.settings
    let metrics = try JSONLinesWriter(folder.metrics, resumingAfter: tuning.step)
    var accuracies = metrics.existing.compactMap { line in
      line["chosen_on"]?.object.map { (line["epoch"]?.integer ?? 0, $0) }
    }
    var keepsPrevious = warning == nil
    func save() throws {
      try metrics.synchronize()
      try FineTuningCheckpoint.write(
        tuning, configuration: configuration, source: source, weights: weights,
        to: folder.checkpoint, keepsPrevious: keepsPrevious)
      keepsPrevious = true
    }
    let loader = tuning.remainingBatches()
    while let batch = try loader.next() {
      let (loss, accuracy) = try tuning.take(batch)
      let ended = tuning.step % tuning.batchesPerEpoch == 0
      if ended {
        let epoch = tuning.step / tuning.batchesPerEpoch
        var line: OrderedMap<JSONValue> = [
          "step": .integer(tuning.step), "epoch": .integer(epoch), "loss": .number(loss),
          "accuracy": .number(accuracy),
        ]
        if settings.choice != .last {
          let onTest = settings.choice == .test
          let found = try onTest ? tuning.testAccuracy() : tuning.heldOutAccuracy()
          line["chosen_on"] = .object(found)
          let best = accuracies.map { top1($0.1) }.max() ?? -1
          if !onTest && top1(found) > best { try writeBest() }
          accuracies.append((epoch, found))
        }
        try metrics.append(.object(line))
        say("epoch \(epoch)/\(settings.epochs): loss \(RunProgress.number(loss))")
        try save()
      }
      if shouldStop() && tuning.step < tuning.totalSteps {
        if !ended { try save() }
        return nil
      }
    }
    return try result(accuracies)
  }

  private func result(_ accuracies: [(Int, OrderedMap<JSONValue>)]) throws -> EvaluationRecord {
    let settings = tuning.settings
    let best = accuracies.max { a, b in (top1(a.1), -a.0) < (top1(b.1), -b.0) }
    if settings.choice == .validation {
      try tuning.network.load(
        SafeTensorsFile(path: bestPath).tensors.entries.map {
          NamedTensor(name: $0.key, tensor: Tensor($0.value.shape, try $0.value.floats()))
        })
    }
    var metrics = try tuning.testAccuracy()
    if settings.choice == .test, let best {
      let last = metrics["top1"]
      metrics = best.1
      metrics["last_epoch_top1"] = last
    }
    if settings.choice == .validation, let best {
      metrics["held_out_top1"] = best.1["top1"]
    }
    metrics["epoch"] = .integer(best?.0 ?? settings.epochs)
    let record = EvaluationRecord(
      protocolName: "finetune \(settings.labels.text)",
      description: "the whole network and a new linear head, Adam, cosine over all steps, on "
        + "\(tuning.subset.count) labels",
      dataset: configuration.datasetName.rawValue,
      split: .init(
        training: tuning.subset.count, validation: tuning.heldOut.count,
        test: tuning.data.test.count),
      views: "training: a new view of policy 'custom' in every epoch; test: one, the image itself",
      epochChoice: settings.choice.text,
      seed: settings.seed, metrics: metrics, settings: settings.json.object ?? [:],
      weights: weights, checkpoint: source, seconds: Date().timeIntervalSince(began))
    try record.append(to: "\(folder.path)/\(EvaluationRecord.fileName)")
    return record
  }

  private var bestPath: String { "\(folder.path)/best.safetensors" }

  /// Keeps the network of this epoch.
  ///
  /// A run that is stopped before the epoch's checkpoint comes this way again, with the same bits.
  private func writeBest() throws {
    var tensors: OrderedMap<TensorRecord> = [:]
    for entry in tuning.network.stateDictionary() {
      tensors.insert(TensorRecord(entry.tensor.scalars, shape: entry.tensor.shape), for: entry.name)
    }
    try SafeTensorsFile(metadata: ["kind": "mvmr.fine-tuning.best"], tensors: tensors)
      .write(to: bestPath, keepsPrevious: false)
  }

  private func top1(_ found: OrderedMap<JSONValue>) -> Double { found["top1"]?.double ?? -1 }

  /// 1, not 1.0.
  static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e6 ? "\(Int(value))" : "\(value)"
  }
}
