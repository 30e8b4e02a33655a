// Shearing, shifting and turning: each pixel takes the colour of the pixel it came from.
//
// Source     Pillow `Image.transform` and `Image.rotate`, nearest neighbour, in 16.16 fixed point
// Formula    column = ⌊(X + ⌊a⌉ x + ⌊b⌉ y) / 2¹⁶⌋, X = ⌊(c + a/2 + b/2)⌉, where ⌊v⌉ = ⌊65536 v + ½⌋
//            turn by α about the middle: a = e = cos α, b = −d = −sin α, to 15 decimals
// Read       Crop.swift ← this file → PolicyOperation.swift
// Tests      Tests/ImagesTests/PolicyOperationTests.swift

import Kernels

/// From a pixel of the result to a place in the source.
struct AffineMap {
  /// Factors of x, y and 1 that give the column.
  let column: (Double, Double, Double)
  /// Factors of x, y and 1 that give the row.
  let row: (Double, Double, Double)

  static func fixed(_ value: Double) -> Int { Int((65536 * value + 0.5).rounded(.down)) }
}

extension Image {
  /// The image moved; black where nothing came from.
  func moved(by map: AffineMap) -> Image {
    let (a, b, c) = map.column
    let (d, e, f) = map.row
    let (ax, bx) = (AffineMap.fixed(a), AffineMap.fixed(b))
    let (dx, ex) = (AffineMap.fixed(d), AffineMap.fixed(e))
    let startColumn = AffineMap.fixed(c + a * 0.5 + b * 0.5)
    let startRow = AffineMap.fixed(f + d * 0.5 + e * 0.5)
    var out = Image(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        let column = (startColumn + ax * x + bx * y) >> 16
        let row = (startRow + dx * x + ex * y) >> 16
        guard column >= 0, column < width, row >= 0, row < height else { continue }
        let (from, to) = (3 * (row * width + column), 3 * (y * width + x))
        for channel in 0..<3 { out.bytes[to + channel] = bytes[from + channel] }
      }
    }
    return out
  }

  /// The image turned counter-clockwise about its middle, its extent kept.
  func rotated(degrees: Double) -> Image {
    var degrees = degrees.truncatingRemainder(dividingBy: 360)
    if degrees < 0 { degrees += 360 }
    if degrees == 0 { return self }
    let angle = -degrees * .pi / 180
    func rounded(_ x: Double) -> Double { (x * 1e15).rounded(.toNearestOrEven) / 1e15 }
    let (cosine, sine) = (rounded(Elementary.cosine(angle)), rounded(Elementary.sine(angle)))
    let (x, y) = (Double(width) / 2, Double(height) / 2)
    return moved(
      by: AffineMap(
        column: (cosine, sine, cosine * -x + sine * -y + x),
        row: (-sine, cosine, -sine * -x + cosine * -y + y)))
  }
}
