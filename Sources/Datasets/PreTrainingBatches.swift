// Batches for self-supervised training: each image as it is, and as a random view.
//
// Source     MV-MR eq. (10): x feeds the representations and one branch, x̃ the other
// Randomness A view of sample i in epoch e is drawn from key → purpose → e → i: neither the batch it
//            falls into nor the worker that makes it matters.
// Waiting    Views are 8-bit images, so batches wait as bytes and become numbers in the step that uses them.
// Errata     D3: the augmented-pixel representation is drawn for each image (paper), independent of
//            x̃; the released code draws once a batch, from `original` (ReleasedCodeAugmentation)
// Read       PreTrainingBatch.swift, BatchSampler.swift, PrefetchingLoader.swift ← this file
// Tests      Tests/DatasetsTests/PreTrainingBatchesTests.swift

import Images
import Kernels
import Randomness
import Tensors

/// Makes the batches of any epoch, in any order.
public struct PreTrainingBatches: Sendable {
  /// Where images come from.
  public let dataset: any ImageDataset
  /// Which images make up a batch.
  public let sampler: BatchSampler
  /// How views are drawn.
  public let policy: AugmentationPolicy
  /// Side of every view, in pixels; originals of another size are resized, those of any extent to
  /// their `evaluationView`.
  public let size: Int
  /// Whether `augmentedPixels` is made.
  public let drawsAugmentedPixels: Bool
  /// What else batches carry.
  public let plan: ViewPlan
  private let teacherNormalization: PixelNormalization?
  private let normalization: PixelNormalization
  private let key: RandomKey

  /// Batches over a data set.
  ///
  /// - Parameters:
  ///   - dataset: Where images come from.
  ///   - sampler: Made for as many images as the data set holds.
  ///   - policy: How views are drawn.
  ///   - size: Side of every view, in pixels, at least 1; the data set's own when left out.
  ///   - statistics: What pixels are normalised with.
  ///   - drawsAugmentedPixels: Makes a second, independent view by the policy `custom`.
  ///   - plan: What else batches carry.
  ///   - key: Names all draws of views.
  public init(
    dataset: any ImageDataset, sampler: BatchSampler, policy: AugmentationPolicy,
    size: Int? = nil, statistics: ChannelStatistics, drawsAugmentedPixels: Bool = false,
    plan: ViewPlan = ViewPlan(), key: RandomKey
  ) {
    let size = size ?? dataset.imageSize
    require(
      sampler.count == dataset.count && size >= 1,
      """
      PreTrainingBatches: the sampler was made for another data set.
        \(sampler.count) images in the sampler, \(dataset.count) in \(dataset.name); size \(size).
        To mend: BatchSampler(count: dataset.count, …) and a size of 1 or more.
      """)
    self.dataset = dataset
    self.sampler = sampler
    self.policy = policy
    self.size = size
    self.drawsAugmentedPixels = drawsAugmentedPixels
    self.plan = plan
    self.key = key
    normalization = PixelNormalization(statistics)
    teacherNormalization = (plan.teacher?.preparation?.statistics).map(PixelNormalization.init)
  }

  /// The steps of the view that sample `index` gets in an epoch: for a run's log.
  ///
  /// - Parameters:
  ///   - index: In 0..<dataset.count.
  ///   - epoch: From 0.
  ///   - width: Of the image; that of all images when left out.
  ///   - height: Of the image.
  /// - Returns: What `augmented` was made by.
  public func draw(
    index: Int, epoch: Int, width: Int? = nil, height: Int? = nil
  ) -> AugmentationDraw {
    policy.draw(
      width: width ?? dataset.imageSize, height: height ?? dataset.imageSize, size: size,
      key: key.child("augmented").child(epoch).child(index))
  }

  /// Makes one batch.
  ///
  /// - Parameters:
  ///   - epoch: From 0.
  ///   - batch: In 0..<sampler.batchesPerEpoch.
  /// - Returns: The same batch whenever and wherever it is made.
  /// - Throws: When an image cannot be read.
  public func make(epoch: Int, batch: Int) throws(DatasetError) -> PreTrainingBatch {
    normalized(try draw(epoch: epoch, batch: batch))
  }

  // docs: region draw
  /// The images of one batch.
  private func draw(epoch: Int, batch: Int) throws(DatasetError) -> DrawnBatch {
    let indices = sampler.indices(epoch: epoch, batch: batch)
    var drawn = DrawnBatch(epoch: epoch, batch: batch, indices: indices)
    for index in indices {
      let image = try dataset.image(index)
      drawn.originals.append(
        dataset.imageSize == 0
          ? image.evaluationView(size: size)
          : AugmentationPolicy.none(image, size: size, key: key))
      let steps = self.draw(
        index: index, epoch: epoch, width: image.width, height: image.height
      ).steps
      let view = image.applying(steps)
      drawn.views.append(view)
      if drawsAugmentedPixels {
        let pixelKey = key.child("augmented pixels").child(epoch).child(index)
        drawn.pixels.append(AugmentationPolicy.custom(image, size: size, key: pixelKey))
      }
      draw(&drawn.more, of: image, view: view, index: index, epoch: epoch)
    }
    return drawn
  }
  // docs: end draw

  /// A batch of numbers.
  private func normalized(_ drawn: DrawnBatch) -> PreTrainingBatch {
    PreTrainingBatch(
      epoch: drawn.epoch, batch: drawn.batch, indices: drawn.indices,
      labels: drawn.indices.map(dataset.label), original: normalization.tensor(drawn.originals),
      augmented: normalization.tensor(drawn.views),
      augmentedPixels: drawsAugmentedPixels ? normalization.tensor(drawn.pixels) : nil,
      planned: drawn.more.tensors(normalization, teacherNormalization))
  }

  /// What the plan wants of one image.
  private func draw(
    _ more: inout DrawnViews, of image: Image, view: Image, index: Int, epoch: Int
  ) {
    func key(_ purpose: String) -> RandomKey {
      self.key.child(purpose).child(epoch).child(index)
    }
    if plan.drawsSecondView {
      more.second.append(policy(image, size: size, key: key("second")))
    }
    if let teacher = plan.teacher, teacher.isCached {
      more.digests.append(contentDigest(image))
    } else if let teacher = plan.teacher, let preparation = teacher.preparation {
      switch teacher.view {
      case .original: more.teacher.append(preparation.whole(image))
      case .student: more.teacher.append(preparation.fitted(view))
      case .independent(let policy):
        more.teacher.append(preparation.fitted(policy(image, size: size, key: key("teacher"))))
      }
    }
    if let patches = plan.patches {
      for i in 0..<patches.count {
        let patch = patches.policy(image, size: patches.size, key: key("patch").child(i))
        more.patches.append(patch)
        if let preparation = plan.teacher?.preparation {
          more.teacherPatches.append(preparation.fitted(patch, side: patches.teacherSize))
        }
      }
    }
  }

  /// Prepares the batches of several epochs in the background, from any point on.
  ///
  /// - Parameters:
  ///   - start: First batch, counted over all epochs: epoch · batchesPerEpoch + batch.
  ///   - epochs: Number of epochs in the whole run.
  ///   - depth: Batches prepared ahead.
  ///   - workers: Threads; their number never changes what is in a batch.
  /// - Returns: A loader that ends with the last batch of the last epoch.
  public func loader(from start: Int = 0, epochs: Int, depth: Int = 2, workers: Int = 1)
    -> PrefetchingLoader<PreTrainingBatch>
  {
    let perEpoch = sampler.batchesPerEpoch
    return PrefetchingLoader(
      count: max(0, epochs * perEpoch - start), depth: depth, workers: workers,
      prepare: { item in
        try draw(epoch: (start + item) / perEpoch, batch: (start + item) % perEpoch)
      }, finish: { normalized($0) })
  }
}

/// A batch before its images are tensors.
private struct DrawnBatch: Sendable {
  let epoch: Int
  let batch: Int
  let indices: [Int]
  var originals: [Image] = []
  var views: [Image] = []
  var pixels: [Image] = []
  var more = DrawnViews()
}

/// Images of a plan before they are tensors.
private struct DrawnViews: Sendable {
  var second: [Image] = []
  var teacher: [Image] = []
  var digests: [[UInt8]] = []
  var patches: [Image] = []
  var teacherPatches: [Image] = []

  func tensors(_ student: PixelNormalization, _ teacher: PixelNormalization?) -> PlannedViews {
    var planned = PlannedViews()
    func tensor(_ images: [Image], _ normalization: PixelNormalization?) -> Tensor<Float>? {
      images.isEmpty ? nil : normalization?.tensor(images)
    }
    planned.second = tensor(second, student)
    planned.teacher = tensor(self.teacher, teacher)
    planned.digests = digests.isEmpty ? nil : digests
    planned.patches = tensor(patches, student)
    planned.teacherPatches = tensor(teacherPatches, teacher)
    return planned
  }
}
