// The image itself, flattened: the simplest representation.
//
// Source     MV-MR, hand-crafted features ("original image", and "augmented image" when the batch was augmented before)
// Formula    φ(x) = vec(x), channel slowest, then row, column
// Shapes     [batch, height, width, channels] → [batch, channels · height · width]
// Read       this file → Representation.swift
// Tests      Tests/RepresentationsTests/RawPixelsTests.swift

import Kernels
import Tensors

/// The pixels of each image as one vector, channel by channel.
///
/// - Parameter images: `[batch, height, width, channels]`.
/// - Returns: `[batch, channels · height · width]`.
public func rawPixels<S>(_ images: Tensor<S>) -> Tensor<S> {
  require(
    images.rank == 4,
    "rawPixels: images \(images.shape). To mend: pass [batch, height, width, channels].")
  let (batch, channels) = (images.shape[0], images.shape[3])
  let pixels = images.shape[1] * images.shape[2]
  let output = Buffer<S>(uninitialized: images.count)
  channelsFirst(
    images: images.buffer, batch: batch, pixels: pixels, channels: channels, into: output)
  return Tensor(shape: [batch, channels * pixels], buffer: output)
}
