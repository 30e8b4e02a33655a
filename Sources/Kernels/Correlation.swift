// Correlation: the pass that convolution forward and its input gradient share.
//
// Formula    y[i, j, o] = Σ u,v,c  x[origin + step·i + dilation·u, …, c] · w[u, v, c, o]
// Idea       Channels are last, so for one output pixel and one kernel row the (column, channel)
//            pairs it needs are one contiguous run of memory. A tile takes R neighbouring output
//            pixels × 2 vectors of output channels and walks that run: one input scalar of each
//            pixel is broadcast against the same filter vectors. No im2col, no packing of images.
// Borders    A piece of work is some output rows of one image. Where its input reaches beyond the
//            image, the rows it needs are copied with zeros around them into scratch memory, small
//            enough to stay in cache. An unpadded convolution reads the image where it lies.
// Read       TileWalk.swift, ConvolutionGeometry.swift ← this file → Convolution.swift

/// One correlation over a batch; offsets and steps in pixels unless said otherwise.
struct Correlation<S: KernelScalar> {
  var batch: Int
  // The source, and which of its channels take part.
  var source: UnsafePointer<S>
  var height: Int
  var width: Int
  var channels: Int
  var firstChannel = 0
  var usedChannels: Int
  // The taps.
  var tapRows: Int
  var tapColumns: Int
  var dilationRows: Int
  var dilationColumns: Int
  // Where the taps of output (0, 0) begin, and how they move; the origin may lie outside.
  var originRow: Int
  var originColumn: Int
  var step: Int
  // The filter, packed by `FilterPanels`.
  var panels: FilterPanels<S>
  // The target: a grid of pixels in an image of `targetChannels` channels, pitches in scalars.
  var target: UnsafeMutablePointer<S>
  var targetImage: Int
  var targetRow: Int
  var targetPixel: Int
  var rows: Int
  var columns: Int

  /// Runs all pieces on the thread team.
  @inline(__always)
  func run() {
    guard rows > 0, columns > 0, batch > 0 else { return }
    // About 128 pixels a piece: enough to use a filter panel often while it is in cache.
    let rowsAPiece = max(1, min(rows, (128 + columns - 1) / columns))
    let pieces = (rows + rowsAPiece - 1) / rowsAPiece
    parallelFor(batch * pieces) { piece in
      let image = piece / pieces
      let first = (piece % pieces) * rowsAPiece
      let count = min(rowsAPiece, rows - first)
      if panels.vectors == 4 {
        run(Beside<Beside<Vector1<S>>>.self, image: image, first: first, count: count)
      } else if panels.vectors == 2 {
        run(Beside<Vector1<S>>.self, image: image, first: first, count: count)
      } else {
        run(Vector1<S>.self, image: image, first: first, count: count)
      }
    }
  }

  @inline(__always)
  private func run<Columns: Lanes>(_: Columns.Type, image: Int, first: Int, count: Int)
  where Columns.Scalar == S {
    let top = originRow + step * first
    let spanRows = step * (count - 1) + dilationRows * (tapRows - 1) + 1
    let spanColumns = step * (columns - 1) + dilationColumns * (tapColumns - 1) + 1
    let inside =
      top >= 0 && top + spanRows <= height && originColumn >= 0
      && originColumn + spanColumns <= width

    let imageStart = source + image * height * width * channels
    var scratch: Buffer<S>?
    var base = imageStart + (top * width + originColumn) * channels + firstChannel
    var pitch = width * channels
    var pixel = channels
    if !inside {
      let slab = Buffer<S>(uninitialized: spanRows * spanColumns * usedChannels)
      copyWithZeros(
        image: imageStart, top: top, rows: spanRows, columns: spanColumns, into: slab.pointer)
      base = UnsafePointer(slab.pointer)
      pitch = spanColumns * usedChannels
      pixel = usedChannels
      scratch = slab
    }

    // With one group and no dilation a kernel row is one run; else each column is its own.
    let contiguous = dilationColumns == 1 && pixel == usedChannels
    let walk = TileWalk(
      outer: tapRows, middle: contiguous ? 1 : tapColumns,
      inner: contiguous ? tapColumns * usedChannels : usedChannels,
      aOuter: dilationRows * pitch, aMiddle: dilationColumns * pixel,
      bOuter: tapColumns * usedChannels * Columns.width, bMiddle: usedChannels * Columns.width,
      steps: ImageSteps(row: step * pixel))

    let out = target + image * targetImage
    for panel in 0..<panels.count {
      let filter = panels.pointer(panel)
      let wanted = min(Columns.width, panels.outputs - panel * Columns.width)
      // A 1×1 convolution that skips nothing sees its rows as one long row.
      let joined =
        tapRows == 1 && pitch == columns * step * pixel && step == 1
        && targetRow == columns * targetPixel
      let lines = joined ? 1 : count
      for i in 0..<lines {
        walk.run(
          Columns.self, rows: joined ? count * columns : columns, columns: wanted,
          a: base + step * i * pitch, b: filter,
          c: out + (first + i) * targetRow + panel * Columns.width, cRow: targetPixel,
          adding: false)
      }
    }
    withExtendedLifetime(scratch) {}
  }

  /// Copies a window of one image, which may reach beyond it, with zeros where nothing is.
  @inline(__always)
  private func copyWithZeros(
    image: UnsafePointer<S>, top: Int, rows: Int, columns: Int, into slab: UnsafeMutablePointer<S>
  ) {
    for r in 0..<rows {
      let line = slab + r * columns * usedChannels
      let row = top + r
      let left = min(columns, max(0, -originColumn))
      let right = max(left, min(columns, width - originColumn))
      guard row >= 0, row < height, right > left else {
        line.update(repeating: 0, count: columns * usedChannels)
        continue
      }
      line.update(repeating: 0, count: left * usedChannels)
      let from = image + (row * width + originColumn + left) * channels + firstChannel
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

/// A filter repacked to `[panel][tap row][tap column][in][lanes]`, zero beyond the last output.
struct FilterPanels<S: KernelScalar> {
  let buffer: Buffer<S>
  let count: Int
  let outputs: Int
  /// Machine vectors across a panel: 1, 2 or 4.
  let vectors: Int
  private let size: Int

  /// Packs a filter.
  ///
  /// `columns` is the number of output pixels in a row: short rows want wide panels to fill the
  /// registers. `element` is the address of output 0 of (tap row, tap column, in), `outputStep` apart
  /// from the next.
  @inline(__always)
  init(
    tapRows: Int, tapColumns: Int, inputs: Int, outputs: Int, columns: Int, outputStep: Int,
    element: (Int, Int, Int) -> UnsafePointer<S>
  ) {
    let lanes = S.Vector.scalarCount
    var vectors = outputs <= lanes ? 1 : 2
    #if !LANES_256
      if columns <= 7, outputs % (4 * lanes) == 0 { vectors = 4 }
    #endif
    let width = vectors * lanes
    self.vectors = vectors
    self.outputs = outputs
    count = (outputs + width - 1) / width
    size = tapRows * tapColumns * inputs * width
    buffer = Buffer(uninitialized: count * size)
    var out = buffer.pointer
    for panel in 0..<count {
      let first = panel * width
      let wanted = min(width, outputs - first)
      for u in 0..<tapRows {
        for v in 0..<tapColumns {
          for c in 0..<inputs {
            let from = element(u, v, c) + first * outputStep
            if outputStep == 1 {
              out.update(from: from, count: wanted)
            } else {
              for o in 0..<wanted { out[o] = from[o * outputStep] }
            }
            for o in wanted..<width { out[o] = 0 }
            out += width
          }
        }
      }
    }
  }

  @inline(__always)
  func pointer(_ panel: Int) -> UnsafePointer<S> { UnsafePointer(buffer.pointer + panel * size) }
}
