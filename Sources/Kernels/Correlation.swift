// Correlation: the pass that convolution forward and its input gradient share.
//
// Formula    y[i, j, o] = Σ u,v,c  x[origin + step·i + dilation·u, …, c] · w[u, v, c, o]
// Idea       Channels are last, so for one output pixel and one kernel row the (column, channel)
//            pairs it needs are one contiguous run of memory. A tile takes R neighbouring output
//            pixels × 2 vectors of output channels and walks that run: one input scalar of each
//            pixel is broadcast against the same filter vectors. No im2col, no packing of images.
// Pieces     A piece of work is some output rows of an image, or several small images, or a panel of the filter for
//            all images where the filter is the larger operand. What follows a convolution pixel by pixel is part
//            of the piece that sums the pixel, while it is in the cache; what comes before it, of the one that reads
//            the pixel.
// Read       FilterPanels.swift, CorrelationWindow.swift, CorrelationPass.swift ← this file → Convolution.swift

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
  /// Whether the sums are added to what the target holds.
  var addsToTarget = false

  /// Runs some correlations of one batch on the thread team, what comes before on x, their source, and what follows on
  /// y, their target.
  ///
  /// Those that read the same channels at the same rows take turns at each piece: what they read is copied once.
  /// The source's pixels are made in the piece that reads them, and the work is done in the piece that sums a pixel's
  /// channels, where that is one.
  @inline(__always)
  static func run(
    _ all: [Correlation], making deferred: DeferredPixels<S>?, of x: Buffer<S>,
    then work: PixelWork<S>, on y: Buffer<S>
  ) {
    let all = all.filter { $0.rows > 0 && $0.columns > 0 && $0.batch > 0 }
    let byPieces = all.filter { !$0.hasLargeFilter }
    let alone = all.count == 1 ? byPieces.first : nil
    let makes = alone?.readsPixelsOnce ?? false
    if !makes { deferred?.makeAll(of: x) }
    for one in all where one.hasLargeFilter { one.runByPanels() }
    let isWhole = alone?.sums(all: y, inPartsOf: work) ?? false
    runByPieces(byPieces, making: makes ? deferred : nil, of: x, then: isWhole ? work : .nothing)
    if !isWhole { work.run(all: y) }
  }

  /// Whether it makes all channels of all pixels of y, and can do so for as many images at once as work wants.
  private func sums(all y: Buffer<S>, inPartsOf work: PixelWork<S>) -> Bool {
    batch * rows * columns * panels.outputs == y.count
  }

  /// Whether every pixel of the source is read for one pixel of the target, the one at its place.
  private var readsPixelsOnce: Bool {
    tapRows * tapColumns == 1 && step == 1 && (originRow, originColumn) == (0, 0)
      && (rows, columns, usedChannels) == (height, width, channels)
  }

  /// Each piece of work is some output rows.
  @inline(__always)
  private static func runByPieces(
    _ all: [Correlation], making deferred: DeferredPixels<S>?, of x: Buffer<S>,
    then work: PixelWork<S>
  ) {
    var families: [[(correlation: Correlation, filter: Buffer<S>)]] = []
    for one in all {
      let member = (one, one.packedFilter())
      if let last = families.last, last[0].correlation.firstChannel == one.firstChannel {
        families[families.count - 1].append(member)
      } else {
        families.append([member])
      }
    }
    guard let one = families.first?[0].correlation else { return }
    // Output rows a piece; where an image has fewer, several images, as long as there are eight pieces to share. Work
    // that takes sums gets whole parts.
    let rows = families.joined().reduce(0) { max($0, $1.correlation.rows) }
    let pixels = one.pixelsAPiece
    let wanted = max(1, (rows * one.columns + pixels / 2) / pixels)
    let lines = work.parts?.linesAPart ?? 1
    let rowsAPiece = ((rows + wanted - 1) / wanted + lines - 1) / lines * lines
    let chunks = (rows + rowsAPiece - 1) / rowsAPiece
    let together = min(pixels / (rows * one.columns), one.batch * families.count / 8)
    let images = work.parts?.imagesAPart ?? 1
    let imagesAPiece = (max(1, together) + images - 1) / images * images
    let groups = (one.batch + imagesAPiece - 1) / imagesAPiece
    let beside = work.reads(of: one.target)
    // Of an image, so few pixels are made at a time that the second-level cache holds them, what they are made of, and
    // that of the next.
    let linesAtOnce =
      deferred == nil || imagesAPiece > 1
      ? rowsAPiece : min(rowsAPiece, max(1, (1 << 14) / (one.columns * one.channels)))
    let next = imagesAPiece * linesAtOnce * one.columns * one.channels * MemoryLayout<S>.stride
    let ahead = deferred.map {
      $0.places(of: x.pointer).map { $0 + next - UnsafeRawPointer(x.pointer) }
    }
    work.begin()
    parallelFor(groups * families.count * chunks) { n in
      let first = n % chunks * rowsAPiece
      let family = families[n / chunks % families.count]
      let image = n / chunks / families.count * imagesAPiece
      let images = image..<min(one.batch, image + imagesAPiece)
      /// Pixels from some row on; several images are whole ones.
      func pixels(_ first: Int, _ count: Int) -> Range<Int> {
        let last = (images.upperBound - 1) * one.rows + min(one.rows, first + count)
        return (image * one.rows + first) * one.columns..<last * one.columns
      }
      let end = min(rows, first + rowsAPiece)
      for line in stride(from: first, to: end, by: linesAtOnce) {
        let count = min(linesAtOnce, end - line)
        deferred?.make(pixels(line, count), of: x.pointer)
        sum(family, images: images, first: line, count: count, beside: beside, ahead: ahead)
      }
      if case .nothing = work { return }
      work.run(pixels(first, rowsAPiece), of: one.target)
    }
    work.end()
    withExtendedLifetime(families) {}
  }

  /// Output pixels a piece, roughly: 144, enough to use a panel often while it is in cache.
  ///
  /// More, where channels are few: such pieces are over in some microseconds, and each begins with lines that nobody
  /// has asked for. But what a piece reads and writes should stay in the second-level cache for what follows, and many
  /// threads should still share a small batch.
  private var pixelsAPiece: Int {
    let bytes = (usedChannels + panels.outputs) * MemoryLayout<S>.stride
    return max(144, min(576, (1 << 18) / bytes, batch * rows * columns / 32))
  }

  /// Sums some output rows of some images, all panels of all members of a family.
  @inline(__always)
  private static func sum(
    _ family: [(correlation: Correlation, filter: Buffer<S>)], images: Range<Int>, first: Int,
    count: Int, beside: AskBeside?, ahead: [Int]?
  ) {
    // Pieces may be a few microseconds long: nothing is allocated but what is copied.
    var region = Region.none
    for n in family.indices where family[n].correlation.rows > first {
      let rows = min(count, family[n].correlation.rows - first)
      region.include(family[n].correlation.region(first: first, count: rows))
    }
    let inPlace = family.allSatisfy { $0.correlation.readsInPlace }
    let window = Window(
      family[0].correlation, images: images, region, inPlace: inPlace, inParallel: false)
    for n in family.indices where family[n].correlation.rows > first {
      let rows = min(count, family[n].correlation.rows - first)
      let panels = family[n].correlation.panels
      let filter = UnsafePointer(family[n].filter.pointer)
      for panel in 0..<panels.count {
        for tap in stride(from: 0, to: panels.tapRows, by: panels.tapRowsAtOnce) {
          let pass = Pass(
            window: window, images: 0..<images.count, first: first, count: rows, panel: panel,
            taps: panels.taps(from: tap),
            filter: filter + panel * panels.size + tap * panels.rowSize)
          family[n].correlation.sum(pass, beside: beside, ahead: ahead)
        }
      }
    }
  }

  /// Whether the filter is so much larger than the pixels that its panels are the pieces of work.
  private var hasLargeFilter: Bool {
    guard panels.count >= 8 else { return false }
    return panels.count * panels.size > 4 * batch * height * width * usedChannels
      || panels.tapRowsAtOnce < tapRows && batch * rows * columns <= 1024
  }

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

  /// Goes through the panels; each is packed where it is used, while it is in cache.
  ///
  /// The last stage of a network has many weights and few pixels: writing all packed panels to memory
  /// and reading them again would take a sixth of the time.
  @inline(__always)
  private func runByPanels() {
    let window = Window(
      self, images: 0..<batch, region(first: 0, count: rows), inPlace: readsInPlace,
      inParallel: true)
    parallelFor(panels.count) { panel in
      let filter = Buffer<S>(uninitialized: panels.tapRowsAtOnce * panels.rowSize)
      for tap in stride(from: 0, to: tapRows, by: panels.tapRowsAtOnce) {
        let taps = panels.taps(from: tap)
        panels.pack(panel: panel, rows: taps, to: filter.pointer)
        for image in 0..<batch {
          // What is packed next lies in memory: each image asks for a share of it.
          if taps.upperBound < tapRows {
            panels.ask(
              panel: panel, rows: panels.taps(from: taps.upperBound), share: image, of: batch)
          } else if panel + 1 < panels.count {
            panels.ask(panel: panel + 1, rows: panels.taps(from: 0), share: image, of: batch)
          }
          sum(
            Pass(
              window: window, images: image..<image + 1, first: 0, count: rows, panel: panel,
              taps: taps, filter: UnsafePointer(filter.pointer)))
        }
      }
    }
  }
}
