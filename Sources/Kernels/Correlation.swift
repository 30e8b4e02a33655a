// Correlation: the pass that convolution forward and its input gradient share.
//
// Formula    y[i, j, o] = Σ u,v,c  x[origin + step·i + dilation·u, …, c] · w[u, v, c, o]
// Idea       Channels are last, so for one output pixel and one kernel row the (column, channel)
//            pairs it needs are one contiguous run of memory. A tile takes R neighbouring output
//            pixels × 2 vectors of output channels and walks that run: one input scalar of each
//            pixel is broadcast against the same filter vectors. No im2col, no packing of images.
// Zeros      Tap rows above and below the image are not walked, columns beside it where a tile is a whole row: what they
//            would add is an exact 0, so no sum changes.
// Pieces     A piece of work is some output rows of an image, or several small images, or a panel of the filter for
//            all images where the filter is the larger operand. What follows a convolution pixel by pixel is part
//            of the piece that sums the pixel, while it is in the cache; what comes before it, of the one that reads
//            the pixel.
// Read       TileWalk.swift, ColorWalk.swift, BorderedWalk.swift, FilterPanels.swift, CorrelationWindow.swift ← this file → Convolution.swift

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

  /// What one pass over the pixels sums: some output rows of a window, in one panel, from some tap rows.
  private struct Pass {
    let window: Window
    /// Which of the window's images.
    let images: Range<Int>
    let first: Int
    let count: Int
    let panel: Int
    let taps: Range<Int>
    let filter: UnsafePointer<S>
  }

  /// Sums a pass, by the walk and the tiles for what it reads and asks for.
  @inline(__always)
  private func sum(_ pass: Pass, beside: AskBeside? = nil, ahead: [Int]? = nil) {
    typealias One = Vector1<S>
    typealias Two = Beside<Vector1<S>>
    if readsColors(pass.window) {
      switch (panels.vectors, step) {
      case (2, 1): return sumColors(Together<Two>.self, pass, ColorSteps1())
      case (2, 2): return sumColors(Together<Two>.self, pass, ColorSteps2())
      case (1, 1): return sumColors(Together<One>.self, pass, ColorSteps1())
      case (1, 2): return sumColors(Together<One>.self, pass, ColorSteps2())
      default: break
      }
    }
    switch (panels.vectors, beside, askAhead(ahead, panel: pass.panel)) {
    case (4, _, _): sum(Low<Four<S>>.self, pass, AskNothing())
    case (2, let beside?, let ahead?):
      sum(Spread<Two>.self, pass, AskBoth(first: beside, second: ahead))
    case (2, let beside?, nil): sum(Spread<Two>.self, pass, beside)
    case (2, nil, let ahead?): sum(Spread<Two>.self, pass, ahead)
    case (2, nil, nil): sum(Spread<Two>.self, pass, AskNothing())
    default: sum(Spread<One>.self, pass, AskNothing())
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

  /// Whether a window is of the three colours of an image, one pixel after the other.
  @inline(__always)
  private func readsColors(_ window: Window) -> Bool {
    window.pixel == 3 && usedChannels == 3 && dilationColumns == 1
  }

  @inline(__always)
  private func sumColors<Tiles: TileFamily>(_: Tiles.Type, _ pass: Pass, _ steps: some PixelSteps)
  where Tiles.Columns.Scalar == S {
    follow(Tiles.self, pass) { tapRows, _ in
      ColorWalk(
        outer: tapRows, middle: tapColumns, aOuter: dilationRows * pass.window.pitch, steps: steps)
    }
  }

  /// Sums a pass by one even loop, where there is no turn, or by nested counts.
  @inline(__always)
  private func sum<Tiles: TileFamily, Later: Meanwhile>(
    _: Tiles.Type, _ pass: Pass, _ later: Later
  ) where Tiles.Columns.Scalar == S {
    let pixel = pass.window.pixel
    let steps = ImageSteps(row: step * pixel)
    // With one group and no dilation a kernel row is one run; else each column is its own.
    let contiguous = dilationColumns == 1 && pixel == usedChannels
    let inner = contiguous ? tapColumns * usedChannels : usedChannels
    if pass.window.hasNoBorder && contiguous && pass.taps.count * tapColumns > 1 {
      follow(Tiles.self, pass) { tapRows, part in
        BorderedWalk(
          outer: tapRows, middle: tapColumns, channels: usedChannels,
          aOuter: dilationRows * pass.window.pitch, bOuter: panels.rowSize, steps: steps,
          skipsFirst: part.hasFirst && reachesLeft, skipsLast: part.hasLast && reachesRight,
          below: step * pass.window.pitch)
      }
    } else if pass.taps.count == 1 && (contiguous || tapColumns == 1) {
      follow(Tiles.self, pass) { tapRows, _ in
        FlatWalk(count: tapRows * inner, steps: steps, later: later)
      }
    } else {
      follow(Tiles.self, pass) { tapRows, _ in
        NestedWalk(
          outer: tapRows, middle: contiguous ? 1 : tapColumns, inner: inner,
          aOuter: dilationRows * pass.window.pitch, aMiddle: dilationColumns * pixel,
          bOuter: panels.rowSize, bMiddle: usedChannels * Tiles.Columns.width, steps: steps)
      }
    }
  }

  /// Whether the first tap column lies one pixel left of the image, and the last one pixel right of it.
  private var reachesLeft: Bool { originColumn == -1 }
  private var reachesRight: Bool { lastColumn == width }
  private var hasBorders: Bool { reachesLeft || reachesRight }
  /// Where the last tap of a row's last output lies.
  private var lastColumn: Int {
    originColumn + step * (columns - 1) + dilationColumns * (tapColumns - 1)
  }

  /// Whether the image is read where it lies: no tap column lies beside it, or walks leave out the one on each side that
  /// does. (The walk of three colours does not.)
  private var readsInPlace: Bool {
    if originColumn >= 0 && lastColumn < width { return true }
    return dilationColumns == 1 && tapColumns > 1 && usedChannels == channels && channels != 3
      && originColumn >= -1 && lastColumn <= width
  }

  /// The tap rows that an output row finds inside the image; the others would multiply zeros.
  ///
  @inline(__always)
  private func tapsInside(row: Int) -> Range<Int> {
    stepsInside(height, from: originRow + step * row, step: dilationRows, count: tapRows)
  }

  /// Neighbouring pixels of an output row, and whether they are its first and its last ones.
  private struct RowPart {
    let pixels: Range<Int>
    let hasFirst: Bool
    let hasLast: Bool
  }

  /// Follows walks along some tap rows from every pixel of a pass.
  ///
  /// The first tap rows write their sums, or add them where that is asked for; the others add. The first and the last tile
  /// of a row have walks of their own, if the row ends beside them.
  @inline(__always)
  private func follow<Tiles: TileFamily, W: Walk>(
    _: Tiles.Type, _ pass: Pass, _ walk: (_ tapRows: Int, _ part: RowPart) -> W
  ) where Tiles.Columns.Scalar == S {
    let lanes = Tiles.Columns.width
    let window = pass.window
    let (pitch, pixel) = (window.pitch, window.pixel)
    // A 1×1 convolution that skips nothing sees its rows as one long row, if all of them are there.
    let joined =
      tapRows * tapColumns == 1 && window.hasRows(of: self) && pitch == columns * step * pixel
      && step == 1
      && targetRow == columns * targetPixel
    let lines = joined ? 1 : pass.count
    // Tap (0, 0) of the first output; a patch begins with it.
    let origin =
      (originRow + step * pass.first - window.region.top) * pitch
      + (originColumn - window.region.left) * pixel
    let length = joined ? pass.count * columns : columns
    var (head, tail) = (length, 0)
    if window.hasNoBorder && hasBorders {
      head = Tiles.next(length)
      while tail + Tiles.next(length - tail) < length { tail += Tiles.next(length - tail) }
    }
    for n in pass.images {
      let from = window.base + n * window.image + origin
      let out =
        target + (window.images.lowerBound + n) * targetImage + pass.first * targetRow
        + pass.panel * lanes
      for i in 0..<lines {
        let inside = joined ? pass.taps : tapsInside(row: pass.first + i)
        let taps = pass.taps.clamped(to: inside)
        // A row that finds no tap inside is zeros.
        if taps.isEmpty && !(inside.isEmpty && pass.taps.lowerBound == 0) { continue }
        let c = out + i * targetRow
        let nextPanel = pass.panel + 1 < panels.count ? out + lanes : nil
        let nextRow = i + 1 < lines ? c + targetRow : nextPanel
        var done = 0
        while done < length {
          let end = done == 0 ? head : done < tail ? tail : length
          let part = RowPart(pixels: done..<end, hasFirst: done == 0, hasLast: end == length)
          walk(taps.count, part).run(
            Tiles.self, rows: part.pixels.count,
            columns: min(lanes, panels.outputs - pass.panel * lanes),
            a: from + (step * i + taps.lowerBound * dilationRows) * pitch + done * step * pixel,
            b: pass.filter + (taps.lowerBound - pass.taps.lowerBound) * panels.rowSize,
            c: c + done * targetPixel, cRow: targetPixel,
            adding: addsToTarget || taps.lowerBound > inside.lowerBound,
            next: part.hasLast ? nextRow : c + end * targetPixel)
          done = end
        }
      }
    }
    withExtendedLifetime(window) {}
  }
}
