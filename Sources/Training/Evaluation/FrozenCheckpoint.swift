// The encoder of a checkpoint, which nothing changes, without any data.
//
// Read       Training/Checkpoint.swift ← this file → EvaluatedEncoder.swift, VOCEvaluation.swift
// Tests      Tests/TrainingTests/VOCEvaluationTests.swift

import Formats
import Foundation
import Kernels
import Networks

/// A checkpoint's encoder, frozen.
public struct FrozenCheckpoint {
  /// Where it came from, as it was named.
  public let path: String
  public let checkpoint: Checkpoint
  public let encoder: Encoder<Float>
  /// SHA-256 of the backbone's weights.
  public let weights: String
  private let began = Date()

  /// Opens a checkpoint.
  ///
  /// - Parameters:
  ///   - path: A run's folder or its checkpoint.
  ///   - say: Receives warnings.
  /// - Throws: When it cannot be read.
  public init(_ path: String, say: (String) -> Void = { _ in }) throws {
    let (checkpoint, warning) = try Checkpoint.load(path)
    if let warning { say("warning: \(warning)") }
    self.path = path
    self.checkpoint = checkpoint
    encoder = try PreTraining.randomEncoder(checkpoint.configuration)
    try encoder.load(checkpoint.encoder)
    weights = weightsDigest(encoder.backbone)
  }

  /// The configuration of its run.
  public var configuration: Configuration { checkpoint.configuration }

  /// The file in the run's folder to which results are appended.
  public var resultsFile: String {
    "\(RunFolder(resuming: path).path)/\(EvaluationRecord.fileName)"
  }

  /// A record about this encoder, with the time since it was opened.
  func record(
    _ protocolName: String, _ description: String, dataset: String, split: EvaluationRecord.Split,
    views: String, epochChoice: String, seed: Int? = nil, metrics: OrderedMap<JSONValue>,
    settings: OrderedMap<JSONValue> = [:]
  ) -> EvaluationRecord {
    EvaluationRecord(
      protocolName: protocolName, description: description, dataset: dataset, split: split,
      views: views, epochChoice: epochChoice, seed: seed ?? configuration.seed, metrics: metrics,
      settings: settings, weights: weights, checkpoint: path,
      seconds: Date().timeIntervalSince(began))
  }
}
