// Batch normalisation: the input gradient.
//
// Formula    dX = a g + b x + d   per channel over rows,   g = dY where y > 0
// Layout     [rows, channels]: an image batch has batch · height · width rows.
// Idea       Between two convolutions time is memory traffic. So a shortcut and the rectification are part of the same
//            passes: of the statistics and of the sums for backward, which are taken where x and dY are made, if that can
//            be (ChannelMoments.swift, ChannelGradientSums.swift), of the map forward (ChannelAffine.swift), and of
//            this one. dX may take the place of dY: a line of new memory is read before it is written.
// Read       ChannelMoments.swift, ChannelAffine.swift, ChannelGradientSums.swift ← this file → Autodiff/BatchNorm.swift
// Tests      Tests/KernelsTests/BatchNormalizationTests.swift

/// dX = a[c]·g + b[c]·x + d[c] per channel, g = dY where the gate lets it through.
///
/// - Parameters:
///   - dY: `[rows, channels]`.
///   - a: `[channels]`.
///   - x: `[rows, channels]`.
///   - b: `[channels]`.
///   - d: `[channels]`.
///   - gate: What rectified the output.
///   - rows: Extent of all axes but the last.
///   - channels: Extent of the last axis.
///   - dX: `[rows, channels]`; every element is written. It may be dY.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelInputGradient<S: KernelScalar>(
  _ dY: Buffer<S>, scale a: Buffer<S>, _ x: Buffer<S>, scale b: Buffer<S>, shift d: Buffer<S>,
  gate: RectifierGate<S> = .open, rows: Int, channels: Int, into dX: Buffer<S>
) {
  require(
    x.count == rows * channels && dY.count == x.count && dX.count == x.count && a.count == channels
      && b.count == channels && d.count == channels && gate.fits(rows: rows, channels: channels),
    "channelInputGradient: \(x.count) scalars as [\(rows), \(channels)].")
  func map<G: GradientGate<S>>(through gate: G) {
    let (given, from, to) = (UnsafePointer(dY.pointer), UnsafePointer(x.pointer), dX.pointer)
    let (α, β, δ) = (UnsafePointer(a.pointer), UnsafePointer(b.pointer), UnsafePointer(d.pointer))
    typealias L = Vector1<S>
    parallelRuns(rows, grain: max(1, elementGrain / max(1, channels))) { run in
      for row in run {
        for c in stride(from: 0, to: channels, by: L.width) {
          let i = row * channels + c
          let x = L.load(from + i)
          let g = gate.passing(L.load(given + i), x: x, place: i, column: c)
          let dX = L.load(δ + c).with(g, L.load(α + c)) { $0.addingProduct($1, $2) }
            .with(x, L.load(β + c)) { $0.addingProduct($1, $2) }
          dX.store(to + i, count: channels - c)
        }
      }
    }
  }
  switch gate {
  case .open: map(through: OpenGate())
  case .output(let y): map(through: OutputGate(y: y.pointer))
  case .affine(let scale, let shift):
    map(through: AffineGate(scale: scale.pointer, shift: shift.pointer))
  }
}
