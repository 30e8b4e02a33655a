// Correlation: the pass that convolution forward and its input gradient share.
//
// Formula    y[i, j, o] = Σ u,v,c  x[origin + step·i + dilation·u, …, c] · w[u, v, c, o]
// Idea       Channels are last, so for one output pixel and one kernel row the (column, channel)
//            pairs it needs are one contiguous run of memory. A tile takes R neighbouring output
//            pixels × 2 vectors of output channels and walks that run: one input scalar of each
//            pixel is broadcast against the same filter vectors. No im2col, no packing of images.
// Borders    A piece of work is some output rows of one image, or a panel of the filter for all images
//            where the filter is the larger operand. Where its input reaches beyond the image, the rows
//            it needs are copied with zeros around them into scratch memory. An unpadded convolution
//            reads the image where it lies. Only where channels are few, as in a network's first layer,
//            are the patches of about 128 pixels copied one after the other.
// Read       TileWalk.swift, FilterPanels.swift, ConvolutionGeometry.swift ← this file → Convolution.swift

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
  // The filter.
  var panels: FilterPanels<S>
  // The target: a grid of pixels in an image of `targetChannels` channels, pitches in scalars.
  var target: UnsafeMutablePointer<S>
  var targetImage: Int
  var targetRow: Int
  var targetPixel: Int
  var rows: Int
  var columns: Int

  /// Runs some correlations of one batch on the thread team.
  ///
  /// Their pieces take turns, an image after the other: what several read of an image is then read from memory once.
  @inline(__always)
  static func run(_ all: [Correlation]) {
    let all = all.filter { $0.rows > 0 && $0.columns > 0 && $0.batch > 0 }
    for one in all where one.hasLargeFilter { one.runByPanels() }
    let byPixels = all.filter { !$0.hasLargeFilter }
    guard let batch = byPixels.first?.batch else { return }
    let filters = byPixels.map { $0.packedFilter() }
    let piecesAnImage = byPixels.reduce(0) { $0 + $1.pieces }
    parallelFor(batch * piecesAnImage) { n in
      var piece = n % piecesAnImage
      var which = 0
      while piece >= byPixels[which].pieces {
        piece -= byPixels[which].pieces
        which += 1
      }
      byPixels[which].sum(piece: piece, image: n / piecesAnImage, filter: filters[which])
    }
    withExtendedLifetime(filters) {}
  }

  /// Whether the filter is so much larger than the pixels that its panels are the pieces of work.
  private var hasLargeFilter: Bool {
    panels.count >= 8 && panels.count * panels.size > 4 * batch * height * width * usedChannels
  }

  /// Output rows a piece: about 128 pixels, enough to use a panel often while it is in cache.
  private var rowsAPiece: Int { max(1, min(rows, (128 + columns - 1) / columns)) }
  /// Pieces an image.
  private var pieces: Int { (rows + rowsAPiece - 1) / rowsAPiece }

  /// The filter in the order in which tiles walk it.
  @inline(__always)
  private func packedFilter() -> Buffer<S> {
    let filter = Buffer<S>(uninitialized: panels.count * panels.size)
    let packed = filter.pointer
    func pack(_ n: Int) {
      let panel = n / tapRows
      let row = n % tapRows
      panels.pack(
        panel: panel, rows: row..<row + 1, to: packed + panel * panels.size + row * panels.rowSize)
    }
    // Waking the team costs more than packing a small filter.
    if filter.count > 1 << 16 {
      parallelFor(panels.count * tapRows, pack)
    } else {
      for n in 0..<panels.count * tapRows { pack(n) }
    }
    return filter
  }

  /// Sums some output rows of one image, all panels.
  @inline(__always)
  private func sum(piece: Int, image: Int, filter: Buffer<S>) {
    let first = piece * rowsAPiece
    var window = Window(
      self, images: image..<image + 1, first: first, count: min(rowsAPiece, rows - first),
      inParallel: false)
    if copiesPatches && window.pixel == usedChannels { window.copyPatches(self) }
    for panel in 0..<panels.count {
      sum(
        window, panel: panel, taps: 0..<tapRows,
        filter: UnsafePointer(filter.pointer + panel * panels.size))
    }
  }

  /// Goes through the panels; each is packed where it is used, while it is in cache.
  ///
  /// The last stage of a network has many weights and few pixels: writing all packed panels to memory
  /// and reading them again would take a sixth of the time.
  @inline(__always)
  private func runByPanels() {
    let window = Window(self, images: 0..<batch, first: 0, count: rows, inParallel: true)
    // As many tap rows at once as the second-level cache holds beside the pixels.
    let tapsAtOnce = max(
      1, min(tapRows, 400 * 1024 / (panels.rowSize * MemoryLayout<S>.stride)))
    parallelFor(panels.count) { panel in
      let filter = Buffer<S>(uninitialized: tapsAtOnce * panels.rowSize)
      for tap in stride(from: 0, to: tapRows, by: tapsAtOnce) {
        let taps = tap..<min(tapRows, tap + tapsAtOnce)
        panels.pack(panel: panel, rows: taps, to: filter.pointer)
        sum(window, panel: panel, taps: taps, filter: UnsafePointer(filter.pointer))
      }
    }
  }

  /// Whether each pixel's patch is copied into one run.
  ///
  /// Those of few channels are so short that a loop over kernel rows would spend its time at the edges.
  /// The sum has the same order either way.
  private var copiesPatches: Bool {
    tapRows > 1 && dilationColumns == 1 && tapColumns * usedChannels <= 32
  }

  /// The input that some output rows of some images read: where it lies, or copied with zeros around.
  private struct Window {
    let images: Range<Int>
    /// First output row, and how many, of each image.
    let first: Int
    let count: Int
    /// Tap (0, 0) of the first output, and the steps to the next image, row and pixel.
    private(set) var base: UnsafePointer<S>
    let image: Int
    private(set) var pitch: Int
    private(set) var pixel: Int
    /// Whether a pixel is its whole patch.
    private(set) var holdsPatches = false
    private var copy: Buffer<S>?

    @inline(__always)
    init(_ c: Correlation, images: Range<Int>, first: Int, count: Int, inParallel: Bool) {
      self.images = images
      self.first = first
      self.count = count
      let top = c.originRow + c.step * first
      let rows = c.step * (count - 1) + c.dilationRows * (c.tapRows - 1) + 1
      let columns = c.step * (c.columns - 1) + c.dilationColumns * (c.tapColumns - 1) + 1
      let source = c.source + images.lowerBound * c.height * c.width * c.channels
      if top >= 0 && top + rows <= c.height && c.originColumn >= 0
        && c.originColumn + columns <= c.width
      {
        base = source + (top * c.width + c.originColumn) * c.channels + c.firstChannel
        image = c.height * c.width * c.channels
        pitch = c.width * c.channels
        pixel = c.channels
        copy = nil
      } else {
        let size = rows * columns * c.usedChannels
        let copy = Buffer<S>(uninitialized: images.count * size)
        func fill(_ n: Int) {
          c.copyWithZeros(
            image: source + n * c.height * c.width * c.channels, top: top, rows: rows,
            columns: columns, into: copy.pointer + n * size)
        }
        if inParallel {
          parallelFor(images.count, fill)
        } else {
          for n in 0..<images.count { fill(n) }
        }
        base = UnsafePointer(copy.pointer)
        image = size
        pitch = columns * c.usedChannels
        pixel = c.usedChannels
        self.copy = copy
      }
    }

    /// Replaces the pixels of one image by their patches, one after the other.
    @inline(__always)
    mutating func copyPatches(_ c: Correlation) {
      let run = c.tapColumns * c.usedChannels
      let size = c.tapRows * run
      let patches = Buffer<S>(uninitialized: count * c.columns * size)
      var out = patches.pointer
      for i in 0..<count {
        for j in 0..<c.columns {
          for u in 0..<c.tapRows {
            let from = base + (c.step * i + c.dilationRows * u) * pitch + c.step * j * pixel
            // Whole vectors: what they write too much, the next run overwrites, or the margin takes.
            for v in stride(from: 0, to: run, by: S.Vector.scalarCount) {
              (out + v).vector = (from + v).vector
            }
            out += run
          }
        }
      }
      holdsPatches = true
      base = UnsafePointer(patches.pointer)
      pitch = c.columns * size
      pixel = size
      copy = patches
    }
  }

  /// Sums some tap rows of one panel over a window: the first writes, the others add.
  @inline(__always)
  private func sum(_ window: Window, panel: Int, taps: Range<Int>, filter: UnsafePointer<S>) {
    switch panels.vectors {
    case 4: sum(Beside<Beside<Vector1<S>>>.self, window, panel: panel, taps: taps, filter: filter)
    case 2: sum(Beside<Vector1<S>>.self, window, panel: panel, taps: taps, filter: filter)
    default: sum(Vector1<S>.self, window, panel: panel, taps: taps, filter: filter)
    }
  }

  @inline(__always)
  private func sum<Columns: Lanes>(
    _: Columns.Type, _ window: Window, panel: Int, taps: Range<Int>, filter: UnsafePointer<S>
  ) where Columns.Scalar == S {
    let pitch = window.pitch
    let pixel = window.pixel
    // Copied patches are the pixels of a 1×1 convolution.
    let patches = window.holdsPatches
    let step = patches ? 1 : self.step
    // With one group and no dilation a kernel row is one run; else each column is its own.
    let contiguous = patches || dilationColumns == 1 && pixel == usedChannels
    let walk = TileWalk(
      outer: patches ? 1 : taps.count, middle: contiguous ? 1 : tapColumns,
      inner: patches ? pixel : contiguous ? tapColumns * usedChannels : usedChannels,
      aOuter: dilationRows * pitch, aMiddle: dilationColumns * pixel, bOuter: panels.rowSize,
      bMiddle: usedChannels * Columns.width, steps: ImageSteps(row: step * pixel))
    // A 1×1 convolution that skips nothing sees its rows as one long row.
    let joined =
      (tapRows == 1 || patches) && pitch == columns * step * pixel && step == 1
      && targetRow == columns * targetPixel
    let wanted = min(Columns.width, panels.outputs - panel * Columns.width)
    for n in 0..<window.images.count {
      let from = window.base + n * window.image + taps.lowerBound * dilationRows * pitch
      let out =
        target + (window.images.lowerBound + n) * targetImage + window.first * targetRow
        + panel * Columns.width
      for i in 0..<(joined ? 1 : window.count) {
        walk.run(
          Columns.self, rows: joined ? window.count * columns : columns, columns: wanted,
          a: from + step * i * pitch, b: filter, c: out + i * targetRow, cRow: targetPixel,
          adding: taps.lowerBound > 0)
      }
    }
    withExtendedLifetime(window) {}
  }

  /// Copies a window of one image, which may reach beyond it, with zeros where nothing is.
  @inline(__always)
  fileprivate func copyWithZeros(
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
