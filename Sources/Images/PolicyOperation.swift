// The operations of learned augmentation policies that no other policy uses.
//
// Source     Cubuk, Zoph, Mané, Vasudevan & Le, "AutoAugment", CVPR 2019; torchvision's functions on Pillow
//            images: nearest neighbour, black where nothing is
// Formula    posterize   the highest bits stay            solarize   b < t ? b : 255 − b
//            autoContrast per channel (b − lo) 255 / (hi − lo)
//            equalize     per channel ⌊(s/2 + Σ_{c<b} h_c) / s⌋, s = ⌊(Σ h − last h) / 255⌋
//            sharpness    blend with the mean of 3 × 3, the middle counted five times; the edge stays
// Read       AffineMap.swift, ColorEnhancement.swift ← this file → AugmentationStep.swift
// Tests      Tests/ImagesTests/PolicyOperationTests.swift

/// An operation of AutoAugment and RandAugment.
public enum PolicyOperation: Hashable, Codable, Sendable {
  /// Moves each row by its distance from the top times `level`.
  case shearX(level: Double)
  /// Moves each column by its distance from the left times `level`.
  case shearY(level: Double)
  /// Moves the image to the right by whole pixels.
  case translateX(pixels: Int)
  /// Moves the image down by whole pixels.
  case translateY(pixels: Int)
  /// Turns the image about its middle, counter-clockwise, in degrees.
  case rotate(degrees: Double)
  /// Below 1 softer, above 1 sharper.
  case sharpness(factor: Double)
  /// Keeps the highest bits of every byte, 0…8.
  case posterize(bits: Int)
  /// Inverts what is as bright as the threshold.
  case solarize(threshold: Double)
  /// Stretches every channel to 0…255.
  case autoContrast
  /// Makes every channel's values equally frequent.
  case equalize
  /// Black for white.
  case invert
}

extension Image {
  /// The image after one operation.
  public func applying(_ operation: PolicyOperation) -> Image {
    switch operation {
    case .shearX(let level): return moved(by: AffineMap(column: (1, level, 0), row: (0, 1, 0)))
    case .shearY(let level): return moved(by: AffineMap(column: (1, 0, 0), row: (level, 1, 0)))
    case .translateX(let n): return moved(by: AffineMap(column: (1, 0, -Double(n)), row: (0, 1, 0)))
    case .translateY(let n): return moved(by: AffineMap(column: (1, 0, 0), row: (0, 1, -Double(n))))
    case .rotate(let degrees): return rotated(degrees: degrees)
    case .sharpness(let factor): return sharpness(scaledBy: factor)
    case .posterize(let bits):
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> max(0, min(8, bits)))
      return mapped { _ in (0...255).map { UInt8($0) & mask } }
    case .solarize(let threshold):
      return mapped { _ in (0...255).map { Double($0) < threshold ? UInt8($0) : 255 - UInt8($0) } }
    case .autoContrast: return mapped(Self.stretched)
    case .equalize: return mapped(Self.equalized)
    case .invert: return mapped { _ in (0...255).map { 255 - UInt8($0) } }
    }
  }

  /// Every channel through a table made from its histogram.
  private func mapped(_ table: ([Int]) -> [UInt8]) -> Image {
    var out = self
    for channel in 0..<3 {
      var histogram = [Int](repeating: 0, count: 256)
      for i in stride(from: channel, to: bytes.count, by: 3) { histogram[Int(bytes[i])] += 1 }
      let table = table(histogram)
      var pixels = out.bytes.mutableSpan
      for i in stride(from: channel, to: pixels.count, by: 3) { pixels[i] = table[Int(pixels[i])] }
    }
    return out
  }

  private static let identity = (0...255).map { UInt8($0) }

  private static func stretched(_ histogram: [Int]) -> [UInt8] {
    guard let low = histogram.firstIndex(where: { $0 > 0 }),
      let high = histogram.lastIndex(where: { $0 > 0 }), high > low
    else { return identity }
    let scale = 255 / Double(high - low)
    let offset = -Double(low) * scale
    return (0...255).map { UInt8(max(0, min(255, Double($0) * scale + offset))) }
  }

  private static func equalized(_ histogram: [Int]) -> [UInt8] {
    guard let last = histogram.last(where: { $0 > 0 }), histogram.count(where: { $0 > 0 }) > 1
    else {
      return identity
    }
    let step = (histogram.reduce(0, +) - last) / 255
    guard step > 0 else { return identity }
    var sum = step / 2
    return histogram.map { count in
      defer { sum += count }
      return UInt8(min(255, sum / step))
    }
  }

  /// The image with less (factor below 1) or more (above 1) distance from its mean of 3 × 3.
  private func sharpness(scaledBy factor: Double) -> Image {
    if width < 3 || height < 3 { return self }
    let factor = Float(factor)
    var out = self
    var pixels = out.bytes.mutableSpan
    let line = 3 * width
    for row in 1..<(height - 1) {
      for i in (row * line + 3)..<(row * line + line - 3) {
        var sum = 4 * Int(bytes[i])
        for place in [i - line, i, i + line] {
          sum += Int(bytes[place - 3]) + Int(bytes[place]) + Int(bytes[place + 3])
        }
        pixels[i] = Image.blend(UInt8((2 * sum + 13) / 26), bytes[i], factor)
      }
    }
    return out
  }
}
