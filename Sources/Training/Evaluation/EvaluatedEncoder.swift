// What an evaluation measures: the encoder of a checkpoint, which nothing changes, with its data.
//
// Read       FrozenCheckpoint.swift, Training/FeatureExtraction.swift ← this file → LinearEvaluation.swift
// Tests      Tests/TrainingTests/LinearProtocolTests.swift

import Formats
import Foundation
import Kernels
import Networks
import Tensors

/// A checkpoint's encoder, frozen, and the data of its run.
public struct EvaluatedEncoder {
  private let frozen: FrozenCheckpoint
  public let data: DataSource

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
    frozen = try FrozenCheckpoint(path, say: say)
    data = try DataSource(frozen.configuration, directory: dataDirectory)
    guard data.hasLabels else {
      throw TrainingError(
        "the images of this run have no labels, or several each, so there is no class to predict",
        remedy: "evaluate on class folders: --data DIR with train/<class> and val/<class>; "
          + "`mvmr evaluate voc` measures images of several classes")
    }
  }

  /// Where it came from, as it was named.
  public var path: String { frozen.path }
  /// What the run left.
  public var checkpoint: Checkpoint { frozen.checkpoint }
  /// Its network, which nothing changes.
  public var encoder: Encoder<Float> { frozen.encoder }
  /// SHA-256 of the backbone's weights.
  public var weights: String { frozen.weights }
  /// The configuration of its run.
  public var configuration: Configuration { frozen.configuration }
  /// The file in the run's folder to which results are appended.
  public var resultsFile: String { frozen.resultsFile }

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
    frozen.record(
      protocolName, description, dataset: configuration.datasetName.rawValue, split: split,
      views: views, epochChoice: epochChoice, seed: seed, metrics: metrics, settings: settings)
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
