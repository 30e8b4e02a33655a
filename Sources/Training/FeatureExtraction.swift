// Features of a frozen encoder: h = f(x) of every image of a data set, in evaluation mode.
//
// Errata     D23: the mean over an image and its mirror is what the released code's ten crops amount to.
//            For a linear classifier the mean of features is the mean of logits.
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
///   - averagesMirror: The mean of the image's features and its mirror image's, instead of one view.
/// - Returns: One row of features an image, in the data set's order.
/// - Throws: When there is no image, or one cannot be read.
public func extractFeatures(
  _ backbone: any Layer<Float>, _ dataset: any ImageDataset, statistics: ChannelStatistics,
  batchSize: Int = 128, averagesMirror: Bool = false
) throws -> LabelledFeatures {
  guard dataset.count > 0 else {
    throw TrainingError(
      "the data set '\(dataset.name)' has no images to measure",
      remedy: "pass class folders, with train and val")
  }
  let normalization = PixelNormalization(statistics)
  var parts: [Tensor<Float>] = []
  var start = 0
  while start < dataset.count {
    let indices = start..<min(dataset.count, start + batchSize)
    let images = try indices.map { try dataset.image($0) }
    func features(_ images: [Image]) -> Tensor<Float> {
      backbone(Variable(normalization.tensor(images)), mode: .evaluation).value
    }
    let plain = features(images)
    parts.append(
      averagesMirror
        ? (plain + features(images.map { $0.flippedHorizontally() })).scaled(by: 0.5) : plain)
    start = indices.upperBound
  }
  return LabelledFeatures(
    features: Tensor.concatenated(parts, axis: 0), labels: (0..<dataset.count).map(dataset.label))
}
