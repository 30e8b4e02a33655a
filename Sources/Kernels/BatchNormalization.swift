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
  func apply(rows: Range<Int>, channels: Int, to dX: UnsafeMutablePointer<S>) {
    switch gate {
    case .open: apply(through: OpenGate(), rows, channels, dX)
    case .output(let y): apply(through: OutputGate(y: y.pointer), rows, channels, dX)
    case .affine(let scale, let shift):
      apply(
        through: AffineGate(scale: scale.pointer, shift: shift.pointer), rows, channels, dX)
    }
  }

  private func apply<G: GradientGate<S>>(
    through gate: G, _ rows: Range<Int>, _ channels: Int, _ dX: UnsafeMutablePointer<S>
  ) {
    let (dY, x) = (UnsafePointer(outputGradient.pointer), UnsafePointer(input.pointer))
    let (a, b, d) = (scale.pointer, inputScale.pointer, shift.pointer)
    @inline(__always)
    func columns<L: Lanes>(_: L.Type, _ place: Int, from c: Int) where L.Scalar == S {
      let x = L.load(x + place)
      let g = gate.passing(L.load(dY + place), x: x, place: place, column: c)
      L.load(d + c).with(g, L.load(a + c)) { $0.addingProduct($1, $2) }
        .with(x, L.load(b + c)) { $0.addingProduct($1, $2) }
        .store(dX + place, count: channels - c)
    }
    for row in rows {
      var c = 0
      while c + Four<S>.width <= channels {
        columns(Four<S>.self, row * channels + c, from: c)
        c += Four<S>.width
      }
      while c < channels {
        columns(Vector1<S>.self, row * channels + c, from: c)
        c += Vector1<S>.width
      }
    }
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
    map.apply(rows: run, channels: channels, to: to)
  }
}
