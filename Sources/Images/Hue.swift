// Hue: turn the colour circle, in 8-bit hue-saturation-value.
//
// Source     Pillow `convert("HSV")` and back, as torchvision's `adjust_hue` uses them; every byte
//            equal over all 2²⁴ colours. The mix of single and double precision is Pillow's.
// Formula    V = max, c = max − min, S = ⌊255 c / V⌋, h = b′ − g′ | 2 + r′ − b′ | 4 + g′ − r′ for the
//            largest of R, G, B, with r′ = (max − R) / c …;  H = ⌊255 · frac(h / 6 + 1)⌋
// Read       ColorEnhancement.swift ← this file → GaussianBlur.swift
// Tests      Tests/ImagesTests/ColorTests.swift

extension Image {
  /// The image with every hue moved along the colour circle.
  ///
  /// - Parameter turns: Part of a full turn, −0.5…0.5; 0 still rounds colours through 8-bit hue.
  /// - Returns: An image of the same size.
  public func hue(turnedBy turns: Double) -> Image {
    // Truncation towards zero, then modulo 256.
    let shift = UInt8(truncatingIfNeeded: Int(turns * 255))
    var out = self
    var pixels = out.bytes.mutableSpan  // one check for uniqueness, not one a write
    for i in Swift.stride(from: 0, to: pixels.count, by: 3) {
      let hsv = HueSaturationValue(red: pixels[i], green: pixels[i + 1], blue: pixels[i + 2])
      let rgb = HueSaturationValue(
        hue: hsv.hue &+ shift, saturation: hsv.saturation, value: hsv.value
      ).redGreenBlue
      pixels[i] = rgb.red
      pixels[i + 1] = rgb.green
      pixels[i + 2] = rgb.blue
    }
    return out
  }
}

/// A colour as 8-bit hue (255 is almost a full turn), saturation and value.
public struct HueSaturationValue: Hashable, Sendable {
  /// Angle on the colour circle, red at 0, in 1/255 of a turn.
  public var hue: UInt8
  /// Distance from gray.
  public var saturation: UInt8
  /// The largest of the three channels.
  public var value: UInt8

  /// A colour by its three coordinates.
  public init(hue: UInt8, saturation: UInt8, value: UInt8) {
    self.hue = hue
    self.saturation = saturation
    self.value = value
  }

  /// The coordinates of a colour; hue and saturation of a gray are 0.
  @inline(__always)
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    let high = max(red, green, blue)
    let low = min(red, green, blue)
    value = high
    guard high > low else {
      hue = 0
      saturation = 0
      return
    }
    let range = Float(high - low)
    let r = Float(high - red) / range
    let g = Float(high - green) / range
    let b = Float(high - blue) / range
    let h: Float  // sixths of a turn, −1…5
    if red == high {
      h = b - g
    } else if green == high {
      h = Float(2 + Double(r) - Double(b))
    } else {
      h = Float(4 + Double(g) - Double(r))
    }
    let turn = Double(h) / 6 + 1  // in 0.8…1.9, so the remainder modulo 1 is one exact subtraction
    let fraction = Float(turn >= 1 ? turn - 1 : turn)
    hue = UInt8(truncatingIfNeeded: Int32(Double(fraction) * 255))  // fraction is in 0…1
    saturation = UInt8(truncatingIfNeeded: Int32(Double(range / Float(high)) * 255))
  }

  /// The colour as red, green, blue.
  public var redGreenBlue: (red: UInt8, green: UInt8, blue: UInt8) {
    @inline(__always) get {
      if saturation == 0 { return (value, value, value) }
      let v = Double(value)
      let angle = Double(hue) * 6 / 255
      let sector = Int(angle)
      let f = Float(angle - Double(sector))
      let s = Float(Double(saturation) / 255)
      let p = HueSaturationValue.rounded(v * (1 - Double(s)))
      let q = HueSaturationValue.rounded(v * (1 - Double(s * f)))  // this product is in single …
      let t = HueSaturationValue.rounded(v * (1 - Double(s) * (1 - Double(f))))  // … this in double
      switch sector {
      case 0, 6: return (value, t, p)
      case 1: return (q, value, p)
      case 2: return (p, value, t)
      case 3: return (p, q, value)
      case 4: return (t, p, value)
      default: return (value, p, q)
      }
    }
  }

  /// Rounds half up; adding ½ before truncation would misround the value just below ½.
  @inline(__always)
  private static func rounded(_ value: Double) -> UInt8 {
    let whole = Int32(value)  // value is in 0…255, like the channel it is a part of
    return UInt8(truncatingIfNeeded: value - Double(whole) >= 0.5 ? whole + 1 : whole)
  }
}
