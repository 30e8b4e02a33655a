// The view of an image that nothing is drawn for: its middle, in one size.
//
// Source     the evaluation transform of ImageNet: shorter side to 256, middle 224 × 224
// Errata     D38: the released code keeps 256 and 224 whatever `size` says; here 256 is 8/7 of the size
// Formula    shorter side ⌊8 s / 7 + ½⌋, bilinear and antialiased, then the middle s × s
// Read       ImageFiles.swift ← this file → PreTrainingBatches.swift
// Tests      Tests/DatasetsTests/ImageFilesTests.swift

import Images
import Kernels

extension Image {
  /// The view an image of any extent is measured with.
  ///
  /// - Parameter size: Side of the view, in pixels.
  /// - Returns: `size × size` pixels.
  public func evaluationView(size: Int) -> Image {
    if width == size && height == size { return self }
    return resized(shortSide: (16 * size + 7) / 14).centerCropped(width: size, height: size)
  }
}

/// A data set of one size, made of one whose images have any.
public struct SquareDataset: ImageDataset {
  /// The set itself.
  public let base: any ImageDataset
  public let imageSize: Int

  /// `base` in views of `size × size` pixels.
  public init(_ base: any ImageDataset, size: Int) {
    require(size >= 1, "SquareDataset: a size of \(size). To mend: pass 1 or more.")
    (self.base, imageSize) = (base, size)
  }

  public var name: String { base.name }
  public var count: Int { base.count }
  public var classNames: [String] { base.classNames }
  public func image(_ index: Int) throws(DatasetError) -> Image {
    try base.image(index).evaluationView(size: imageSize)
  }
  public func label(_ index: Int) -> Int { base.label(index) }
}
