// Histograms of oriented gradients, as a representation of a batch.
//
// Source     MV-MR, hand-crafted features; the formulas are in Kernels/OrientedGradients.swift
// Shapes     [batch, height, width, channels] → [batch, channels · bins · ⌊height / pool⌋ · ⌊width / pool⌋],
//            channel slowest, then bin, cell row, cell column
// Errata     D2: the released code votes 1 − m for the upper bin and measures angles the other way round
// Read       Kernels/OrientedGradients.swift ← this file → Representation.swift
// Tests      Tests/RepresentationsTests/HistogramOfOrientedGradientsTests.swift

import Kernels
import Tensors

/// How a pixel votes in its cell's histogram.
public enum GradientVoting: String, Sendable, CaseIterable {
  /// Its magnitude, split between the two nearest bins in proportion; edges continue at the border.
  case interpolated
  /// As the released code of the paper (Errata D2): the shares are m and 1 − m; zeros at the border.
  case releasedCode = "released-code"
}

/// Mean histograms of edge directions over square cells.
///
/// - Parameters:
///   - images: `[batch, height, width, channels]`.
///   - bins: Orientations over half a turn, at least 1.
///   - pool: Side of a cell in pixels, at least 1; incomplete cells are dropped.
///   - variant: How a pixel votes.
/// - Returns: `[batch, channels · bins · ⌊height / pool⌋ · ⌊width / pool⌋]`.
public func histogramOfOrientedGradients<S>(
  _ images: Tensor<S>, bins: Int = 24, pool: Int = 8, variant: GradientVoting = .interpolated
) -> Tensor<S> {
  require(
    images.rank == 4 && bins >= 1 && pool >= 1,
    """
    histogramOfOrientedGradients: images \(images.shape), \(bins) bins, cells of \(pool) pixels.
      To mend: images [batch, height, width, channels], at least 1 bin and 1 pixel.
    """)
  let (batch, height, width, channels) = (
    images.shape[0], images.shape[1], images.shape[2], images.shape[3]
  )
  let features = channels * bins * (height / pool) * (width / pool)
  let output = Buffer<S>(uninitialized: batch * features)
  parallelFor(batch) { image in
    orientedGradients(
      images: images.buffer, image: image, height: height, width: width, channels: channels,
      bins: bins, cell: pool, released: variant == .releasedCode, into: output)
  }
  return Tensor(shape: [batch, features], buffer: output)
}
