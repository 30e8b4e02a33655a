// Batch normalisation: the input gradient.
//
// Formula    dX = a g + b x + d   per channel over rows,   g = dY where y > 0
// Layout     [rows, channels]: an image batch has batch · height · width rows.
// Idea       Between two convolutions time is memory traffic. So a shortcut and the rectification are part of the same
//            passes: of the statistics and of the sums for backward, which are taken where x and dY are made, if that can
//            be (ChannelMoments.swift, ChannelGradientSums.swift), of the map forward (ChannelAffine.swift), and of
//            this one, which is part of the convolution that reads dX, if that can be (DeferredPixels.swift). dX may take
//            the place of dY: a line of new memory is read before it is written.
// Read       ChannelMoments.swift, ChannelAffine.swift, ChannelGradientSums.swift ← this file → Autodiff/BatchNorm.swift
// Tests      Tests/KernelsTests/BatchNormalizationTests.swift

/// dX = a[c]·g + b[c]·x + d[c] per channel, g = dY where the gate lets it through.
public struct ChannelInputGradient<S: KernelScalar>: Sendable {
  /// dY `[rows, channels]`.
  public let outputGradient: Buffer<S>
  /// a `[channels]`.
  public let scale: Buffer<S>
  /// x `[rows, channels]`.
  public let input: Buffer<S>
  /// b `[channels]`.
  public let inputScale: Buffer<S>
  /// d `[channels]`.
  public let shift: Buffer<S>
  /// What rectified the output.
  public let gate: RectifierGate<S>

  /// The map of dY and x.
  public init(
    of dY: Buffer<S>, scale a: Buffer<S>, _ x: Buffer<S>, scale b: Buffer<S>, shift d: Buffer<S>,
    gate: RectifierGate<S> = .open
  ) {
    (outputGradient, scale, input, inputScale, shift) = (dY, a, x, b, d)
    self.gate = gate
  }

  var channels: Int { scale.count }

  /// Stops if it does not fit dX `[rows, channels]`.
  func check(rows: Int, channels: Int) {
    require(
      input.count == rows * channels && outputGradient.count == input.count
        && scale.count == channels && inputScale.count == channels && shift.count == channels
        && gate.fits(rows: rows, channels: channels),
      "channelInputGradient: \(input.count) scalars as [\(rows), \(channels)].")
  }

  /// Some rows of dX, which may lie where dY does.
  @inline(__always)
  func apply(rows: Range<Int>, to dX: UnsafeMutablePointer<S>) {
    func apply<G: GradientGate<S>>(through gate: G) {
      for row in rows {
        InputGradientOfRow(
          dY: outputGradient.pointer, scale: scale.pointer, x: input.pointer,
          inputScale: inputScale.pointer, shift: shift.pointer, gate: gate,
          place: row * channels, channels: channels, dX: dX
        ).run(columns: channels)
      }
    }
    switch gate {
    case .open: apply(through: OpenGate())
    case .output(let y): apply(through: OutputGate(y: y.pointer))
    case .affine(let scale, let shift):
      apply(through: AffineGate(scale: scale.pointer, shift: shift.pointer))
    }
  }
}

/// A row of dX.
private struct InputGradientOfRow<S: KernelScalar, G: GradientGate<S>>: ColumnWork {
  let dY: UnsafePointer<S>
  let scale: UnsafePointer<S>
  let x: UnsafePointer<S>
  let inputScale: UnsafePointer<S>
  let shift: UnsafePointer<S>
  let gate: G
  /// Where the row begins.
  let place: Int
  let channels: Int
  let dX: UnsafeMutablePointer<S>

  @inline(__always)
  func run<L: Lanes>(_: L.Type, from c: Int) where L.Scalar == S {
    let i = place + c
    let x = L.load(x + i)
    let g = gate.passing(L.load(dY + i), x: x, place: i, column: c)
    L.load(shift + c).with(g, L.load(scale + c)) { $0.addingProduct($1, $2) }
      .with(x, L.load(inputScale + c)) { $0.addingProduct($1, $2) }
      .store(dX + i, count: channels - c)
  }
}

/// The input gradient of batch norm.
///
/// - Parameters:
///   - map: From dY and x.
///   - rows: Extent of all axes but the last.
///   - channels: Extent of the last axis.
///   - dX: `[rows, channels]`; every element is written. It may be dY.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelInputGradient<S: KernelScalar>(
  _ map: ChannelInputGradient<S>, rows: Int, channels: Int, into dX: Buffer<S>
) {
  require(
    dX.count == rows * channels,
    "channelInputGradient: \(dX.count) scalars as [\(rows), \(channels)].")
  map.check(rows: rows, channels: channels)
  let to = dX.pointer
  parallelRuns(rows, grain: max(1, elementGrain / max(1, channels))) { run in
    map.apply(rows: run, to: to)
  }
}
