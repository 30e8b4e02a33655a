// Winograd's filter gradient: the 36 products the other way round, summed over tiles.
//
// Source     Lavin & Gray, "Fast algorithms for convolutional neural networks", CVPR 2016
// Formula    dW = Gᵀ [Σ_tiles (Bᵀ x B) ⊙ (A dY Aᵀ)] G   the transposes of the steps forward
// Idea       The sum over tiles, for each of the 36 values, is a matrix product of [channels, tiles] with
//            [tiles, outputs]. Where tiles are many, all values of some tiles are made, and their products added
//            up; where the filter is large and tiles are few, each panel of outputs is summed and transformed
//            back before the next, and its values never leave the core's cache.
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
  require(g.suitsWinograd, "winogradFilterGradient: \(g) does not suit it.")
  let source = ImageGrid(input, g.height, g.width, g.channels)
  let gradient = ImageGrid(outputGradient, g.outHeight, g.outWidth, g.outChannels)
  let tiles = TileGrid(batch: g.batch, height: g.outHeight, width: g.outWidth)
  let (C, O) = (g.channels, g.outChannels)
  // As many tiles at once as the third-level cache holds with their values.
  let chunk =
    g.goesByPanels
    ? tiles.count : max(48, min(tiles.count, (3 << 19) / (36 * (C + O)) / 12 * 12))
  let patches = ValuePlanes<S>(tiles: chunk, channels: C)
  let gradients = ValuePlanes<S>(tiles: chunk, channels: O)
  func fill(_ first: Int, _ count: Int) {
    parallelFor(2 * ((count + 11) / 12)) { n in
      let range = n / 2 * 12..<min(count, n / 2 * 12 + 12)
      if n % 2 == 0 {
        patches.fill(
          PatchToValues.self, range, from: source, tiles, first: first, origin: -g.padding)
      } else {
        gradients.fill(
          OutputsToValues.self, range, from: gradient, tiles, first: first, origin: 0)
      }
    }
  }
  typealias Columns = Beside<Vector1<S>>
  let panels = (O + Columns.width - 1) / Columns.width
  let few = ConvolutionGeometry.channelsAtOnce
  let strips = (C + few - 1) / few
  let out = filterGradient.pointer
  if g.goesByPanels {
    fill(0, tiles.count)
    parallelFor(panels) { panel in
      let pitch = few * Columns.width + 16
      let o = panel * Columns.width
      let sums = Buffer<S>(uninitialized: 36 * pitch)
      for c in stride(from: 0, to: C, by: few) {
        for point in 0..<36 {
          FlatWalk(count: tiles.count, steps: PlaneSteps(a: C, b: O)).run(
            Together<Columns>.self, rows: min(few, C - c), columns: O - o,
            a: patches.plane(point) + c, b: gradients.plane(point) + o,
            c: sums.pointer + point * pitch, cRow: Columns.width, adding: false)
        }
        valuesToFilters(
          UnsafePointer(sums.pointer), pitch, Columns.width, 0..<min(few, C - c),
          outputs: min(Columns.width, O - o), to: out + c * O + o, size: C * O, line: O)
      }
      withExtendedLifetime(sums) {}
    }
  } else {
    let sums = Buffer<S>(uninitialized: 36 * C * O)
    for first in stride(from: 0, to: tiles.count, by: chunk) {
      let count = min(chunk, tiles.count - first)
      fill(first, count)
      parallelFor(36 * strips * panels) { n in
        let (point, rest) = (n / (strips * panels), n % (strips * panels))
        let (c, o) = (rest / panels * few, rest % panels * Columns.width)
        FlatWalk(count: count, steps: PlaneSteps(a: C, b: O)).run(
          Together<Columns>.self, rows: min(few, C - c), columns: O - o,
          a: patches.plane(point) + c, b: gradients.plane(point) + o,
          c: sums.pointer + (point * C + c) * O + o, cRow: O, adding: first > 0)
      }
    }
    parallelRuns(C, grain: 4) { channels in
      valuesToFilters(
        UnsafePointer(sums.pointer), C * O, O, channels, outputs: O, to: out, size: C * O, line: O)
    }
    withExtendedLifetime(sums) {}
  }
  withExtendedLifetime((input, outputGradient, patches, gradients)) {}
}

/// The gradients of values back to those of filters, for some channels.
///
/// Value k of channel c begins at k · pitch + c · row; tap t of it goes to t · size + c · line.
private func valuesToFilters<S: KernelScalar>(
  _ sums: UnsafePointer<S>, _ pitch: Int, _ row: Int, _ channels: Range<Int>, outputs: Int,
  to out: UnsafeMutablePointer<S>, size: Int, line: Int
) {
  withRoom(S.self) { between in
    for c in channels {
      for o in stride(from: 0, to: outputs, by: S.Vector.scalarCount) {
        ValuesToFilter.apply(
          between: between, from: { (sums + $0 * pitch + c * row + o).vector },
          to: { (out + $0 * size + c * line + o).vector = $1 })
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
}
