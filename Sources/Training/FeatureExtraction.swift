// Features of a frozen encoder: h = f(x) of every image of a data set, in evaluation mode.
//
// Read       Networks/Encoder.swift ← this file → LinearProbe.swift, NearestNeighbours.swift

import Autodiff
import Datasets
import Images
import Kernels
import Networks
import Tensors

/// Features and labels of a data set.
public struct LabelledFeatures: Sendable {
  /// `[images, features]`.
  public let features: Tensor<Float>
  /// One class an image.
  public let labels: [Int]

  /// Features with their labels.
  public init(features: Tensor<Float>, labels: [Int]) {
    self.features = features
    self.labels = labels
  }
}

/// Runs every image through a backbone, one view, no augmentation.
///
/// - Parameters:
///   - backbone: f, used with running statistics.
///   - dataset: The images, with labels.
///   - statistics: What pixels are normalised with.
///   - batchSize: Images a pass; does not change the result.
/// - Returns: One row of features an image, in the data set's order.
/// - Throws: When an image cannot be read.
public func extractFeatures(
  _ backbone: ResNet<Float>, _ dataset: any ImageDataset, statistics: ChannelStatistics,
  batchSize: Int = 128
) throws -> LabelledFeatures {
  let normalization = PixelNormalization(statistics)
  var parts: [Tensor<Float>] = []
  var start = 0
  while start < dataset.count {
    let indices = start..<min(dataset.count, start + batchSize)
    let images = normalization.tensor(try indices.map { try dataset.image($0) })
    parts.append(backbone(Variable(images), mode: .evaluation).value)
    start = indices.upperBound
  }
  return LabelledFeatures(
    features: Tensor.concatenated(parts, axis: 0), labels: (0..<dataset.count).map(dataset.label))
}
