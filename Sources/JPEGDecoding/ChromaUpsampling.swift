// Upsampling and colour: from the components of a JPEG image to red, green and blue.
//
// Source     JFIF 1.02 (YCbCr of ITU-R BT.601); the triangle filter that decoders of the Independent
//            JPEG Group's line use by default, with its alternating rounding
// Formula    across   even ⌊(3 pₖ + pₖ₋₁ + 1) / 4⌋, odd ⌊(3 pₖ + pₖ₊₁ + 2) / 4⌋
//            down     upper ⌊(3 p + above + 1) / 4⌋, lower ⌊(3 p + below + 2) / 4⌋
//            both     s = 3 p + neighbour row;  even ⌊(3 sₖ + sₖ₋₁ + 8) / 16⌋, odd ⌊(3 sₖ + sₖ₊₁ + 7) / 16⌋
//            R = Y + 1.402 Cr,  G = Y − 0.344136 Cb − 0.714136 Cr,  B = Y + 1.772 Cb, in 16 fractional bits
// Edges      repeated, which is the same as copying the first and last sample. Components of at most
//            two columns, and all other factors, are repeated plainly.
// Safety     Pointers, because every pixel passes here: `pixels` proves first that each plane covers the image.
// Read       SampledPlane.swift ← this file → Formats/JPEGReader.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

/// How the components of an image mean colour.
public enum ComponentColor: Sendable {
  case gray, rgb, yCbCr, cmyk, ycck
}

/// The pixels of an image whose planes hold samples.
///
/// - Parameters:
///   - planes: One, three or four, as the colour has components.
///   - color: What they mean. CMYK is taken as Adobe writes it, inverted.
///   - width: Pixels across.
///   - height: Pixels down.
/// - Returns: `[height, width, 3]` bytes.
public func pixels(
  _ planes: [SampledPlane], color: ComponentColor, width: Int, height: Int
) -> [UInt8] {
  let wanted = color == .gray ? 1 : (color == .cmyk || color == .ycck ? 4 : 3)
  guard planes.count == wanted, width >= 1, height >= 1 else {
    fatalError("pixels: \(planes.count) planes for \(color), \(height) × \(width).")
  }
  let horizontal = planes.map(\.horizontal).max() ?? 1
  let vertical = planes.map(\.vertical).max() ?? 1
  for plane in planes {
    guard horizontal % plane.horizontal == 0, vertical % plane.vertical == 0,
      plane.width * (horizontal / plane.horizontal) >= width,
      plane.height * (vertical / plane.vertical) >= height
    else {
      fatalError(
        "pixels: a plane of \(plane.height) × \(plane.width) does not cover \(height) × \(width).")
    }
  }
  let rows = planes.map {
    PlaneRows(
      $0, across: horizontal / $0.horizontal, down: vertical / $0.vertical, width: width)
  }
  return [UInt8](unsafeUninitializedCapacity: 3 * width * height) { output, count in
    count = 3 * width * height
    guard let output = output.baseAddress else { return }
    let packed = UnsafeMutablePointer<UInt32>.allocate(capacity: width)
    defer { packed.deallocate() }
    for y in 0..<height {
      let first = rows[0].row(y)
      switch color {
      case .gray:
        for x in 0..<width { packed[x] = UInt32(first[x]) &* 0x010101 }
      case .rgb:
        let (g, b) = (rows[1].row(y), rows[2].row(y))
        for x in 0..<width {
          packed[x] = UInt32(first[x]) | UInt32(g[x]) &<< 8 | UInt32(b[x]) &<< 16
        }
      case .yCbCr: packColors(first, rows[1].row(y), rows[2].row(y), into: packed, width)
      case .cmyk:
        let (m, yellow, k) = (rows[1].row(y), rows[2].row(y), rows[3].row(y))
        for x in 0..<width {
          packed[x] = UInt32(first[x]) | UInt32(m[x]) &<< 8 | UInt32(yellow[x]) &<< 16
        }
        scaleByBlack(packed, k, width)
      case .ycck:
        packColors(first, rows[1].row(y), rows[2].row(y), into: packed, width)
        // The inverse of the inverse: red, green, blue are what Adobe's file means by C, M, Y.
        for x in 0..<width { packed[x] = ~packed[x] & 0xFFFFFF }
        scaleByBlack(packed, rows[3].row(y), width)
      }
      writeTriples(packed, width, to: output + 3 &* width &* y)
    }
  }
}

/// YCbCr to packed red, green, blue.
@inline(__always)
private func packColors(
  _ y: UnsafePointer<UInt8>, _ cb: UnsafePointer<UInt8>, _ cr: UnsafePointer<UInt8>,
  into packed: UnsafeMutablePointer<UInt32>, _ width: Int
) {
  for x in 0..<width {
    let (l, b, r) = (Int32(y[x]), Int32(cb[x]) &- 128, Int32(cr[x]) &- 128)
    let red = l &+ ((91881 &* r &+ 32768) &>> 16)
    let green = l &+ ((-22554 &* b &- 46802 &* r &+ 32768) &>> 16)
    let blue = l &+ ((116130 &* b &+ 32768) &>> 16)
    packed[x] =
      UInt32(truncatingIfNeeded: max(0, min(255, red)))
      | UInt32(truncatingIfNeeded: max(0, min(255, green))) &<< 8
      | UInt32(truncatingIfNeeded: max(0, min(255, blue))) &<< 16
  }
}

/// Inverted C, M, Y and K to red, green, blue: n − (255 − c) n / 255 with n = 255 − K, K = 255 − k.
private func scaleByBlack(
  _ packed: UnsafeMutablePointer<UInt32>, _ k: UnsafePointer<UInt8>, _ width: Int
) {
  for x in 0..<width {
    let n = Int32(k[x])
    var out: UInt32 = 0
    for shift: UInt32 in [0, 8, 16] {
      let ink = 255 &- Int32(truncatingIfNeeded: packed[x] &>> shift & 255)
      let product = ink &* n &+ 128
      let value = n &- (((product &>> 8) &+ product) &>> 8)
      out |= UInt32(truncatingIfNeeded: max(0, min(255, value))) &<< shift
    }
    packed[x] = out
  }
}

/// The low three bytes of each number.
@inline(__always)
private func writeTriples(
  _ packed: UnsafePointer<UInt32>, _ width: Int, to output: UnsafeMutablePointer<UInt8>
) {
  // Four bytes at a time; the fourth is overwritten by the next pixel, so the last one goes alone.
  for x in 0..<(width &- 1) {
    UnsafeMutableRawPointer(output + 3 &* x).storeBytes(
      of: packed[x].littleEndian, as: UInt32.self)
  }
  for i in 0..<3 {
    output[3 &* (width &- 1) &+ i] = UInt8(
      truncatingIfNeeded: packed[width &- 1] &>> UInt32(8 &* i))
  }
}
