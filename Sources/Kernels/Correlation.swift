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
// Read       TileWalk.swift, FilterPanels.swift, CorrelationWindow.swift, ConvolutionGeometry.swift ← this file → Convolution.swift

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
      && !(copiesPatches && (work.parts?.imagesAPart ?? 1) > 1)
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
    // Output rows a piece: about 144 pixels, enough to use a panel often while it is in cache; where an image
    // has fewer, several images, as long as there are eight pieces to share. Work that takes sums gets whole parts.
    let rows = families.joined().reduce(0) { max($0, $1.correlation.rows) }
    let wanted = max(1, (rows * one.columns + 72) / 144)
    let lines = work.parts?.linesAPart ?? 1
    let rowsAPiece = ((rows + wanted - 1) / wanted + lines - 1) / lines * lines
    let chunks = (rows + rowsAPiece - 1) / rowsAPiece
    let together = min(144 / (rows * one.columns), one.batch * families.count / 8)
    let images = work.parts?.imagesAPart ?? 1
    let imagesAPiece = ((one.copiesPatches ? 1 : max(1, together)) + images - 1) / images * images
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
    var window = Window(family[0].correlation, images: images, region, inParallel: false)
    if family.count == 1 && family[0].correlation.copiesPatches
      && window.pixel == family[0].correlation.usedChannels
    {
      window.copyPatches(
        family[0].correlation, count: min(count, family[0].correlation.rows - first))
    }
    for n in family.indices where family[n].correlation.rows > first {
      let rows = min(count, family[n].correlation.rows - first)
      let panels = family[n].correlation.panels
      let filter = UnsafePointer(family[n].filter.pointer)
      for panel in 0..<panels.count {
        for tap in stride(from: 0, to: panels.tapRows, by: panels.tapRowsAtOnce) {
          family[n].correlation.sum(
            window, first: first, count: rows, panel: panel, taps: panels.taps(from: tap),
            filter: filter + panel * panels.size + tap * panels.rowSize, beside: beside,
            ahead: ahead)
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
      self, images: 0..<batch, region(first: 0, count: rows), inParallel: true)
    parallelFor(panels.count) { panel in
      let filter = Buffer<S>(uninitialized: panels.tapRowsAtOnce * panels.rowSize)
      for tap in stride(from: 0, to: tapRows, by: panels.tapRowsAtOnce) {
        panels.pack(panel: panel, rows: panels.taps(from: tap), to: filter.pointer)
        sum(
          window, first: 0, count: rows, panel: panel, taps: panels.taps(from: tap),
          filter: UnsafePointer(filter.pointer))
      }
    }
  }

  /// Sums some tap rows of one panel over a window: the first ones write, or add where that is asked for; the
  /// others add.
  @inline(__always)
  private func sum(
    _ window: Window, first: Int, count: Int, panel: Int, taps: Range<Int>,
    filter: UnsafePointer<S>, beside: AskBeside? = nil, ahead: [Int]? = nil
  ) {
    typealias Two = Spread<Beside<Vector1<S>>>
    switch (panels.vectors, beside, askAhead(ahead, panel: panel)) {
    case (4, _, _): sum(Low<Four<S>>.self, window, first, count, panel, taps, filter)
    case (2, let beside?, let ahead?):
      let both = AskBoth(first: beside, second: ahead)
      sum(Two.self, window, first, count, panel, taps, filter, both)
    case (2, let beside?, nil): sum(Two.self, window, first, count, panel, taps, filter, beside)
    case (2, nil, let ahead?): sum(Two.self, window, first, count, panel, taps, filter, ahead)
    case (2, nil, nil): sum(Two.self, window, first, count, panel, taps, filter)
    default: sum(Spread<Vector1<S>>.self, window, first, count, panel, taps, filter)
    }
  }

  /// What a panel asks for: its share of what the next pixels are made of, which the first few panels do.
  @inline(__always)
  private func askAhead(_ places: [Int]?, panel: Int) -> AskAhead? {
    guard let places, let first = places.first, let last = places.last else { return nil }
    let shares = min(panels.count, 4)
    guard panel < shares else { return nil }
    let bytes = TileHeight.main * MemoryLayout<S>.stride
    let share = bytes * usedChannels / shares * panel
    return AskAhead(
      first: first + share, second: places[places.count / 2] + share, third: last + share,
      step: (bytes + shares - 1) / shares, next: source)
  }

  @inline(__always)
  private func sum<Tiles: TileFamily, Later: Meanwhile>(
    _: Tiles.Type, _ window: Window, _ first: Int, _ count: Int, _ panel: Int,
    _ taps: Range<Int>, _ filter: UnsafePointer<S>, _ later: Later = AskNothing()
  ) where Tiles.Columns.Scalar == S {
    let lanes = Tiles.Columns.width
    let pitch = window.pitch
    let pixel = window.pixel
    // Copied patches are the pixels of a 1×1 convolution.
    let patches = window.holdsPatches
    let step = patches ? 1 : self.step
    // With one group and no dilation a kernel row is one run; else each column is its own.
    let contiguous = patches || dilationColumns == 1 && pixel == usedChannels
    let steps = ImageSteps(row: step * pixel)
    let nested = NestedWalk(
      outer: patches ? 1 : taps.count, middle: contiguous ? 1 : tapColumns,
      inner: patches ? pixel : contiguous ? tapColumns * usedChannels : usedChannels,
      aOuter: dilationRows * pitch, aMiddle: dilationColumns * pixel, bOuter: panels.rowSize,
      bMiddle: usedChannels * lanes, steps: steps)
    let flat = FlatWalk(count: nested.inner, steps: steps, later: later)
    let isFlat = nested.outer == 1 && nested.middle == 1
    // A 1×1 convolution that skips nothing sees its rows as one long row.
    let joined =
      (tapRows == 1 || patches) && pitch == columns * step * pixel && step == 1
      && targetRow == columns * targetPixel
    let wanted = min(lanes, panels.outputs - panel * lanes)
    let adding = addsToTarget || taps.lowerBound > 0
    // Tap (0, 0) of the first output; a patch begins with it.
    let origin =
      patches
      ? 0
      : (originRow + step * first - window.region.top) * pitch
        + (originColumn - window.region.left) * pixel
    for n in 0..<window.images.count {
      let from =
        window.base + n * window.image + origin + taps.lowerBound * dilationRows * pitch
      let out =
        target + (window.images.lowerBound + n) * targetImage + first * targetRow
        + panel * lanes
      let rows = joined ? count * columns : columns
      for i in 0..<(joined ? 1 : count) {
        let (a, c) = (from + step * i * pitch, out + i * targetRow)
        if isFlat {
          flat.run(
            Tiles.self, rows: rows, columns: wanted, a: a, b: filter, c: c, cRow: targetPixel,
            adding: adding, next: panel + 1 < panels.count ? c + lanes : nil)
        } else {
          nested.run(
            Tiles.self, rows: rows, columns: wanted, a: a, b: filter, c: c, cRow: targetPixel,
            adding: adding)
        }
      }
    }
    withExtendedLifetime(window) {}
  }
}
