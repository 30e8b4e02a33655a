// Which views of an image a method wants, besides the image itself and one random view.
//
// Idea       A batch is made on a worker's thread and knows nothing of methods; the plan says what to draw.
//              second   an independent random view, for the methods that compare two
//              teacher  what a teacher sees, already cut and scaled for it
//              patches  small views, image by image, for SEED
// Digest     Where a teacher sees the image itself, its embedding can be kept on disk: batches then carry the
//            SHA-256 of each image's pixels, and the teacher's input is made only where it is needed.
// Read       ImagePreparation.swift ← this file → PreTrainingBatches.swift
// Tests      Tests/DatasetsTests/PreTrainingBatchesTests.swift

import Formats
import Images
import Kernels
import Tensors

/// What batches carry besides `original` and `augmented`.
public struct ViewPlan: Sendable, Hashable {
  /// Which view a teacher sees.
  public enum TeacherView: Hashable, Sendable {
    /// The image itself, the same in every epoch.
    case original
    /// The student's own random view.
    case student
    /// A random view of its own.
    case independent(AugmentationPolicy)
  }

  /// Small views.
  public struct Patches: Hashable, Sendable {
    /// M, of each image.
    public var count: Int
    /// Side for the student, in pixels.
    public var size: Int
    /// How they are drawn.
    public var policy: AugmentationPolicy
    /// Side for the teacher, in pixels.
    public var teacherSize: Int

    /// All choices.
    public init(count: Int, size: Int, policy: AugmentationPolicy, teacherSize: Int) {
      self.count = count
      self.size = size
      self.policy = policy
      self.teacherSize = teacherSize
    }
  }

  /// What a teacher gets.
  public struct Teacher: Hashable, Sendable {
    /// Which view it sees.
    public var view: TeacherView
    /// How the view becomes its input; nil where the input is made from the student's tensor.
    public var preparation: ImagePreparation?
    /// Whether batches carry digests in the place of the input, for a cache.
    public var isCached: Bool

    /// All choices.
    public init(view: TeacherView, preparation: ImagePreparation?, isCached: Bool = false) {
      self.view = view
      self.preparation = preparation
      self.isCached = isCached
    }
  }

  /// Whether a second random view is drawn.
  public var drawsSecondView = false
  /// The teacher's view; nil without a teacher.
  public var teacher: Teacher?
  /// Small views; nil for none.
  public var patches: Patches?

  /// Nothing more.
  public init() {}
}

/// What a plan adds to a batch.
public struct PlannedViews: Sendable {
  /// An independent view of each image, normalised: `[N, s, s, 3]`.
  public var second: Tensor<Float>?
  /// The teacher's input `[N, t, t, 3]`, in its statistics.
  public var teacher: Tensor<Float>?
  /// SHA-256 of each image's pixels, 32 bytes.
  public var digests: [[UInt8]]?
  /// Small views `[M N, p, p, 3]`, image by image, normalised for the student.
  public var patches: Tensor<Float>?
  /// The same small views as the teacher gets them.
  public var teacherPatches: Tensor<Float>?

  /// Nothing.
  public init() {}
}

/// SHA-256 of an image's extent and pixels.
public func contentDigest(_ image: Image) -> [UInt8] {
  var hash = SHA256()
  hash.update(Array("\(image.width) \(image.height) ".utf8))
  hash.update(image.bytes)
  return hash.finished()
}
