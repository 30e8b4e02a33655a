// Gaussian blur: every pixel becomes a weighted mean of its neighbours.
//
// Source     torchvision `gaussian_blur`, which MV-MR's released code calls
// Formula    wₙ ∝ exp(−½ (n / σ)²), n = −(k−1)/2 … (k−1)/2, Σ w = 1;  y = (w wᵀ) ∗ x
// Border     Reflection without repeating the edge: … 2 1 | 0 1 2 …
// Cost       The kernel is an outer product, so two passes of k taps do the work of k².
// Exactness  Sums in another order than torchvision's: at most 1 level apart, in fewer than one
//            byte of 10 000. Halves round to even.
// Errata     D40: k = 2⌊0.05 s⌋ + 1 for images of side s, as released
// Read       Hue.swift ← this file → AugmentationStep.swift
// Tests      Tests/ImagesTests/GaussianBlurTests.swift

import Kernels

/// The weights of one axis of a Gaussian blur.
public struct GaussianKernel: Hashable, Sendable {
  /// An odd number of weights that sum to 1, symmetric.
  public let weights: [Float]

  /// Number of weights on either side of the middle one.
  public var radius: Int { weights.count / 2 }

  /// The kernel side the released code uses for images of a given side, in pixels.
  public static func size(forImageSide side: Int) -> Int { 2 * Int(0.05 * Double(side)) + 1 }

  /// Samples of a Gaussian.
  ///
  /// - Parameters:
  ///   - size: Number of weights, odd.
  ///   - sigma: Standard deviation in pixels, above 0.
  public init(size: Int, sigma: Double) {
    require(
      size > 0 && size % 2 == 1 && sigma > 0,
      """
      GaussianKernel: no such kernel: \(size) weights, sigma \(sigma).
        To mend: pass an odd number of weights and a sigma above 0.
      """)
    let raw = (0..<size).map { n -> Double in
      let distance = (Double(n) - Double(size - 1) / 2) / sigma
      return Elementary.exponential(-0.5 * distance * distance)
    }
    let sum = raw.reduce(0, +)
    weights = raw.map { Float($0 / sum) }
  }

  /// Blurs rows of interleaved RGB.
  ///
  /// - Parameters:
  ///   - values: `height · width · 3` values; both extents above `radius`.
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  /// - Returns: As many values.
  func blur(_ values: [Float], width: Int, height: Int) -> [Float] {
    require(
      radius < width && radius < height,
      """
      Gaussian blur: a kernel of \(weights.count) does not fit an image of \(height) × \(width).
        To mend: the image must be larger than half the kernel, as its border is reflected.
      """)
    let length = 3 * width
    var across: [Float] = []
    across.reserveCapacity(values.count)
    var sums = [Float](repeating: 0, count: length)
    var padded = [Float](repeating: 0, count: length + 6 * radius)
    for row in 0..<height {
      let start = row * length
      padded.replaceSubrange(
        (3 * radius)..<(3 * radius + length), with: values[start..<(start + length)])
      for n in 0..<radius {
        for channel in 0..<3 {
          padded[3 * (radius - 1 - n) + channel] = values[start + 3 * (n + 1) + channel]
          padded[3 * (radius + width + n) + channel] =
            values[start + 3 * (width - 2 - n) + channel]
        }
      }
      for i in 0..<length { sums[i] = 0 }
      for (n, w) in weights.enumerated() {
        GaussianKernel.add(w, times: padded, from: 3 * n, to: &sums)
      }
      across += sums
    }
    var out: [Float] = []
    out.reserveCapacity(values.count)
    for row in 0..<height {
      for i in 0..<length { sums[i] = 0 }
      for (n, w) in weights.enumerated() {
        let from = GaussianKernel.reflected(row + n - radius, height) * length
        GaussianKernel.add(w, times: across, from: from, to: &sums)
      }
      out += sums
    }
    return out
  }

  /// Adds a multiple of a run of values to sums.
  ///
  /// Spans of one length let the compiler drop the bounds checks and use vectors: 2.5 times faster.
  @inline(__always)
  private static func add(
    _ w: Float, times source: [Float], from: Int, to sums: inout [Float]
  ) {
    var y = sums.mutableSpan
    let x = source.span.extracting(from..<(from + y.count))
    for i in 0..<y.count { y[i] += w * x[i] }
  }

  /// An index outside 0..<count, mirrored at the border pixel back inside.
  private static func reflected(_ index: Int, _ count: Int) -> Int {
    index < 0 ? -index : (index >= count ? 2 * count - 2 - index : index)
  }
}

extension Image {
  /// The image convolved with a Gaussian, borders reflected.
  ///
  /// - Parameters:
  ///   - kernelSize: Weights along each axis, odd; half of it must be less than either extent.
  ///   - sigma: Standard deviation in pixels, above 0.
  /// - Returns: An image of the same size.
  public func blurred(kernelSize: Int, sigma: Double) -> Image {
    if kernelSize == 1 { return self }
    let kernel = GaussianKernel(size: kernelSize, sigma: sigma)
    var values = [Float](repeating: 0, count: bytes.count)
    for i in 0..<bytes.count { values[i] = Float(bytes[i]) }
    values = kernel.blur(values, width: width, height: height)
    var out = [UInt8](repeating: 0, count: bytes.count)
    for i in 0..<values.count {
      // Adding 1.5 · 2²³ leaves the nearest integer (halves to even) in the low bits of the float.
      out[i] = UInt8(truncatingIfNeeded: (values[i] + 0x1.8p23).bitPattern)
    }
    return Image(width: width, height: height, bytes: out)
  }
}
