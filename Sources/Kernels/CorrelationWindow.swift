// What a piece of a correlation reads: a region of some images, where it lies or copied.
//
// Borders    Walks that leave out what is beside an image, and those that never reach beyond it, read it where it lies.
//            For others the rows are copied with zeros around them into scratch memory, once for all correlations that
//            read them (the remainders of a stride).
// Read       this file → CorrelationPass.swift, Correlation.swift

/// Rows and columns of an image, from the first to the last that are read; they may lie outside.
struct Region {
  var (top, bottom): (Int, Int)
  var (left, right): (Int, Int)

  static var none: Region { Region(top: .max, bottom: .min, left: .max, right: .min) }
  var rows: Int { bottom - top }
  var columns: Int { right - left }

  mutating func include(_ other: Region) {
    (top, bottom) = (min(top, other.top), max(bottom, other.bottom))
    (left, right) = (min(left, other.left), max(right, other.right))
  }

  /// Copies some channels of the region from an image `[height, width, channels]`, with zeros where nothing is.
  @inline(__always)
  func copy<S: KernelScalar>(
    _ image: UnsafePointer<S>, height: Int, width: Int, channels: Int, used: Range<Int>,
    to copy: UnsafeMutablePointer<S>
  ) {
    let outLeft = min(columns, max(0, -left))
    let inside = max(outLeft, min(columns, width - left))
    for r in 0..<rows {
      let line = copy + r * columns * used.count
      let row = top + r
      guard row >= 0, row < height, inside > outLeft else {
        line.update(repeating: 0, count: columns * used.count)
        continue
      }
      line.update(repeating: 0, count: outLeft * used.count)
      let from = image + (row * width + left + outLeft) * channels + used.lowerBound
      if used.count == channels {
        (line + outLeft * channels).update(from: from, count: (inside - outLeft) * channels)
      } else {
        for c in outLeft..<inside {
          (line + c * used.count).update(
            from: from + (c - outLeft) * channels, count: used.count)
        }
      }
      (line + inside * used.count).update(repeating: 0, count: (columns - inside) * used.count)
    }
  }
}

extension Correlation {
  /// What some output rows read.
  func region(first: Int, count: Int) -> Region {
    let top = originRow + step * first
    return Region(
      top: top, bottom: top + step * (count - 1) + dilationRows * (tapRows - 1) + 1,
      left: originColumn,
      right: originColumn + step * (columns - 1) + dilationColumns * (tapColumns - 1) + 1)
  }

  /// A region of some images: where it lies, or copied with zeros around.
  struct Window {
    let images: Range<Int>
    let region: Region
    /// The region's first pixel, and the steps to the next image, row and pixel.
    let base: UnsafePointer<S>
    let image: Int
    let pitch: Int
    let pixel: Int
    private let copy: Buffer<S>?
    /// Whether what lies outside the image is missing, not zeros.
    var hasNoBorder: Bool { copy == nil }

    /// Whether all its rows can be read.
    @inline(__always)
    func hasRows(of c: Correlation) -> Bool {
      copy != nil || region.top >= 0 && region.bottom <= c.height
    }

    @inline(__always)
    init(
      _ c: Correlation, images: Range<Int>, _ region: Region, inPlace: Bool, inParallel: Bool
    ) {
      self.images = images
      self.region = region
      let source = c.source + images.lowerBound * c.height * c.width * c.channels
      if inPlace {
        base = source + (region.top * c.width + region.left) * c.channels + c.firstChannel
        image = c.height * c.width * c.channels
        pitch = c.width * c.channels
        pixel = c.channels
        copy = nil
      } else {
        let size = region.rows * region.columns * c.usedChannels
        let copy = Buffer<S>(uninitialized: images.count * size)
        func fill(_ n: Int) {
          region.copy(
            source + n * c.height * c.width * c.channels, height: c.height, width: c.width,
            channels: c.channels, used: c.firstChannel..<c.firstChannel + c.usedChannels,
            to: copy.pointer + n * size)
        }
        if inParallel {
          parallelFor(images.count, fill)
        } else {
          for n in 0..<images.count { fill(n) }
        }
        base = UnsafePointer(copy.pointer)
        image = size
        pitch = region.columns * c.usedChannels
        pixel = c.usedChannels
        self.copy = copy
      }
    }
  }
}
