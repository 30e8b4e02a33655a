// What a piece of a correlation reads: a region of some images, where it lies or copied.
//
// Borders    Walks that leave out what is beside an image, and those that never reach beyond it, read it where it lies.
//            For others the rows are copied with zeros around them into scratch memory, once for all correlations that
//            read them (the remainders of a stride).
// Read       this file → CorrelationPass.swift, Correlation.swift

extension Correlation {
  /// Rows and columns of the source, from the first to the last that are read; they may lie outside.
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
  }

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
      if inPlace
        || region.top >= 0 && region.bottom <= c.height && region.left >= 0
          && region.right <= c.width
      {
        base = source + (region.top * c.width + region.left) * c.channels + c.firstChannel
        image = c.height * c.width * c.channels
        pitch = c.width * c.channels
        pixel = c.channels
        copy = nil
      } else {
        let size = region.rows * region.columns * c.usedChannels
        let copy = Buffer<S>(uninitialized: images.count * size)
        func fill(_ n: Int) {
          c.copyWithZeros(
            image: source + n * c.height * c.width * c.channels, region,
            into: copy.pointer + n * size)
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

  /// Copies a region of one image, which may reach beyond it, with zeros where nothing is.
  @inline(__always)
  private func copyWithZeros(
    image: UnsafePointer<S>, _ region: Region, into slab: UnsafeMutablePointer<S>
  ) {
    let columns = region.columns
    let left = min(columns, max(0, -region.left))
    let right = max(left, min(columns, width - region.left))
    for r in 0..<region.rows {
      let line = slab + r * columns * usedChannels
      let row = region.top + r
      guard row >= 0, row < height, right > left else {
        line.update(repeating: 0, count: columns * usedChannels)
        continue
      }
      line.update(repeating: 0, count: left * usedChannels)
      let from = image + (row * width + region.left + left) * channels + firstChannel
      if usedChannels == channels {
        (line + left * channels).update(from: from, count: (right - left) * channels)
      } else {
        for c in left..<right {
          (line + c * usedChannels).update(
            from: from + (c - left) * channels, count: usedChannels)
        }
      }
      (line + right * usedChannels).update(repeating: 0, count: (columns - right) * usedChannels)
    }
  }
}
