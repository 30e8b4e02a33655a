// A batch for self-supervised training: each image as it is, as a random view, and what a method wants besides.
//
// Shapes     N = batch size, s = size: original, augmented, augmentedPixels [N, s, s, 3]
// Read       ViewPlan.swift ← this file → PreTrainingBatches.swift
// Tests      Tests/DatasetsTests/PreTrainingBatchesTests.swift

import Kernels
import Tensors

/// One batch, ready for a training step.
public struct PreTrainingBatch: Sendable {
  /// Epoch, from 0.
  public let epoch: Int
  /// Batch within the epoch, from 0.
  public let batch: Int
  /// Which images, as numbered by the data set.
  public let indices: [Int]
  /// Their classes, −1 for none: for measuring, never for training.
  public let labels: [Int]
  /// The images themselves, normalised: `[N, s, s, 3]`.
  public let original: Tensor<Float>
  /// A random view of each, normalised: `[N, s, s, 3]`.
  public let augmented: Tensor<Float>
  /// An independent view by the policy `custom`, normalised: `[N, s, s, 3]`; when asked for.
  public let augmentedPixels: Tensor<Float>?
  /// What else the method wants to see.
  public let planned: PlannedViews

  /// A batch made elsewhere, for example from a recorded trace.
  public init(
    epoch: Int, batch: Int, indices: [Int], labels: [Int], original: Tensor<Float>,
    augmented: Tensor<Float>, augmentedPixels: Tensor<Float>?,
    planned: PlannedViews = PlannedViews()
  ) {
    self.epoch = epoch
    self.batch = batch
    self.indices = indices
    self.labels = labels
    self.original = original
    self.augmented = augmented
    self.augmentedPixels = augmentedPixels
    self.planned = planned
  }

  /// Numbers in all views: as many bytes as the batch has while it waits.
  public var scalarCount: Int {
    [
      original, augmented, augmentedPixels, planned.second, planned.teacher, planned.patches,
      planned.teacherPatches,
    ].reduce(0) { $0 + ($1?.count ?? 0) }
  }
}
