// Crops, padding and the mirror: the steps that move pixels and never change them.
//
// Source     torchvision 0.13 `center_crop`, `pad`, `hflip` on Pillow images
// Rounding   A centre crop starts at (extent − size) / 2, halves to even; an image that is too small
//            is first padded with black, the odd pixel on the right and at the bottom.
// Read       Image.swift ← this file → Resize.swift
// Tests      Tests/ImagesTests/CropTests.swift

import Kernels

/// A rectangle of pixels inside an image.
public struct CropBox: Hashable, Codable, Sendable {
  /// First row.
  public var top: Int
  /// First column.
  public var left: Int
  /// Number of rows.
  public var height: Int
  /// Number of columns.
  public var width: Int

  /// A rectangle by its corner and its extent, in pixels.
  public init(top: Int, left: Int, height: Int, width: Int) {
    self.top = top
    self.left = left
    self.height = height
    self.width = width
  }
}

extension Image {
  /// The pixels inside a rectangle.
  ///
  /// - Parameter box: Must lie within the image.
  /// - Returns: `box.height × box.width` pixels.
  public func cropped(to box: CropBox) -> Image {
    require(
      box.top >= 0 && box.left >= 0 && box.height >= 0 && box.width >= 0
        && box.top <= height - box.height && box.left <= width - box.width,
      """
      Image.cropped: the box leaves the image.
        rows \(box.top)..<\(box.top + box.height), columns \(box.left)..<\(box.left + box.width) \
      of \(height) × \(width).
        To mend: pad the image first, or choose a smaller box.
      """)
    if box.width == width && box.height == height { return self }
    var out: [UInt8] = []
    out.reserveCapacity(3 * box.width * box.height)
    for row in box.top..<(box.top + box.height) {
      let start = 3 * (row * width + box.left)
      out += bytes[start..<(start + 3 * box.width)]
    }
    return Image(width: box.width, height: box.height, bytes: out)
  }

  /// The middle of the image.
  ///
  /// - Parameters:
  ///   - w: Columns to keep, in pixels.
  ///   - h: Rows to keep, in pixels.
  /// - Returns: `height × width` pixels; black where the image is smaller than that.
  public func centerCropped(width w: Int, height h: Int) -> Image {
    let missing = (width: max(0, w - width), height: max(0, h - height))
    let image = padded(
      top: missing.height / 2, left: missing.width / 2,
      bottom: (missing.height + 1) / 2, right: (missing.width + 1) / 2)
    func start(_ extent: Int, _ size: Int) -> Int {
      Int((Double(extent - size) / 2).rounded(.toNearestOrEven))
    }
    return image.cropped(
      to: CropBox(top: start(image.height, h), left: start(image.width, w), height: h, width: w))
  }

  /// The image with a black margin.
  public func padded(top: Int, left: Int, bottom: Int, right: Int) -> Image {
    require(
      min(top, left, bottom, right) >= 0,
      """
      Image.padded: a negative margin (top \(top), left \(left), bottom \(bottom), right \(right)).
        To mend: crop instead.
      """)
    if top + left + bottom + right == 0 { return self }
    var out = Image(width: left + width + right, height: top + height + bottom)
    for row in 0..<height {
      let from = 3 * row * width
      let to = 3 * ((top + row) * out.width + left)
      out.bytes.replaceSubrange(to..<(to + 3 * width), with: bytes[from..<(from + 3 * width)])
    }
    return out
  }

  /// The mirror image: columns in reverse order.
  public func flippedHorizontally() -> Image {
    var out = bytes
    for row in 0..<height {
      var from = 3 * row * width
      var to = from + 3 * (width - 1)
      for _ in 0..<width {
        out[to] = bytes[from]
        out[to + 1] = bytes[from + 1]
        out[to + 2] = bytes[from + 2]
        from += 3
        to -= 3
      }
    }
    return Image(width: width, height: height, bytes: out)
  }
}
