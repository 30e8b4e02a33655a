// Resize: antialiased resampling, equal to Pillow's in every byte.
//
// Source     Pillow `Image.resize` (behaviour of 9.0.1 on 8-bit images), which MV-MR trains with
// Formula    per axis of n samples to m:  s = n / m,  f = max(s, 1),  c = (i + ½) s
//            y[i] = Σₜ w[t] x[t],  w[t] ∝ g((t + ½ − c) / f)  for |t + ½ − c| ≲ f · support
//            bilinear  g(u) = 1 − |u|                                    support 1
//            bicubic   g(u) = Keys' cubic with a = −½                    support 2
// Exactness  Weights are rounded to 22 fractional bits and summed as integers, so no two machines
//            can differ; the horizontal pass comes first and rounds to bytes before the vertical.
//            (Pillow 13 may choose the other order: up to 30 levels apart in bicubic on noise.)
// Read       Crop.swift ← this file → ColorEnhancement.swift
// Tests      Tests/ImagesTests/ResizeTests.swift

import Kernels

/// How a resize weighs the pixels under one output pixel.
public enum ResamplingFilter: String, Codable, CaseIterable, Sendable {
  /// A triangle.
  case bilinear
  /// Keys' cubic with a = −½.
  case bicubic

  /// Half the width of the filter, in samples of the coarser grid.
  var support: Double { self == .bilinear ? 1 : 2 }

  /// The unnormalised weight at a distance, in samples of the coarser grid.
  func weight(_ distance: Double) -> Double {
    let u = abs(distance)
    switch self {
    case .bilinear:
      return u < 1 ? 1 - u : 0
    case .bicubic:
      let a = -0.5
      if u < 1 { return ((a + 2) * u - (a + 3)) * u * u + 1 }
      return u < 2 ? (((u - 5) * u + 8) * u - 4) * a : 0
    }
  }
}

extension Image {
  /// The image resampled to another size, antialiased.
  ///
  /// - Parameters:
  ///   - width: New number of columns, at least 1.
  ///   - height: New number of rows, at least 1.
  ///   - filter: The weights.
  /// - Returns: The same image when neither extent changes.
  public func resized(width: Int, height: Int, filter: ResamplingFilter = .bilinear) -> Image {
    require(
      width > 0 && height > 0 && self.width > 0 && self.height > 0,
      """
      Image.resized: an extent without pixels.
        from \(self.height) × \(self.width) to \(height) × \(width) rows × columns.
        To mend: ask for at least 1 × 1, of an image that holds at least one pixel.
      """)
    var image = self
    if width != image.width {
      let taps = ResamplingTaps(from: image.width, to: width, filter: filter)
      image = image.resampledHorizontally(taps)
    }
    if height != image.height {
      let taps = ResamplingTaps(from: image.height, to: height, filter: filter)
      image = image.resampledVertically(taps)
    }
    return image
  }

  /// The image resampled so that its shorter side has a given length, its shape kept.
  ///
  /// - Parameters:
  ///   - shortSide: In pixels; the longer side becomes ⌊shortSide · long / short⌋.
  ///   - filter: The weights.
  /// - Returns: The same image when its shorter side has that length already.
  public func resized(shortSide: Int, filter: ResamplingFilter = .bilinear) -> Image {
    let short = min(width, height)
    if short == shortSide { return self }
    let long = Int(Double(shortSide * max(width, height)) / Double(short))
    return width < height
      ? resized(width: shortSide, height: long, filter: filter)
      : resized(width: long, height: shortSide, filter: filter)
  }

  private func resampledHorizontally(_ taps: ResamplingTaps) -> Image {
    var out = [UInt8](repeating: 0, count: 3 * taps.first.count * height)
    var o = 0
    for row in 0..<height {
      for (x, first) in taps.first.enumerated() {
        var (red, green, blue) = (ResamplingTaps.half, ResamplingTaps.half, ResamplingTaps.half)
        var i = 3 * (row * width + first)
        let start = x * taps.stride
        for t in start..<(start + taps.count[x]) {
          let w = taps.weights[t]
          red &+= Int32(bytes[i]) &* w
          green &+= Int32(bytes[i + 1]) &* w
          blue &+= Int32(bytes[i + 2]) &* w
          i += 3
        }
        out[o] = ResamplingTaps.byte(red)
        out[o + 1] = ResamplingTaps.byte(green)
        out[o + 2] = ResamplingTaps.byte(blue)
        o += 3
      }
    }
    return Image(width: taps.first.count, height: height, bytes: out)
  }

  private func resampledVertically(_ taps: ResamplingTaps) -> Image {
    let length = 3 * width
    var out: [UInt8] = []
    out.reserveCapacity(length * taps.first.count)
    var sums = [Int32](repeating: 0, count: length)
    for (y, first) in taps.first.enumerated() {
      for i in 0..<length { sums[i] = ResamplingTaps.half }
      for t in 0..<taps.count[y] {
        let w = taps.weights[y * taps.stride + t]
        let row = (first + t) * length
        // Whole rows at a time: one weight, a run of bytes, which the compiler turns into vectors.
        for i in 0..<length { sums[i] &+= Int32(bytes[row + i]) &* w }
      }
      for i in 0..<length { out.append(ResamplingTaps.byte(sums[i])) }
    }
    return Image(width: width, height: taps.first.count, bytes: out)
  }
}

/// The fixed-point weights of one axis.
struct ResamplingTaps {
  /// Where the taps of each output sample begin.
  var first: [Int] = []
  /// How many taps each output sample has.
  var count: [Int] = []
  /// `stride` weights for each output sample, in units of 2⁻²².
  var weights: [Int32] = []
  /// Room for taps of one output sample.
  let stride: Int

  /// One half in the fixed-point format: what makes the final shift round.
  static let half: Int32 = 1 << 21

  /// A sum as a byte.
  @inline(__always) static func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> 22)))
  }

  init(from n: Int, to m: Int, filter: ResamplingFilter) {
    let scale = Double(n) / Double(m)
    let stretch = max(scale, 1)
    let support = filter.support * stretch
    stride = 2 * Int(support.rounded(.up)) + 1
    weights = [Int32](repeating: 0, count: m * stride)
    for i in 0..<m {
      let center = (Double(i) + 0.5) * scale
      let low = max(0, Int(center - support + 0.5))
      let high = min(n, Int(center + support + 0.5))
      let raw = (low..<high).map { filter.weight((Double($0) - center + 0.5) * (1 / stretch)) }
      let sum = raw.reduce(0, +)
      first.append(low)
      count.append(high - low)
      for (t, w) in raw.enumerated() {
        let scaled = (sum != 0 ? w / sum : w) * Double(1 << 22)
        weights[i * stride + t] = Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)  // truncates
      }
    }
  }
}
