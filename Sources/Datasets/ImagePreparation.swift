// What an encoder was trained to see: how an image is cut and scaled, and in which statistics it comes.
//
// Source     torchvision's recipes: short side to 256, the middle 224; CLIP: short side to 224, bicubic, the
//            middle 224; the published CIFAR networks: 32 pixels as they are
// Idea       A whole image is scaled by its short side and cut, as published evaluations do. A random view is
//            only scaled: cutting would take away what the student sees.
// Shapes     N images of any size → [N, side, side, 3]
// Read       ImageTensor.swift, Images/Resize.swift, Images/Crop.swift ← this file → PreTrainingBatches.swift
// Tests      Tests/DatasetsTests/ImagePreparationTests.swift

import Images
import Kernels
import Tensors

/// How images become the input of an encoder.
public struct ImagePreparation: Hashable, Sendable {
  /// Length the short side is scaled to, in pixels; nil leaves an image as it is.
  public var resize: Int?
  /// Side of the middle that is kept; nil keeps all.
  public var crop: Int?
  /// The weights of scaling.
  public var filter: ResamplingFilter
  /// What values are normalised with.
  public var statistics: ChannelStatistics

  /// All choices.
  public init(
    resize: Int? = nil, crop: Int? = nil, filter: ResamplingFilter = .bilinear,
    statistics: ChannelStatistics
  ) {
    self.resize = resize
    self.crop = crop
    self.filter = filter
    self.statistics = statistics
  }

  /// Side of the input; nil where it is the image's own.
  public var side: Int? { crop ?? resize }

  /// One line that says all of it.
  public var text: String {
    func numbers(_ values: [Float]) -> String {
      values.map { "\($0)" }.joined(separator: " ")
    }
    return "resize \(resize.map(String.init) ?? "none") \(filter.rawValue), "
      + "crop \(crop.map(String.init) ?? "none"), mean \(numbers(statistics.mean)), "
      + "deviation \(numbers(statistics.standardDeviation))"
  }

  /// A whole image: scaled by its short side, then its middle.
  public func whole(_ image: Image) -> Image {
    let scaled = resize.map { image.resized(shortSide: $0, filter: filter) } ?? image
    return crop.map { scaled.centerCropped(width: $0, height: $0) } ?? scaled
  }

  /// A square view: scaled to the input's side, nothing cut off.
  ///
  /// - Parameters:
  ///   - view: Any square image.
  ///   - side: Side of the result, in pixels; the input's own when left out.
  /// - Returns: `side × side` pixels.
  public func fitted(_ view: Image, side: Int? = nil) -> Image {
    guard let side = side ?? self.side, side != view.width || side != view.height else {
      return view
    }
    return view.resized(width: side, height: side, filter: filter)
  }
}
