// Local standard deviation, as a representation of a batch.
//
// Source     MV-MR, hand-crafted features; the formula is in Kernels/LocalDeviation.swift
// Shapes     [batch, height, width, channels] → [batch, channels · height · width], channel slowest
// Read       Kernels/LocalDeviation.swift ← this file → Representation.swift
// Tests      Tests/RepresentationsTests/LocalStandardDeviationTests.swift

import Kernels
import Tensors

/// The standard deviation of each 3 × 3 window; 10⁻⁴ where the image is constant.
///
/// - Parameter images: `[batch, height, width, channels]`; height and width at least 2.
/// - Returns: `[batch, channels · height · width]`.
public func localStandardDeviation<S>(_ images: Tensor<S>) -> Tensor<S> {
  require(
    images.rank == 4 && images.shape[1] >= 2 && images.shape[2] >= 2,
    """
    localStandardDeviation: images \(images.shape).
      To mend: [batch, height, width, channels] with a height and a width of at least 2.
    """)
  let (batch, height, width, channels) = (
    images.shape[0], images.shape[1], images.shape[2], images.shape[3]
  )
  let output = Buffer<S>(uninitialized: images.count)
  parallelFor(batch) { image in
    localDeviation(
      images: images.buffer, image: image, height: height, width: width, channels: channels,
      into: output)
  }
  return Tensor(shape: [batch, channels * height * width], buffer: output)
}
