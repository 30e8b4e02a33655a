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
  let features = try outputs(
    of: dataset.count, atOnce: batchSize,
    prepare: { indices in
      let images = try indices.map { try dataset.image($0) }
      return (
        normalization.tensor(images),
        averagesMirror ? normalization.tensor(images.map { $0.flippedHorizontally() }) : nil
      )
    },
    network: { plain, mirrored in
      let h = backbone(Variable(plain), mode: .evaluation).value
      guard let mirrored else { return h }
      return (h + backbone(Variable(mirrored), mode: .evaluation).value).scaled(by: 0.5)
    })
  return LabelledFeatures(features: features, labels: (0..<dataset.count).map(dataset.label))
}

/// What a network makes of numbered images, while other threads prepare the next ones.
///
/// - Parameters:
///   - count: Number of images, at least 1.
///   - batch: Images prepared and passed at once.
///   - workers: Threads that prepare.
///   - prepare: Makes the network's input of some images.
///   - network: Makes `[images, features]` of it.
/// - Returns: One row an image.
/// - Throws: What `prepare` throws.
func outputs<Input: Sendable>(
  of count: Int, atOnce batch: Int, workers: Int = 1,
  prepare: @escaping @Sendable (Range<Int>) throws -> Input, network: (Input) -> Tensor<Float>
) throws -> Tensor<Float> {
  let loader = PrefetchingLoader(
    count: (count + batch - 1) / batch, depth: 2, workers: workers
  ) { try prepare($0 * batch..<min(count, ($0 + 1) * batch)) }
  var parts: [Tensor<Float>] = []
  while let input = try loader.next() { parts.append(network(input)) }
  return Tensor.concatenated(parts, axis: 0)
}
