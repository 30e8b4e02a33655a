// What an evaluation measures: the encoder of a checkpoint, which nothing changes, with its data.
//
// Read       Training/Checkpoint.swift, Training/FeatureExtraction.swift ← this file → LinearEvaluation.swift
// Tests      Tests/TrainingTests/LinearProtocolTests.swift

import Formats
import Foundation
import Kernels
import Networks
import Tensors

/// A checkpoint's encoder, frozen, and the data of its run.
public struct EvaluatedEncoder {
  /// Where it came from, as it was named.
  public let path: String
  public let checkpoint: Checkpoint
  public let encoder: Encoder<Float>
  public let data: DataSource
  /// SHA-256 of the backbone's weights.
  public let weights: String
  private let began = Date()

  /// Opens a checkpoint and its data.
  ///
  /// - Parameters:
  ///   - path: A run's folder or its checkpoint.
  ///   - dataDirectory: Where the data are; by default where the run had them.
  ///   - say: Receives warnings.
  /// - Throws: When either cannot be read, or they do not fit.
  public init(
    _ path: String, dataDirectory: String? = nil, say: (String) -> Void = { _ in }
  ) throws {
    let (checkpoint, warning) = try Checkpoint.load(path)
    if let warning { say("warning: \(warning)") }
    self.path = path
    self.checkpoint = checkpoint
    data = try DataSource(checkpoint.configuration, directory: dataDirectory)
    guard data.hasLabels else {
      throw TrainingError(
        "the images of this run have no labels, or several each, so there is no class to predict",
        remedy: "evaluate on class folders: --data DIR with train/<class> and val/<class>")
    }
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

  /// Features of the labelled images, one view each.
  public func trainingFeatures() throws -> LabelledFeatures {
    try extractFeatures(encoder.backbone, data.labelled, statistics: data.statistics)
  }

  /// Features of the test images.
  ///
  /// - Parameter averagesMirror: The mean over each image and its mirror image instead of one view.
  /// - Returns: One row of features an image.
  /// - Throws: When an image cannot be read.
  public func testFeatures(averagesMirror: Bool = false) throws -> LabelledFeatures {
    try extractFeatures(
      encoder.backbone, data.test, statistics: data.statistics, averagesMirror: averagesMirror)
  }

  /// A record about this encoder, with the time since it was opened.
  func record(
    _ protocolName: String, _ description: String, split: EvaluationRecord.Split, views: String,
    epochChoice: String, seed: Int? = nil, metrics: OrderedMap<JSONValue>,
    settings: OrderedMap<JSONValue> = [:]
  ) -> EvaluationRecord {
    EvaluationRecord(
      protocolName: protocolName, description: description,
      dataset: configuration.datasetName.rawValue, split: split, views: views,
      epochChoice: epochChoice, seed: seed ?? configuration.seed, metrics: metrics,
      settings: settings, weights: weights, checkpoint: path,
      seconds: Date().timeIntervalSince(began))
  }
}

extension LabelledFeatures {
  /// Some of the images, in the order of their numbers given.
  func chosen(_ rows: [Int]) -> LabelledFeatures {
    LabelledFeatures(features: features.gathered(rows: rows), labels: rows.map { labels[$0] })
  }
}

/// Top-1 and, where there are more than five classes, Top-5.
func topMetrics(classes: Int, _ accuracy: (Int) -> Double) -> OrderedMap<JSONValue> {
  var metrics: OrderedMap<JSONValue> = ["top1": .number(accuracy(1))]
  if classes > 5 { metrics["top5"] = .number(accuracy(5)) }
  return metrics
}
