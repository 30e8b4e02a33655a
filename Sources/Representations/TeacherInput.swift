// What a teacher is shown of the student's tensor: enlarged, and in which statistics.
//
// Source     MV-MR §5.2 is silent; Errata D17
// Formula    u  = bilinear enlargement of x to the teacher's side, pixel centres at half integers,
//                 without antialiasing
//            u′ = (u s + m − m_c) / s_c           per channel: m, s the student's mean and deviation,
//                                                 m_c, s_c the teacher's, CLIP's if nothing is said
// Errata     D17: the released code stops at u. Normalised with ImageNet's statistics CLIP then sees
//            contrasts 1.17 to 1.23 times too high.
// Shapes     x [batch, height, width, 3] → [batch, side, side, 3]
// Read       Images/FloatImages.swift, Images/ChannelStatistics.swift ← this file
// Tests      Tests/RepresentationsTests/TeacherInputTests.swift

import Images
import Kernels
import Tensors

/// In which statistics a CLIP teacher gets its input (D17).
public enum TeacherInput: String, CaseIterable, Sendable {
  /// CLIP's own.
  case clipStatistics = "clip"
  /// The student's, as in the released code.
  case releasedCode = "released-code"
}

/// Images as a CLIP teacher gets them.
///
/// - Parameters:
///   - images: The student's original views `[batch, height, width, 3]`, normalised.
///   - side: Side of the teacher's input, in pixels.
///   - statistics: What `images` are normalised with.
///   - input: In which statistics the result is.
///   - teacher: What the teacher was trained with.
/// - Returns: `[batch, side, side, 3]`.
public func teacherInput(
  _ images: Tensor<Float>, side: Int = 224, statistics: ChannelStatistics,
  input: TeacherInput = .clipStatistics, teacher: ChannelStatistics = .clip
) -> Tensor<Float> {
  require(
    images.rank == 4 && images.shape[3] == 3 && side >= 1,
    "teacherInput: images \(images.shape), side \(side). To mend: [batch, height, width, 3].")
  let enlarged = FloatImages(
    count: images.shape[0], height: images.shape[1], width: images.shape[2],
    values: images.scalars
  ).applying(.resize(width: side, height: side, filter: .bilinear))
  let u = Tensor([images.shape[0], side, side, 3], enlarged.values)
  if input == .releasedCode { return u }
  func channels(_ values: [Float]) -> Tensor<Float> { Tensor([3], values) }
  let x = u * channels(statistics.standardDeviation) + channels(statistics.mean)
  return (x - channels(teacher.mean)) / channels(teacher.standardDeviation)
}
