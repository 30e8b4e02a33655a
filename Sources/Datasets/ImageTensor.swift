// From bytes to a normalised tensor: the one place where images become numbers.
//
// Formula    x = (byte / 255 − mean) / standard deviation, every operation in single precision
// Idea       A byte and a channel have 768 answers: a table gives the same bits, without dividing.
// Shapes     N images of H × W → [N, H, W, 3]
// Read       Images/ChannelStatistics.swift, Tensors/Tensor.swift ← this file → PreTrainingBatches.swift
// Tests      Tests/DatasetsTests/ImageTensorTests.swift

import Images
import Kernels
import Tensors

/// Turns bytes into normalised values.
public struct PixelNormalization: Sendable {
  /// What is subtracted and divided by.
  public let statistics: ChannelStatistics
  private let table: [Float]  // [byte, channel]

  /// The normalisation by given statistics.
  public init(_ statistics: ChannelStatistics) {
    self.statistics = statistics
    var table: [Float] = []
    for byte in 0...255 {
      for channel in 0..<3 {
        let x = Float(byte) / 255
        table.append((x - statistics.mean[channel]) / statistics.standardDeviation[channel])
      }
    }
    self.table = table
  }

  /// A batch of images as one tensor.
  ///
  /// - Parameter images: All of one size.
  /// - Returns: `[count, height, width, 3]`; `[0, 0, 0, 3]` for no images.
  public func tensor(_ images: [Image]) -> Tensor<Float> {
    let (height, width) = (images.first?.height ?? 0, images.first?.width ?? 0)
    require(
      images.allSatisfy { $0.height == height && $0.width == width },
      """
      PixelNormalization: the images differ in size.
        the first is \(height) × \(width).
        To mend: crop or resize them to one size before they become a batch.
      """)
    return Tensor(
      shape: [images.count, height, width, 3],
      buffer: lookedUp(images.map(\.bytes), channels: 3, table: table))
  }
}
