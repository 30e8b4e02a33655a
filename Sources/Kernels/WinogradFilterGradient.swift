// Winograd's filter gradient: the products the other way round, summed over tiles.
//
// Source     Lavin & Gray, "Fast algorithms for convolutional neural networks", CVPR 2016
// Formula    dW = Gᵀ [Σ_tiles (Bᵀ x B) ⊙ (A dY Aᵀ)] G   the transposes of the steps forward
// Idea       The sum over tiles, for each of the values, is a matrix product of [channels, tiles] with
//            [tiles, outputs]. Where tiles are many, all values of some tiles are made, and their products added
//            up; where the filter is large and tiles are few, each panel of outputs is summed and transformed
//            back before the next, and its values never leave the core's cache. Of a product of matrices each
//            thread has a part to itself.
// Layout     The gradients' values lie panel by panel: those of one are read again for every twelve channels, and 1 KiB
//            apart they would share a few sets of the first-level cache (256 channels at 24 × 24 with stride 2: 13.2 ms,
//            9.6 so).
// Read       WinogradConvolution.swift ← this file → Tensors/Convolution.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// The gradient of a convolution's filter by Winograd's algorithm; only where `g.suitsWinograd`.
///
/// - Parameters:
///   - g: Extents and padding.
///   - outputGradient: dY, `g.outputShape`.
///   - input: `g.inputShape`.
///   - filterGradient: dW, `g.filterShape`; every element is written.
@specialized(where S == Float)
@specialized(where S == Double)
public func winogradFilterGradient<S: KernelScalar>(
  _ g: ConvolutionGeometry, outputGradient: Buffer<S>, input: Buffer<S>,
  into filterGradient: Buffer<S>
) {
  g.check(input: input.count, filter: filterGradient.count, output: outputGradient.count)
  let plan = WinogradPlan(proving: g)
  func run<F: WinogradGradientForm>(_: F.Type) {
    let sum = WinogradSum<S, F>(
      batch: plan.images, source: g.grid(input: input), gradient: g.grid(output: outputGradient),
      taps: FilterTaps(filterGradient, g), origin: -g.padding)
    switch plan.pieces {
    case .panels: sum.runByPanels()
    case .tiles, .chunks: plan.side == 2 ? sum.runByParts() : sum.runByChunks()
    }
  }
  switch (g.stride, plan.side) {
  case (_, 2): run(StrassenProduct.self)
  case (1, 6): run(SixBySix.self)
  case (1, 4): run(FourByFour.self)
  case (1, _): run(ThreeByThree.self)
  case (_, 4): run(WithStride<FourOfTwoTaps>.self)
  case (_, _): run(WithStride<ThreeOfTwoTaps>.self)
  }
  withExtendedLifetime((input, outputGradient, filterGradient)) {}
}

/// Transform images and gradients, multiply and add, transform back.
private struct WinogradSum<S: KernelScalar, F: WinogradGradientForm> {
  let batch: Int
  let source: ImageGrid<S>
  let gradient: ImageGrid<S>
  /// dW.
  let taps: FilterTaps<S>
  /// Where the first patch of an image begins.
  let origin: Int
  typealias Columns = Beside<Vector1<S>>

  private var tiles: TileGrid<F> {
    TileGrid(batch: batch, height: gradient.height, width: gradient.width)
  }
  private var C: Int { source.channels }
  private var O: Int { gradient.channels }
  /// Panels of outputs; channels that are summed at a time.
  private var panels: Int { (O + Columns.width - 1) / Columns.width }
  private var few: Int { 96 }

  /// All tiles at once; each panel is summed, transformed back and forgotten in one piece of work.
  func runByPanels() {
    let patches = ValuePlanes<S, F>(tiles: tiles.count, channels: C)
    let gradients = ValuePlanes<S, F>(tiles: tiles.count, channels: O, block: Columns.width)
    fill(patches, gradients, first: 0, tiles.count)
    parallelFor(panels) { panel in
      let pitch = few * Columns.width + 16
      let o = panel * Columns.width
      let sums = Buffer<S>(uninitialized: F.filterPoints * pitch)
      for c in stride(from: 0, to: C, by: few) {
        for value in 0..<F.filterPoints {
          sum(
            value, of: patches, gradients, tiles.count, channel: c, output: o,
            to: sums.pointer + value * pitch, row: Columns.width, adding: false)
        }
        transformBack(
          UnsafePointer(sums.pointer), pitch, Columns.width, 0..<min(few, C - c),
          outputs: min(Columns.width, O - o), to: taps.first + c * taps.leading + o)
      }
      withExtendedLifetime(sums) {}
    }
    withExtendedLifetime((patches, gradients)) {}
  }

  /// As many tiles at once as the third-level cache holds with their values.
  func runByChunks() {
    let chunk = max(48, min(tiles.count, (3 << 19) / (F.points * (C + O)) / 12 * 12))
    let patches = ValuePlanes<S, F>(tiles: chunk, channels: C)
    let gradients = ValuePlanes<S, F>(tiles: chunk, channels: O, block: Columns.width)
    let sums = Buffer<S>(uninitialized: F.filterPoints * C * O)
    let strips = (C + few - 1) / few
    for first in stride(from: 0, to: tiles.count, by: chunk) {
      let count = min(chunk, tiles.count - first)
      fill(patches, gradients, first: first, count)
      parallelFor(F.filterPoints * strips * panels) { n in
        let (value, rest) = (n / (strips * panels), n % (strips * panels))
        let (c, o) = (rest / panels * few, rest % panels * Columns.width)
        sum(
          value, of: patches, gradients, count, channel: c, output: o,
          to: sums.pointer + (value * C + c) * O + o, row: O, adding: first > 0)
      }
    }
    parallelRuns(C, grain: 4) { channels in
      transformBack(
        UnsafePointer(sums.pointer), C * O, O, channels, outputs: O, to: taps.first)
    }
    withExtendedLifetime((patches, gradients, sums)) {}
  }

  /// Each thread has a part of the larger operand's channels to itself, and makes all values of the smaller one.
  ///
  /// Values are many times what they are made of, and cost little: better made twice than fetched from another core.
  func runByParts() {
    let lanes = S.Vector.scalarCount
    let vectors = max(C, O) / lanes
    let parts = min(ThreadTeam.count, vectors)
    // The cut into chunks, which decides the order of the sum, depends on the extents alone.
    let chunk = max(48, min(tiles.count, (3 << 17) / (F.points * (C + O)) / 12 * 12))
    parallelFor(parts) { part in
      let mine = vectors * part / parts * lanes..<vectors * (part + 1) / parts * lanes
      let (c, o) = C > O ? (mine, 0..<O) : (0..<C, mine)
      let patches = ValuePlanes<S, F>(tiles: chunk, channels: c.count)
      let gradients = ValuePlanes<S, F>(tiles: chunk, channels: o.count, block: Columns.width)
      let sums = Buffer<S>(uninitialized: F.filterPoints * c.count * o.count)
      for first in stride(from: 0, to: tiles.count, by: chunk) {
        let count = min(chunk, tiles.count - first)
        patches.fill(
          F.PatchToValues.self, 0..<count, from: source, tiles, first: first,
          firstChannel: c.lowerBound, origin: origin, step: F.step)
        gradients.fill(
          F.OutputsToValues.self, 0..<count, from: gradient, tiles, first: first,
          firstChannel: o.lowerBound, origin: 0, step: F.side)
        for value in 0..<F.filterPoints {
          for i in stride(from: 0, to: c.count, by: few) {
            for j in stride(from: 0, to: o.count, by: Columns.width) {
              sum(
                value, of: patches, gradients, count, channel: i, output: j,
                to: sums.pointer + (value * c.count + i) * o.count + j, row: o.count,
                adding: first > 0)
            }
          }
        }
      }
      transformBack(
        UnsafePointer(sums.pointer), c.count * o.count, o.count, 0..<c.count, outputs: o.count,
        to: taps.first + c.lowerBound * taps.leading + o.lowerBound)
      withExtendedLifetime(sums) {}
    }
  }

  /// The sum over tiles of one of the filter's values, of a strip of channels and a panel of outputs.
  private func sum(
    _ value: Int, of patches: ValuePlanes<S, F>, _ gradients: ValuePlanes<S, F>, _ count: Int,
    channel c: Int, output o: Int, to sums: UnsafeMutablePointer<S>, row: Int, adding: Bool
  ) {
    var isFirst = true
    for point in 0..<F.points where F.filterPoint(of: point) == value {
      FlatWalk(count: count, steps: PlaneSteps(a: patches.rowStep, b: gradients.rowStep)).run(
        Together<Columns>.self, rows: min(few, patches.channels - c),
        columns: min(Columns.width, gradients.channels - o),
        a: patches.plane(point, channel: c), b: gradients.plane(point, channel: o), c: sums,
        cRow: row, adding: adding || !isFirst)
      isFirst = false
    }
  }

  /// The values of some tiles of both operands.
  private func fill(
    _ patches: ValuePlanes<S, F>, _ gradients: ValuePlanes<S, F>, first: Int, _ count: Int
  ) {
    parallelFor(2 * ((count + 11) / 12)) { n in
      let range = n / 2 * 12..<min(count, n / 2 * 12 + 12)
      if n % 2 == 0 {
        patches.fill(
          F.PatchToValues.self, range, from: source, tiles, first: first, origin: origin,
          step: F.step)
      } else {
        gradients.fill(
          F.OutputsToValues.self, range, from: gradient, tiles, first: first, origin: 0,
          step: F.side)
      }
    }
  }

  /// The gradients of values back to those of filters, for some channels.
  ///
  /// Value k of channel c begins at k · pitch + c · row; its taps go to line c of the taps' planes.
  private func transformBack(
    _ sums: UnsafePointer<S>, _ pitch: Int, _ row: Int, _ channels: Range<Int>, outputs: Int,
    to out: UnsafeMutablePointer<S>
  ) {
    withRoom(S.self) { between in
      for c in channels {
        for o in stride(from: 0, to: outputs, by: S.Vector.scalarCount) {
          F.ValuesToFilter.apply(
            between: between, from: { (sums + $0 * pitch + c * row + o).vector },
            to: { (out + taps.offset(of: $0) + c * taps.leading + o).vector = $1 })
        }
      }
    }
  }
}

/// Operands in planes: rows side by side, steps known at run time.
private struct PlaneSteps: WalkSteps {
  let a: Int
  let b: Int
  @inline(__always) var row: Int { 1 }
  @inline(__always) func b(_ width: Int) -> Int { b }
  @inline(__always) func ahead(rows: Int, count: Int) -> (first: Int, step: Int) { (rows, a) }
}
