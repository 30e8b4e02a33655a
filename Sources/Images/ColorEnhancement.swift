// Brightness, contrast, saturation, grayscale: a blend of the image with a poorer one.
//
// Source     Pillow `ImageEnhance`, `Image.convert("L")`; every byte equal
// Formula    L = ⌊0.299 R + 0.587 G + 0.114 B⌉ in 16-bit fixed point
//            blend(d, x, f) = d + f (x − d), cut to 0…255, truncated (not rounded)
//            brightness d = 0    contrast d = ⌊mean L + ½⌋    saturation d = L
// Precision  Single, a multiply and then an add: a fused multiply-add would change bytes.
// Read       Resize.swift ← this file → Hue.swift
// Tests      Tests/ImagesTests/ColorTests.swift

extension Image {
  /// The brightness of one colour, 0…255, by the weights of ITU-R 601.
  @inline(__always)
  static func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum = 19595 * UInt32(red) + 38470 * UInt32(green) + 7471 * UInt32(blue) + 0x8000
    return UInt8(truncatingIfNeeded: sum >> 16)
  }

  /// Moves a byte away from (factor above 1) or towards (below 1) a poorer one.
  @inline(__always)
  static func blend(_ poorer: UInt8, _ byte: UInt8, _ factor: Float) -> UInt8 {
    let value = Float(poorer) + factor * Float(Int32(byte) - Int32(poorer))
    return UInt8(max(0, min(255, value)))  // the conversion truncates
  }

  /// The luma of every pixel, `height · width` bytes, row-major.
  public var luma: [UInt8] {
    var out = [UInt8](repeating: 0, count: width * height)
    for i in 0..<out.count {
      out[i] = Image.luma(bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2])
    }
    return out
  }

  /// The image without colour: luma in all three channels.
  public func grayscale() -> Image {
    var out = self
    var pixels = out.bytes.mutableSpan  // one check for uniqueness, not one a write
    for i in stride(from: 0, to: pixels.count, by: 3) {
      let l = Image.luma(pixels[i], pixels[i + 1], pixels[i + 2])
      pixels[i] = l
      pixels[i + 1] = l
      pixels[i + 2] = l
    }
    return out
  }

  /// The image made darker (factor below 1) or brighter (above 1).
  ///
  /// - Parameter factor: Unitless, at least 0; 0 gives black, 1 the image itself.
  /// - Returns: An image of the same size.
  public func brightness(scaledBy factor: Double) -> Image { blended(with: 0, factor) }

  /// The image with less (factor below 1) or more (above 1) distance from its mean gray.
  ///
  /// - Parameter factor: Unitless, at least 0; 0 gives plain gray, 1 the image itself.
  /// - Returns: An image of the same size.
  public func contrast(scaledBy factor: Double) -> Image {
    if bytes.isEmpty { return self }
    var sum = 0
    for i in 0..<(width * height) {
      sum += Int(Image.luma(bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]))
    }
    return blended(with: UInt8(Double(sum) / Double(width * height) + 0.5), factor)
  }

  /// The image with less (factor below 1) or more (above 1) colour.
  ///
  /// - Parameter factor: Unitless, at least 0; 0 gives `grayscale()`, 1 the image itself.
  /// - Returns: An image of the same size.
  public func saturation(scaledBy factor: Double) -> Image {
    var out = self
    let factor = Float(factor)
    var pixels = out.bytes.mutableSpan
    for i in stride(from: 0, to: pixels.count, by: 3) {
      let (red, green, blue) = (pixels[i], pixels[i + 1], pixels[i + 2])
      let l = Image.luma(red, green, blue)
      pixels[i] = Image.blend(l, red, factor)
      pixels[i + 1] = Image.blend(l, green, factor)
      pixels[i + 2] = Image.blend(l, blue, factor)
    }
    return out
  }

  /// A blend with one constant depends on the byte alone: 256 blends, then a look-up a byte.
  private func blended(with poorer: UInt8, _ factor: Double) -> Image {
    let factor = Float(factor)
    let table = (0...255).map { Image.blend(poorer, UInt8($0), factor) }
    var out = self
    var pixels = out.bytes.mutableSpan
    for i in 0..<pixels.count { pixels[i] = table[Int(pixels[i])] }
    return out
  }
}
