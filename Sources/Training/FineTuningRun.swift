// mvmr finetune: from a checkpoint and a few labels to an accuracy, with a folder that can be resumed.
//
// Folder     config.yaml (of the encoder's run), finetune.json (what decides this one), metrics.jsonl,
//            checkpoint.safetensors, results.jsonl
// Choice     The last epoch is reported; with `choosesOnTest` the best on the test images, as the released code
//            does, and the record says so.
// Read       FineTuning.swift, FineTuningCheckpoint.swift ← this file → Command/FinetuneCommand.swift
// Tests      Tests/TrainingTests/FineTuningTests.swift

import Formats
import Foundation
import Kernels
import Networks

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
    tuning = FineTuning(
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
    tuning = FineTuning(
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
      line["test"]?.object.map { (line["epoch"]?.integer ?? 0, $0) }
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
        if settings.choosesOnTest {
          let test = try tuning.testAccuracy()
          line["test"] = .object(test)
          accuracies.append((epoch, test))
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
    var metrics = try tuning.testAccuracy()
    var epoch = settings.epochs
    if settings.choosesOnTest {
      let last = metrics["top1"]
      for (number, found) in accuracies
      where (found["top1"]?.double ?? 0) > (metrics["top1"]?.double ?? 0) {
        (epoch, metrics) = (number, found)
      }
      metrics["last_epoch_top1"] = last
    }
    metrics["epoch"] = .integer(epoch)
    let record = EvaluationRecord(
      protocolName: "finetune \(FineTuningRun.text(settings.percentage)) %",
      description: "the whole network and a new linear head, Adam, cosine over all steps, on "
        + "\(tuning.subset.count) labels, the same share of each class",
      dataset: configuration.datasetName.rawValue,
      split: .init(training: tuning.subset.count, test: tuning.data.test.count),
      views: "training: a new view of policy 'custom' in every epoch; test: one, the image itself",
      epochChoice: settings.choosesOnTest ? EpochChoice.test.text : EpochChoice.last.text,
      seed: settings.seed, metrics: metrics, settings: settings.json.object ?? [:],
      weights: weights, checkpoint: source, seconds: Date().timeIntervalSince(began))
    try record.append(to: "\(folder.path)/\(EvaluationRecord.fileName)")
    return record
  }

  /// 1, not 1.0.
  static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e6 ? "\(Int(value))" : "\(value)"
  }
}
