// Random resized crop: which part of the image a view shows.
//
// Source     torchvision `RandomResizedCrop.get_params`, which MV-MR's released code calls
// Formula    A = H W · U(a₀, a₁),  ρ = exp U(ln r₀, ln r₁),  w = ⌊√(A ρ)⌉,  h = ⌊√(A / ρ)⌉
// Order      Draws of one attempt: area, ratio, and if the box fits: top, left. After ten misfits the
//            middle of the image, its ratio brought into range, without a draw. Halves to even.
// Read       Crop.swift ← this file → AugmentationPolicy.swift
// Tests      Tests/ImagesTests/AugmentationPolicyTests.swift

import Kernels
import Randomness

/// The distribution of a random crop that is afterwards resized to a square.
public struct RandomResizedCrop: Hashable, Codable, Sendable {
  /// Part of the image's area the crop covers, in 0…1.
  public var area: ClosedRange<Double>
  /// Width over height of the crop.
  public var ratio: ClosedRange<Double>

  /// A distribution; the ratio's default is that of torchvision.
  public init(area: ClosedRange<Double>, ratio: ClosedRange<Double> = 0.75...(4.0 / 3.0)) {
    self.area = area
    self.ratio = ratio
  }

  /// Draws a box inside an image of the given extent, in pixels.
  public func draw(width: Int, height: Int, from stream: inout RandomStream) -> CropBox {
    let logRatio =
      Elementary.logarithm(ratio.lowerBound)...Elementary.logarithm(ratio.upperBound)
    for _ in 0..<10 {
      let target = Double(width * height) * stream.uniform(in: area)
      let aspect = Elementary.exponential(stream.uniform(in: logRatio))
      let w = (target * aspect).squareRoot().rounded(.toNearestOrEven)
      let h = (target / aspect).squareRoot().rounded(.toNearestOrEven)
      guard w > 0, w <= Double(width), h > 0, h <= Double(height) else { continue }
      let top = stream.integer(below: height - Int(h) + 1)
      let left = stream.integer(below: width - Int(w) + 1)
      return CropBox(top: top, left: left, height: Int(h), width: Int(w))
    }
    return middle(width: width, height: height)
  }

  /// The largest centred box whose ratio is in range.
  func middle(width: Int, height: Int) -> CropBox {
    let whole = Double(width) / Double(height)
    var (w, h) = (width, height)
    if whole < ratio.lowerBound {
      h = Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if whole > ratio.upperBound {
      w = Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    return CropBox(top: (height - h) / 2, left: (width - w) / 2, height: h, width: w)
  }
}
