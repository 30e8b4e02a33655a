// SEED with small patches: the same comparison on parts of the image.
//
// Source     Fang et al., ICLR 2021; the script for small patches of its released code
// Formula    L = L_SEED(S, T; Q) + L_SEED(S′, T′; Q′)
//            S, T   [N, D]    of one large view an image, with their queue Q
//            S′, T′ [M N, D]  of M small patches an image, image by image, with a queue Q′ of their own
// Scale      Each term is a mean over its own rows, so patches count once together, not M times. The first
//            dictionary entry of a patch is what the teacher says of that very patch.
// Queues     After the loss T enters Q and of T′ the first patch of each image enters Q′: N rows each, so two
//            queues of equal length share one position.
// Numbers    The released code has M = 6 patches of 96 pixels, for teachers trained with SwAV.
// Read       SEED.swift ← this file → SimReg.swift
// Tests      Tests/ObjectivesTests/SEEDTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// What student and teacher say of the same views.
public struct SEEDEmbeddings<Scalar: KernelScalar> {
  /// Of the student `[N, D]`.
  public let student: Variable<Scalar>
  /// Of the teacher `[N, D]`; a constant.
  public let teacher: Tensor<Scalar>

  /// Both.
  public init(student: Variable<Scalar>, teacher: Tensor<Scalar>) {
    self.student = student
    self.teacher = teacher
  }
}

/// The queues of large views and of patches.
public struct SEEDMultiViewQueue<Scalar: KernelScalar>: Sendable {
  /// Q, of large views.
  public private(set) var whole: SEEDQueue<Scalar>
  /// Q′, of patches.
  public private(set) var patches: SEEDQueue<Scalar>

  /// Two queues of equal shape and position.
  ///
  /// - Throws: `SEEDQueueError` when they are not in step.
  public init(
    whole: SEEDQueue<Scalar>, patches: SEEDQueue<Scalar>
  ) throws(SEEDQueueError) {
    guard
      whole.entries.shape == patches.entries.shape && whole.position == patches.position
    else {
      throw SEEDQueueError(
        description: """
          SEED's two queues are not in step: \(whole.entries.shape) at \(whole.position) and \
          \(patches.entries.shape) at \(patches.position).
            To mend: equal shapes and equal positions, as they are kept together.
          """)
    }
    self.whole = whole
    self.patches = patches
  }

  /// Puts a batch in the place of the oldest entries.
  ///
  /// - Parameters:
  ///   - teacher: Of the large views `[N, D]`.
  ///   - patchTeacher: Of M patches an image `[M N, D]`, image by image; the first of each is kept.
  public mutating func append(_ teacher: Tensor<Scalar>, patches patchTeacher: Tensor<Scalar>) {
    let perImage = patchCount(patchTeacher.shape, images: teacher.shape)
    whole.append(teacher)
    patches.append(patchTeacher.gathered(rows: (0..<teacher.shape[0]).map { $0 * perImage }))
  }
}

/// M, from `[M N, D]` and `[N, D]`.
private func patchCount(_ patches: [Int], images: [Int]) -> Int {
  let (rows, n) = (patches.first ?? 0, images.first ?? 0)
  require(
    n > 0 && rows > 0 && rows % n == 0,
    """
    SEED with patches: \(patches) of patches, \(images) of large views.
      To mend: the same number of patches of every image, image by image.
    """)
  return rows / n
}

/// SEED's loss on large views plus that on small patches.
///
/// - Parameters:
///   - whole: Of N large views.
///   - patches: Of M N patches, image by image.
///   - queues: As they were before this batch.
///   - temperatures: τ_S and τ_T, of both.
/// - Returns: L in nats; terms `SEED` and `KL`, and the same of patches as `SEED_patches` and `KL_patches`.
public func seedMultiViewLoss<S>(
  whole: SEEDEmbeddings<S>, patches: SEEDEmbeddings<S>, queues: SEEDMultiViewQueue<S>,
  temperatures: SEEDTemperatures = .paper
) -> ObjectiveValue<S> {
  _ = patchCount(patches.teacher.shape, images: whole.teacher.shape)
  let large = seedLoss(
    whole.student, teacher: whole.teacher, queue: queues.whole, temperatures: temperatures)
  let small = seedLoss(
    patches.student, teacher: patches.teacher, queue: queues.patches, temperatures: temperatures)
  return ObjectiveValue(
    total: large.total + small.total,
    terms: large.terms + small.terms.map { ("\($0.name)_patches", $0.value) }, chance: [])
}
