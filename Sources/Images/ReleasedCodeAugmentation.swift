// The augmented-image representation as the released code computes it: one draw for a whole batch.
//
// Source     MV-MR released code, representation `full_img_augment`
// Idea       The `custom` policy is drawn once and applied to the normalised batch by float rules.
// Errata     D3: the paper augments each 8-bit image by a draw of its own
// Read       AugmentationPolicy.swift, FloatImages.swift ← this file
// Tests      Tests/ImagesTests/ReleasedCodeAugmentationTests.swift

import Randomness

/// The released code's augmentation of a normalised batch.
public enum ReleasedCodeAugmentation {
  /// A view of every image by one shared draw of the `custom` policy.
  ///
  /// - Parameters:
  ///   - images: Normalised, `[count, height, width, 3]`.
  ///   - size: Side of the view, in pixels.
  ///   - key: Names the draw.
  /// - Returns: The batch `[count, size, size, 3]`, and how many pixels had no hue and turned
  ///   black, where torchvision would have gone on with NaN.
  public static func augment(_ images: FloatImages, size: Int, key: RandomKey)
    -> (images: FloatImages, pixelsWithoutHue: Int)
  {
    let draw = AugmentationPolicy.custom.draw(
      width: images.width, height: images.height, size: size, key: key)
    var images = images
    var pixelsWithoutHue = 0
    for step in draw.steps {
      if case .hue = step { pixelsWithoutHue += images.pixelsWithoutHue }
      images = images.applying(step)
    }
    return (images, pixelsWithoutHue)
  }
}

/// A colour of any real channels as hue, saturation and value, by the 8-bit formula unrounded.
struct FloatHue {
  private let hue: Float
  private let saturation: Float
  private let value: Float
  /// The saturation would divide by zero.
  let isUndefined: Bool

  init(_ rgb: SIMD3<Float>) {
    let (red, green, blue) = (rgb.x, rgb.y, rgb.z)
    let high = max(red, green, blue)
    let range = high - min(red, green, blue)
    value = high
    isUndefined = high == 0 && range > 0
    guard range > 0, !isUndefined else {
      hue = 0
      saturation = 0
      return
    }
    saturation = range / high
    let (r, g, b) = ((high - red) / range, (high - green) / range, (high - blue) / range)
    let h = red == high ? b - g : (green == high ? 2 + r - b : 4 + g - r)
    let turn = h / 6 + 1
    hue = turn - turn.rounded(.down)
  }

  /// The colour with its hue moved along the circle.
  func turned(by turns: Float) -> SIMD3<Float> {
    let moved = hue + turns
    let angle = (moved - moved.rounded(.down)) * 6
    let sector = angle.rounded(.down)
    let f = angle - sector
    func clip(_ v: Float) -> Float { max(0, min(1, v)) }
    let p = clip(value * (1 - saturation))
    let q = clip(value * (1 - saturation * f))
    let t = clip(value * (1 - saturation * (1 - f)))
    switch sector {  // 6 when a tiny negative angle rounds up to a full turn
    case 0, 6: return SIMD3(value, t, p)
    case 1: return SIMD3(q, value, p)
    case 2: return SIMD3(p, value, t)
    case 3: return SIMD3(p, q, value)
    case 4: return SIMD3(t, p, value)
    default: return SIMD3(value, p, q)
    }
  }
}
