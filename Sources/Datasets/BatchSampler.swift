// Which images make up batch t of epoch e: a function of both, so a run can be taken up anywhere.
//
// Idea       The order of an epoch is one permutation, drawn from key → "shuffle" → epoch. Nothing
//            is remembered between batches; the last orders are kept only to save time.
// Errata     D46: with `n_aug` above 1 the released loader asks for no shuffling
// Read       ImageDataset.swift ← this file → PreTrainingBatches.swift
// Tests      Tests/DatasetsTests/BatchSamplerTests.swift

import Kernels
import Randomness
import Synchronization

/// The order in which epochs visit a data set, cut into batches.
public final class BatchSampler: Sendable {
  /// Number of images in the data set.
  public let count: Int
  /// Images in a batch.
  public let batchSize: Int
  /// Whether a shorter batch at the end of an epoch is left out.
  public let dropLast: Bool
  /// Whether each epoch has an order of its own, or the order of the data set.
  public let shuffles: Bool
  private let key: RandomKey
  /// The last two orders: around the end of an epoch, workers are in both.
  private let recent = Mutex<[(epoch: Int, order: [Int])]>([])

  /// A sampler.
  ///
  /// - Parameters:
  ///   - count: Number of images, at least 0.
  ///   - batchSize: Images in a batch, at least 1.
  ///   - dropLast: Leaves out a shorter last batch.
  ///   - shuffles: Permutes each epoch.
  ///   - key: Names the orders.
  public init(
    count: Int, batchSize: Int, dropLast: Bool = true, shuffles: Bool = true, key: RandomKey
  ) {
    require(
      count >= 0 && batchSize >= 1,
      """
      BatchSampler: \(count) images in batches of \(batchSize).
        To mend: a batch size of 1 or more.
      """)
    self.count = count
    self.batchSize = batchSize
    self.dropLast = dropLast
    self.shuffles = shuffles
    self.key = key
  }

  /// Number of batches in an epoch.
  public var batchesPerEpoch: Int {
    dropLast ? count / batchSize : (count + batchSize - 1) / batchSize
  }

  /// The order of an epoch: each of 0..<count once.
  public func order(epoch: Int) -> [Int] {
    if !shuffles { return Array(0..<count) }
    if let known = recent.withLock({ $0.first { $0.epoch == epoch }?.order }) { return known }
    var stream = RandomStream(key.child("shuffle").child(epoch))
    let order = stream.permutation(count)
    recent.withLock { $0 = [(epoch, order)] + $0.prefix(1) }
    return order
  }

  /// The images of one batch.
  ///
  /// - Parameters:
  ///   - epoch: From 0.
  ///   - batch: In 0..<batchesPerEpoch.
  /// - Returns: `batchSize` indices, or fewer in a last batch that is kept.
  public func indices(epoch: Int, batch: Int) -> [Int] {
    require(
      batch >= 0 && batch < batchesPerEpoch,
      """
      BatchSampler: batch \(batch) outside 0..<\(batchesPerEpoch).
        \(count) images in batches of \(batchSize), last one \(dropLast ? "dropped" : "kept").
        To mend: go on to the next epoch.
      """)
    let start = batch * batchSize
    return Array(order(epoch: epoch)[start..<min(start + batchSize, count)])
  }
}
