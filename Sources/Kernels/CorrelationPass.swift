// A pass of a correlation: some output rows, one panel of the filter, by the walk that fits.
//
// Idea       What a window reads decides how a tile walks it: one even loop where there is no turn, the three colours of a
//            first layer, or nested counts, over an image's rows where they lie or a copy with zeros around it.
// Zeros      Tap rows above and below the image are not walked, nor are columns beside it where it is read in place: what
//            they would add is an exact 0, so no sum changes.
// Read       TileWalk.swift, ColorWalk.swift, WindowWalk.swift, CorrelationWindow.swift ← this file → Correlation.swift

extension Correlation {
  /// What one pass over the pixels sums: some output rows of a window, in one panel, from some tap rows.
  struct Pass {
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
  func sum(_ pass: Pass, beside: AskBeside? = nil, ahead: [Int]? = nil) {
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
    case (4, _, _): sumWindow(Low<Four<S>>.self, pass)
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
    guard pass.taps.count * tapColumns == 1 else { return sumWindow(Tiles.self, pass) }
    let steps = ImageSteps(row: step * pass.window.pixel)
    follow(Tiles.self, pass) { tapRows, _ in
      FlatWalk(count: tapRows * usedChannels, steps: steps, later: later)
    }
  }

  /// Sums a pass by nested counts.
  ///
  /// By these also where there is no turn, if the tile is wide: the compiler makes two steps of the even loop one, and has
  /// no registers for them (512 → 128 channels, float64, one thread: 35 GFLOP/s of 59, 56 so).
  @inline(__always)
  private func sumWindow<Tiles: TileFamily>(_: Tiles.Type, _ pass: Pass)
  where Tiles.Columns.Scalar == S {
    let pixel = pass.window.pixel
    // With one group and no dilation a tap row is one run, if no column is left out; else each column is its own.
    let isRun = dilationColumns == 1 && pixel == usedChannels
    follow(Tiles.self, pass) { tapRows, part in
      let columns = isRun && !part.skipsFirst && !part.skipsLast ? 1 : tapColumns
      return WindowWalk(
        outer: tapRows, middle: columns, inner: tapColumns / columns * usedChannels,
        aOuter: dilationRows * pass.window.pitch,
        aMiddle: tapColumns / columns * dilationColumns * pixel, bOuter: panels.rowSize,
        steps: ImageSteps(row: step * pixel), skipsFirst: part.skipsFirst,
        skipsLast: part.skipsLast, below: step * pass.window.pitch)
    }
  }

  /// Whether the first tap column lies one pixel left of the image, and the last one pixel right of it.
  private var reachesLeft: Bool { originColumn == -1 }
  private var reachesRight: Bool { lastColumn == width }
  /// Where the last tap of a row's last output lies.
  private var lastColumn: Int {
    originColumn + step * (columns - 1) + dilationColumns * (tapColumns - 1)
  }

  /// Whether the image is read where it lies: no tap column lies beside it, or walks leave out the one on each side that
  /// does. (The walk of three colours does not.)
  var readsInPlace: Bool {
    if originColumn >= 0 && lastColumn < width { return true }
    guard WindowWalk.leavesOut(S.self) else { return false }
    return dilationColumns == 1 && tapColumns > 1 && usedChannels == channels && channels != 3
      && originColumn >= -1 && lastColumn <= width
  }

  /// The tap rows that an output row finds inside the image; the others would multiply zeros.
  @inline(__always)
  private func tapsInside(row: Int) -> Range<Int> {
    stepsInside(height, from: originRow + step * row, step: dilationRows, count: tapRows)
  }

  /// Neighbouring pixels of an output row, and which of them leave out a tap column: the row's first one the first, its
  /// last one the last.
  private struct RowPart {
    let pixels: Range<Int>
    let skipsFirst: Bool
    let skipsLast: Bool
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
    let skipsFirst = window.hasNoBorder && reachesLeft
    let skipsLast = window.hasNoBorder && reachesRight
    var (head, tail) = (length, 0)
    if skipsFirst || skipsLast {
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
          let part = RowPart(
            pixels: done..<end, skipsFirst: skipsFirst && done == 0,
            skipsLast: skipsLast && end == length)
          walk(taps.count, part).run(
            Tiles.self, rows: part.pixels.count,
            columns: min(lanes, panels.outputs - pass.panel * lanes),
            a: from + (step * i + taps.lowerBound * dilationRows) * pitch + done * step * pixel,
            b: pass.filter + (taps.lowerBound - pass.taps.lowerBound) * panels.rowSize,
            c: c + done * targetPixel, cRow: targetPixel,
            adding: addsToTarget || taps.lowerBound > inside.lowerBound,
            next: end == length ? nextRow : c + end * targetPixel)
          done = end
        }
      }
    }
    withExtendedLifetime(window) {}
  }
}
