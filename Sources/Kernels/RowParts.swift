// Rows in parts: how the sums that a norm takes over a batch are cut.
//
// Order      A part is some rows of an image, or some small images: about 144 pixels, the piece of work of a
//            convolution; of many channels 48, that of Strassen's product. The cut depends on the shape alone. So a sum
//            has the same bits at any number of threads, and whoever takes it: the convolution that has the pixels in
//            its cache, or a pass of its own.
// Read       this file → ChannelMoments.swift, ChannelGradientSums.swift

/// The rows of a tensor `[..., channels]` in parts.
struct RowParts {
  /// All axes of the tensor but the last, as images.
  let images: Int
  let height: Int
  let width: Int
  let channels: Int
  /// Rows of images, or images, that a part has.
  let linesAPart: Int
  let imagesAPart: Int
  /// How many parts there are.
  let count: Int
  /// Rows of a part; of what begins with a new part; parts of that.
  private let size: Int
  private let block: Int
  private let partsABlock: Int

  init(shape: [Int]) {
    let axes = [1, 1] + shape
    (height, width) = shape.count > 3 ? (axes[axes.count - 3], axes[axes.count - 2]) : (1, 1)
    channels = shape.last ?? 0
    let pixels = max(1, height * width)
    images = shape.dropLast().reduce(1, *) / pixels
    let wanted = channels < 128 ? 144 : 48
    if pixels <= wanted {
      (imagesAPart, linesAPart) = (wanted / pixels, height)
      (size, block) = (imagesAPart * pixels, images * pixels)
    } else {
      let parts = (pixels + wanted / 2) / wanted
      (imagesAPart, linesAPart) = (1, (height + parts - 1) / parts)
      (size, block) = (linesAPart * width, pixels)
    }
    partsABlock = (block + size - 1) / size
    count = block == 0 ? 0 : images * pixels / block * partsABlock
  }

  /// Rows of all parts.
  @inline(__always) var rows: Int { images * height * width }

  /// The rows of a part.
  @inline(__always)
  subscript(part: Int) -> Range<Int> {
    let (first, n) = (part / partsABlock * block, part % partsABlock * size)
    return first + n..<first + min(block, n + size)
  }

  /// The parts that some rows are, nil if they begin or end within one.
  @inline(__always)
  func parts(of rows: Range<Int>) -> Range<Int>? {
    guard let first = part(at: rows.lowerBound), let end = part(at: rows.upperBound) else {
      return nil
    }
    return first..<end
  }

  /// The parts that some rows must be.
  @inline(__always)
  func proving(_ rows: Range<Int>) -> Range<Int> {
    guard let parts = parts(of: rows) else {
      fatalError("RowParts: rows \(rows) are not whole parts of \(self).")
    }
    return parts
  }

  /// The part that begins with a row; behind the last row, how many there are.
  @inline(__always)
  private func part(at row: Int) -> Int? {
    if row == rows { return count }
    return row % block % size == 0 ? row / block * partsABlock + row % block / size : nil
  }

  /// Calls `body` with every part, on the team.
  @inline(__always)
  func inParallel(_ body: (Int) -> Void) {
    parallelRuns(count, grain: max(1, (1 << 16) / max(1, size * channels))) { run in
      for part in run { body(part) }
    }
  }
}

/// Two sums of each channel, for every part of the rows.
struct ChannelParts<S: KernelScalar> {
  /// Scalars from some sums to the next: whole vectors.
  private let pitch: Int
  private let buffer: Buffer<S>

  init(_ parts: RowParts) {
    let lanes = S.Vector.scalarCount
    pitch = (parts.channels + lanes - 1) / lanes * lanes
    buffer = Buffer(uninitialized: 2 * parts.count * pitch)
  }

  /// The sums of a part, written by whoever has it.
  @inline(__always)
  subscript(part: Int) -> (first: UnsafeMutablePointer<S>, second: UnsafeMutablePointer<S>) {
    let first = buffer.pointer + 2 * part * pitch
    return (first, first + pitch)
  }
}
