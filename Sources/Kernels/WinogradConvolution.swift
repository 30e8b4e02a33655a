// Winograd convolution: 3×3 filters with a fifth to a third of the multiplications; with stride 2, six tenths.
//
// Source     Lavin & Gray, "Fast algorithms for convolutional neural networks", CVPR 2016
// Formula    Y = Aᵀ [Σ_c (G w Gᵀ) ⊙ (Bᵀ x B)] A   for every tile of m × m outputs, m = 3, 4 or 6
// Idea       The sum over channels, for each of the (m + 2)² values, is a matrix product of
//            [tiles, channels] with [channels, outputs]. So: transform the filter and the patches,
//            multiply 25, 36 or 64 times, transform back. The input gradient is the same with dY, the filter
//            turned around and its channels exchanged. Stride 2 has transforms of its own (WinogradStride.swift), and
//            so have products of matrices, which are 1×1 convolutions (StrassenProduct.swift).
// Error      The values at ±2 are large and cancel: in float32 results differ from direct ones by a few
//            units in the sixth digit instead of the seventh (docs/speed.md has the figures). So
//            float64, the oracle, and whoever does not ask for it use the direct convolution.
// Order      The cut into tiles depends on the extents alone: the same bits at any number of threads.
// Read       WinogradTransforms.swift, WinogradTiles.swift, WinogradPlan.swift ← this file →
//            WinogradFilterGradient.swift, Tensors/Convolution.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// Convolution forward by Winograd's algorithm; only where `g.suitsWinograd`.
///
/// - Parameters:
///   - g: Extents and padding.
///   - input: `g.inputShape`.
///   - filter: `g.filterShape`.
///   - output: `g.outputShape`; every element is written.
///   - deferred: How the pixels of the input are made first, if they are not there yet.
///   - work: What is done with the pixels of the output, while they are in the cache.
@specialized(where S == Float)
@specialized(where S == Double)
public func winogradConvolution<S: KernelScalar>(
  _ g: ConvolutionGeometry, input: Buffer<S>, filter: Buffer<S>, into output: Buffer<S>,
  making deferred: DeferredPixels<S>? = nil, then work: PixelWork<S> = .nothing
) {
  g.check(input: input.count, filter: filter.count, output: output.count)
  deferred?.check(g.inputShape)
  work.check(g.outputShape)
  let plan = WinogradPlan(proving: g)
  func run<F: WinogradForm>(_: F.Type) {
    WinogradProduct<S, F>(
      batch: plan.images, source: g.grid(input: input), target: g.grid(output: output),
      taps: FilterTaps(filter, g), origin: -g.padding
    ).run(plan.pieces, making: deferred, of: input, then: work, on: output)
  }
  switch (g.stride, plan.side) {
  case (_, 2): run(StrassenProduct.self)
  case (1, 6): run(SixBySix.self)
  case (1, 4): run(FourByFour.self)
  case (1, _): run(ThreeByThree.self)
  case (_, 4): run(WithStride<FourOfTwoTaps>.self)
  case (_, _): run(WithStride<ThreeOfTwoTaps>.self)
  }
  withExtendedLifetime((input, filter, output)) {}
}

/// The gradient of a convolution's input by Winograd's algorithm; only where `g.suitsWinograd`.
///
/// - Parameters:
///   - g: Extents and padding.
///   - outputGradient: dY, `g.outputShape`.
///   - filter: `g.filterShape`.
///   - inputGradient: dX, `g.inputShape`; every element is written.
///   - adding: Add to dX instead of overwriting it.
///   - deferred: How the pixels of dY are made first, if they are not there yet.
///   - work: What is done with the pixels of dX, while they are in the cache.
@specialized(where S == Float)
@specialized(where S == Double)
public func winogradInputGradient<S: KernelScalar>(
  _ g: ConvolutionGeometry, outputGradient: Buffer<S>, filter: Buffer<S>,
  into inputGradient: Buffer<S>, adding: Bool = false, making deferred: DeferredPixels<S>? = nil,
  then work: PixelWork<S> = .nothing
) {
  g.check(input: inputGradient.count, filter: filter.count, output: outputGradient.count)
  deferred?.check(g.outputShape)
  work.check(g.inputShape)
  let plan = WinogradPlan(proving: g)
  if g.isMatrixProduct && g.stride > 1 && !adding { inputGradient.clear() }
  // dX is the correlation of dY with the filter turned around, channels exchanged.
  func run<F: WinogradForm>(_: F.Type) {
    WinogradProduct<S, F>(
      batch: plan.images, source: g.grid(output: outputGradient),
      target: g.grid(input: inputGradient), taps: FilterTaps(filter, g, isTurned: true),
      origin: g.isMatrixProduct || g.stride == 2 ? 0 : g.padding - 2, adding: adding
    ).run(plan.pieces, making: deferred, of: outputGradient, then: work, on: inputGradient)
  }
  switch (g.stride, plan.side) {
  case (_, 2): run(StrassenProduct.self)
  case (1, 6): run(SixBySix.self)
  case (1, 4): run(FourByFour.self)
  case (1, _): run(ThreeByThree.self)
  case (_, 4): run(WithStride<FourOfTwoTaps>.InputGradient.self)
  case (_, _): run(WithStride<ThreeOfTwoTaps>.InputGradient.self)
  }
  withExtendedLifetime((outputGradient, filter, inputGradient)) {}
}

/// Forward, and the input gradient: transform, multiply, transform back.
private struct WinogradProduct<S: KernelScalar, F: WinogradForm> {
  let batch: Int
  let source: ImageGrid<S>
  let target: ImageGrid<S>
  let taps: FilterTaps<S>
  /// Where the first patch of an image begins.
  let origin: Int
  /// Whether the results are added to what the target holds.
  var adding = false
  typealias Columns = Beside<Vector1<S>>

  private var tiles: TileGrid<F> {
    TileGrid(batch: batch, height: target.height, width: target.width)
  }
  /// Panels of 2 vectors of target channels.
  private var panels: Int { (target.channels + Columns.width - 1) / Columns.width }
  /// Scalars of one of the values of a panel, with a line of cache more: planes a power of two apart would
  /// share one.
  private var pitch: Int { source.channels * Columns.width + 16 }

  /// Runs everything, what comes before on x, the source, and what follows on y, the target.
  func run(
    _ pieces: WinogradPlan.Pieces, making deferred: DeferredPixels<S>?, of x: Buffer<S>,
    then work: PixelWork<S>, on y: Buffer<S>
  ) {
    guard case .tiles(let few) = pieces else {
      deferred?.makeAll(of: x)
      if case .panels = pieces { runByPanels() } else { runByChunks() }
      return work.run(all: y)
    }
    // The tiles of a product may be pairs of all pixels, each read once; and their pieces may be whole parts of the sums
    // that its work takes.
    let isProduct = F.side == 2
    let pairs = 2 * few
    let makes =
      isProduct && source.rowStep == 2 * source.channels && source.height % 2 == 0
      && batch * source.height * source.rowStep == x.count
    let fits =
      isProduct && batch == 1 && target.rowStep == 2 * target.channels
      && stride(from: pairs, to: target.height, by: pairs).allSatisfy {
        work.parts?.parts(of: $0 - pairs..<$0) != nil
      }
    if !makes { deferred?.makeAll(of: x) }
    runByTiles(few, making: makes ? deferred : nil, then: fits ? work : .nothing)
    if !fits { work.run(all: y) }
  }

  /// Each piece takes a few tiles through all three steps.
  ///
  /// While it multiplies, it asks for the pixels that the next one reads, or for what they are made of, and for those
  /// that it will write itself, with what its work reads there.
  private func runByTiles(
    _ few: Int, making deferred: DeferredPixels<S>?, then work: PixelWork<S>
  ) {
    let tiles = tiles
    let filter = filterValues()
    let pieces = (tiles.count + few - 1) / few
    let written = UnsafeRawPointer(target.pointer)
    let besides = work.reads(of: target.pointer).map { Set([$0.first, $0.second]) } ?? []
    // What a piece reads and writes is about its share of the images: from one to the next it moves on in memory.
    let bytes = batch * MemoryLayout<S>.stride
    let (reads, writes) = (bytes * source.imageStep / pieces, bytes * target.imageStep / pieces)
    let next = deferred?.places(of: source.pointer) ?? [UnsafeRawPointer(source.pointer)]
    let regions =
      next.map { (first: $0 + reads, bytes: reads) }
      + ([0] + besides.sorted()).map { (first: written + $0, bytes: writes) }
    let share = regions.reduce(0) { $0 + $1.bytes } / (F.points * panels) + 1
    /// Where the lines lie that a product asks for, the first piece's.
    let asked = (0..<F.points * panels).map { product in
      var done = product * share
      for region in regions {
        if done < region.bytes { return (first: region.first + done, pieceStep: region.bytes) }
        done -= region.bytes
      }
      return (first: written, pieceStep: writes)
    }
    work.begin()
    parallelFor(pieces) { piece in
      let first = few * piece
      let count = min(few, tiles.count - first)
      let patches = ValuePlanes<S, F>(tiles: count, channels: source.channels)
      let products = ValuePlanes<S, F>(tiles: count, channels: target.channels)
      deferred?.make(2 * first..<2 * (first + count), of: source.pointer)
      patches.fill(
        F.PatchToValues.self, 0..<count, from: source, tiles, first: first, origin: origin,
        step: F.step)
      for point in 0..<F.points {
        for panel in 0..<panels {
          let (next, pieceStep) = asked[point * panels + panel]
          multiply(
            point, patches, filter, panel: panel, count, to: products,
            later: AskLater(
              next: next + piece * pieceStep, step: share / source.channels + 1))
        }
      }
      products.write(0..<count, to: target, tiles, first: first, adding: adding)
      if case .nothing = work { return }
      work.run(2 * first..<min(2 * (first + count), target.height), of: target.pointer)
    }
    work.end()
    withExtendedLifetime(filter) {}
  }

  /// The filter's values pass once for as many tiles as the third-level cache holds.
  private func runByChunks() {
    let tiles = tiles
    let filter = filterValues()
    let chunk = max(
      48, min(tiles.count, (2 << 20) / (F.points * (source.channels + target.channels)) / 12 * 12))
    let patches = ValuePlanes<S, F>(tiles: chunk, channels: source.channels)
    let products = ValuePlanes<S, F>(tiles: chunk, channels: target.channels)
    for first in stride(from: 0, to: tiles.count, by: chunk) {
      let count = min(chunk, tiles.count - first)
      let pieces = (count + 11) / 12
      parallelFor(pieces) { n in
        patches.fill(
          F.PatchToValues.self, 12 * n..<min(count, 12 * n + 12), from: source, tiles,
          first: first, origin: origin, step: F.step)
      }
      parallelFor(F.points * panels) { n in
        multiply(
          n / panels, patches, filter, panel: n % panels, count, to: products, later: AskNothing())
      }
      parallelFor(pieces) { n in
        products.write(
          12 * n..<min(count, 12 * n + 12), to: target, tiles, first: first, adding: adding)
      }
    }
    withExtendedLifetime(filter) {}
  }

  /// Each panel is made, used and forgotten in one piece of work.
  private func runByPanels() {
    let tiles = tiles
    let patches = ValuePlanes<S, F>(tiles: tiles.count, channels: source.channels)
    parallelFor((tiles.count + 11) / 12) { n in
      patches.fill(
        F.PatchToValues.self, 12 * n..<min(tiles.count, 12 * n + 12), from: source, tiles, first: 0,
        origin: origin, step: F.step)
    }
    // While values are used, the taps of the next are asked for (512 channels, one thread: 251 GFLOP/s of the
    // input gradient, 286 so).
    parallelFor(panels) { panel in
      let products = ValuePlanes<S, F>(tiles: tiles.count, channels: Columns.width)
      let few = F.channelsAtOnce
      let pitch = few * Columns.width + 16
      let values = Buffer<S>(uninitialized: F.filterPoints * pitch)
      for first in stride(from: 0, to: source.channels, by: few) {
        let channels = first..<min(source.channels, first + few)
        transform(panel: panel, channels, into: values.pointer, pitch)
        let isLast = channels.upperBound == source.channels
        let then = isLast ? 0 : channels.upperBound
        let next = lines(
          panel: isLast ? min(panel + 1, panels - 1) : panel,
          then..<min(source.channels, then + few))
        for point in 0..<F.points {
          next.ask(part: point, of: F.points)
          FlatWalk(count: channels.count, steps: ImageSteps(row: patches.rowStep)).run(
            Spread<Columns>.self, rows: tiles.count,
            columns: target.channels - panel * Columns.width,
            a: patches.plane(point) + first, b: values.pointer + F.filterPoint(of: point) * pitch,
            c: products.plane(point), cRow: Columns.width, adding: first > 0)
        }
      }
      products.write(
        0..<tiles.count, to: target, tiles, first: 0, firstChannel: panel * Columns.width,
        adding: adding)
      withExtendedLifetime(values) {}
    }
  }

  /// All values of the filter: [panel][value][channel][lane].
  private func filterValues() -> Buffer<S> {
    let values = Buffer<S>(uninitialized: panels * F.filterPoints * pitch)
    let blocks = (source.channels + 31) / 32
    parallelFor(panels * blocks) { n in
      let first = n % blocks * 32
      transform(
        panel: n / blocks, first..<min(source.channels, first + 32),
        into: values.pointer + n / blocks * F.filterPoints * pitch + first * Columns.width, pitch)
    }
    return values
  }

  /// The product of one value of a panel.
  private func multiply<Later: Meanwhile>(
    _ point: Int, _ patches: ValuePlanes<S, F>, _ filter: Buffer<S>, panel: Int, _ count: Int,
    to products: ValuePlanes<S, F>, later: Later
  ) {
    let value = panel * F.filterPoints + F.filterPoint(of: point)
    FlatWalk(count: source.channels, steps: ImageSteps(row: patches.rowStep), later: later).run(
      Spread<Columns>.self, rows: count, columns: target.channels - panel * Columns.width,
      a: patches.plane(point), b: UnsafePointer(filter.pointer) + value * pitch,
      c: products.plane(point, channel: panel * Columns.width), cRow: products.rowStep,
      adding: false)
  }

  /// Some source channels of a panel's values: [value][channel][lane], the values `pitch` scalars apart.
  private func transform(
    panel: Int, _ channels: Range<Int>, into values: UnsafeMutablePointer<S>, _ pitch: Int
  ) {
    let lanes = S.Vector.scalarCount
    let width = min(Columns.width, target.channels - panel * Columns.width)
    let size = channels.count * Columns.width
    let lines = lines(panel: panel, channels)
    withUnsafeTemporaryAllocation(of: S.self, capacity: taps.count * size) { turned in
      guard let block = turned.baseAddress else { return }
      for tap in 0..<taps.count {
        let first = lines.first + taps.offset(of: tap)
        if taps.isTransposed {
          packTransposed(
            first, leading: taps.leading, count: width, width: Columns.width, deep: channels.count,
            to: block + tap * size)
        } else {
          packLines(
            first, leading: taps.leading, count: width, width: Columns.width, deep: channels.count,
            to: block + tap * size)
        }
      }
      let (from, tapStep, line) = (UnsafePointer(block), size, Columns.width)
      withRoom(S.self) { between in
        for c in 0..<channels.count {
          for o in stride(from: 0, to: width, by: lanes) {
            let (first, out) = (from + c * line + o, values + c * Columns.width + o)
            F.FilterToValues.apply(
              between: between, from: { (first + $0 * tapStep).vector },
              to: { (out + $0 * pitch).vector = $1 })
          }
        }
      }
    }
  }

  /// Where the taps of some source channels of a panel lie.
  private func lines(panel: Int, _ channels: Range<Int>) -> FilterLines<S> {
    let width = min(Columns.width, target.channels - panel * Columns.width)
    let (line, place) =
      taps.isTransposed
      ? (panel * Columns.width, channels.lowerBound) : (channels.lowerBound, panel * Columns.width)
    return FilterLines(
      taps: taps, first: taps.first + line * taps.leading + place,
      count: taps.isTransposed ? width : channels.count,
      length: taps.isTransposed ? channels.count : width)
  }
}

/// Some lines of each of the taps of a filter.
private struct FilterLines<S: KernelScalar> {
  let taps: FilterTaps<S>
  /// The first line of the first tap that is wanted.
  let first: UnsafeMutablePointer<S>
  /// Lines a tap, and how long they are.
  let count: Int
  let length: Int

  /// Asks for one of equal parts of them.
  func ask(part: Int, of parts: Int) {
    let all = taps.count * count
    for n in all * part / parts..<all * (part + 1) / parts {
      let line = first + taps.offset(of: n / count) + n % count * taps.leading
      for i in stride(from: 0, to: length, by: S.aLine) {
        prefetchToReadLater(line + i)
      }
    }
  }
}

extension ConvolutionGeometry {
  /// The input, or its gradient, as tiles see it.
  func grid<S>(input: Buffer<S>) -> ImageGrid<S> {
    guard isMatrixProduct else { return ImageGrid(input, height, width, channels) }
    return ImageGrid(
      input, rows: matrixRows, channels,
      imageStep: stride == 1 ? input.count : stride * width * channels,
      rowStep: stride * channels)
  }

  /// The output, or its gradient, as tiles see it.
  func grid<S>(output: Buffer<S>) -> ImageGrid<S> {
    guard isMatrixProduct else { return ImageGrid(output, outHeight, outWidth, outChannels) }
    return ImageGrid(
      output, rows: matrixRows, outChannels, imageStep: matrixRows * outChannels,
      rowStep: outChannels)
  }

  /// Rows of the matrix of pixels that lie evenly: all, or, where some are skipped, those of one row of outputs.
  var matrixRows: Int { stride == 1 ? batch * outHeight * outWidth : outWidth }
}
