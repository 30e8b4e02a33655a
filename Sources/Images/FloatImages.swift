// A batch of images as floats, and the augmentation steps under the rules of float tensors.
//
// Source     torchvision 0.13 functional operations on tensors, which the released code of MV-MR
//            applies to a batch that is already normalised
// Formula    blend(d, x, f) = clip(f x + (1 − f) d, 0, 1);  gray = 0.2989 R + 0.587 G + 0.114 B
//            brightness d = 0, contrast d = mean of the image's gray, saturation d = gray
//            resize: no antialias, src = max(0, s (i + ½) − ½), neighbours clamped; cubic a = −¾
// Errata     D3: the clip cuts normalised values, which lie in about −2…2.6, to 0…1
// Read       AugmentationStep.swift ← this file → ReleasedCodeAugmentation.swift
// Tests      Tests/ImagesTests/ReleasedCodeAugmentationTests.swift

import Kernels

/// Images of one size with channels last: `[count, height, width, 3]`, row-major.
public struct FloatImages: Hashable, Sendable {
  /// Number of images.
  public let count: Int
  /// Pixels down.
  public let height: Int
  /// Pixels across.
  public let width: Int
  /// `count · height · width · 3` values of any range.
  public var values: [Float]

  /// A batch over its values.
  public init(count: Int, height: Int, width: Int, values: [Float]) {
    require(
      values.count == count * height * width * 3,
      """
      FloatImages: the values do not fill the batch.
        [\(count), \(height), \(width), 3] takes \(count * height * width * 3), \
      \(values.count) given.
        To mend: pass channels-last RGB of the stated extents.
      """)
    self.count = count
    self.height = height
    self.width = width
    self.values = values
  }

  /// The batch after one step, done alike to every image.
  public func applying(_ step: AugmentationStep) -> FloatImages {
    switch step {
    case .pad(let margin):
      return moved(height: height + 2 * margin, width: width + 2 * margin) { row, column in
        let (i, j) = (row - margin, column - margin)
        return i >= 0 && i < height && j >= 0 && j < width ? (i, j) : nil
      }
    case .crop(let box):
      require(
        box.top >= 0 && box.left >= 0 && box.top <= height - box.height
          && box.left <= width - box.width,
        """
        FloatImages: the crop \(box) leaves images of \(height) × \(width).
          To mend: draw the steps for images of this extent.
        """)
      return moved(height: box.height, width: box.width) { ($0 + box.top, $1 + box.left) }
    case .flip:
      return moved(height: height, width: width) { ($0, width - 1 - $1) }
    case .resize(let width, let height, let filter):
      return resized(height: height, width: width, filter: filter)
    case .brightness(let factor):
      return blended(factor) { _ in 0 }
    case .contrast(let factor):
      let means = (0..<count).map(meanGray)
      let pixels = height * width
      return blended(factor) { means[$0 / pixels] }
    case .saturation(let factor):
      return blended(factor) { gray($0) }
    case .hue(let turns):
      return mapped { FloatHue($0).turned(by: Float(turns)) }
    case .grayscale:
      return mapped { FloatImages.gray($0) * SIMD3(repeating: 1) }
    case .blur(let kernelSize, let sigma):
      let kernel = GaussianKernel(size: kernelSize, sigma: sigma)
      let one = 3 * height * width
      var out: [Float] = []
      out.reserveCapacity(values.count)
      for n in 0..<count {
        let image = Array(values[(n * one)..<((n + 1) * one)])
        out += kernel.blur(image, width: width, height: height)
      }
      return FloatImages(count: count, height: height, width: width, values: out)
    case .policy(let operation):
      fatalError(
        """
        FloatImages.applying: \(operation) is defined on bytes only.
          To mend: apply the operations of AutoAugment and RandAugment to an Image.
        """)
    }
  }

  /// Number of pixels whose hue is undefined: the largest channel is 0 and another is negative.
  ///
  /// torchvision divides by zero there and goes on with NaN; here such a pixel turns black.
  public var pixelsWithoutHue: Int {
    (0..<(count * height * width)).count { FloatHue(self[$0]).isUndefined }
  }

  /// Pixel `i` of the whole batch.
  private subscript(_ i: Int) -> SIMD3<Float> {
    SIMD3(values[3 * i], values[3 * i + 1], values[3 * i + 2])
  }

  @inline(__always)
  private static func gray(_ rgb: SIMD3<Float>) -> Float {
    0.2989 * rgb.x + 0.587 * rgb.y + 0.114 * rgb.z
  }

  private func gray(_ i: Int) -> Float { FloatImages.gray(self[i]) }

  private func meanGray(ofImage n: Int) -> Float {
    let pixels = height * width
    // In double: one rounding at the end, whatever the extent.
    let sum = (0..<pixels).reduce(0.0) { $0 + Double(gray(n * pixels + $1)) }
    return Float(sum / Double(max(1, pixels)))
  }

  private func mapped(_ body: (SIMD3<Float>) -> SIMD3<Float>) -> FloatImages {
    var out = self
    for i in 0..<(count * height * width) {
      let rgb = body(self[i])
      for channel in 0..<3 { out.values[3 * i + channel] = rgb[channel] }
    }
    return out
  }

  /// Blends each pixel with a poorer gray, chosen by the pixel's index in the batch.
  private func blended(_ factor: Double, with poorer: (Int) -> Float) -> FloatImages {
    let (f, rest) = (Float(factor), Float(1 - factor))
    var out = self
    for i in 0..<(count * height * width) {
      let offset = rest * poorer(i)
      for v in (3 * i)..<(3 * i + 3) { out.values[v] = max(0, min(1, f * values[v] + offset)) }
    }
    return out
  }

  /// Fills images of another extent with pixels from (row, column), or zeros where there is none.
  private func moved(
    height newHeight: Int, width newWidth: Int, _ source: (Int, Int) -> (Int, Int)?
  ) -> FloatImages {
    var out: [Float] = []
    out.reserveCapacity(count * newHeight * newWidth * 3)
    for n in 0..<count {
      for row in 0..<newHeight {
        for column in 0..<newWidth {
          guard let (i, j) = source(row, column) else {
            out += [0, 0, 0]
            continue
          }
          let start = 3 * ((n * height + i) * width + j)
          out += values[start..<(start + 3)]
        }
      }
    }
    return FloatImages(count: count, height: newHeight, width: newWidth, values: out)
  }

  private func resized(height newHeight: Int, width newWidth: Int, filter: ResamplingFilter)
    -> FloatImages
  {
    if newHeight == height && newWidth == width { return self }
    let rows = (0..<newHeight).map { FloatTaps($0, from: height, to: newHeight, filter) }
    let columns = (0..<newWidth).map { FloatTaps($0, from: width, to: newWidth, filter) }
    var out: [Float] = []
    out.reserveCapacity(count * newHeight * newWidth * 3)
    for n in 0..<count {
      for r in rows {
        for c in columns {
          var rgb = SIMD3<Float>(repeating: 0)
          for (i, wi) in zip(r.index, r.weight) {
            var line = SIMD3<Float>(repeating: 0)
            for (j, wj) in zip(c.index, c.weight) {
              line += wj * self[(n * height + i) * width + j]
            }
            rgb += wi * line
          }
          out += [rgb.x, rgb.y, rgb.z]
        }
      }
    }
    return FloatImages(count: count, height: newHeight, width: newWidth, values: out)
  }
}

/// Where one output sample of an interpolation without antialias comes from.
private struct FloatTaps {
  let index: [Int]
  let weight: [Float]

  init(_ i: Int, from n: Int, to m: Int, _ filter: ResamplingFilter) {
    let raw = Float(n) / Float(m) * (Float(i) + 0.5) - 0.5
    switch filter {
    case .bilinear:
      let source = max(0, raw)
      let low = min(Int(source), n - 1)
      let part = source - Float(low)
      index = [low, min(low + 1, n - 1)]
      weight = [1 - part, part]
    case .bicubic:
      let floor = raw.rounded(.down)
      let part = raw - floor
      let a: Float = -0.75
      func near(_ u: Float) -> Float { ((a + 2) * u - (a + 3)) * u * u + 1 }
      func far(_ u: Float) -> Float { ((a * u - 5 * a) * u + 8 * a) * u - 4 * a }
      index = (-1...2).map { max(0, min(n - 1, Int(floor) + $0)) }
      weight = [far(part + 1), near(part), near(1 - part), far(2 - part)]
    }
  }
}
