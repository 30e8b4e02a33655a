// A data set: a numbered run of images with labels, whatever lies underneath.
//
// Read       Images/Image.swift ← this file → DatasetViews.swift, STL10.swift, BatchSampler.swift

import Images

/// A numbered run of images with labels: square ones of one size, or photographs of any extent.
///
/// Any thread may read any image at any time.
public protocol ImageDataset: Sendable {
  /// The name configurations use, such as `stl10`.
  var name: String { get }
  /// Number of images.
  var count: Int { get }
  /// Side of every image, in pixels; 0 where images have any extent (`SquareDataset` gives them one).
  var imageSize: Int { get }
  /// One name a class, in the order of the labels.
  var classNames: [String] { get }

  /// One image.
  ///
  /// - Parameter index: In 0..<count.
  /// - Returns: `imageSize × imageSize` pixels, or any number where `imageSize` is 0.
  /// - Throws: When the file underneath no longer holds it.
  func image(_ index: Int) throws(DatasetError) -> Image

  /// The class of one image.
  ///
  /// - Parameter index: In 0..<count.
  /// - Returns: In 0..<classCount; −1 when the image has no label.
  func label(_ index: Int) -> Int
}

extension ImageDataset {
  /// Number of classes.
  public var classCount: Int { classNames.count }
}
