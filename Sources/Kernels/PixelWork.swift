// What follows a convolution pixel by pixel, done while the pixels are in the cache.
//
// Idea       Between two convolutions time is memory traffic. A convolution sums all channels of some pixels in one piece
//            of work; what needs nothing but those pixels, and more of the same places, is done in that piece: the
//            map of channels that a norm is at evaluation, the statistics that it takes in training, and the sums that its
//            backward takes over dY.
// Prefetch   While a piece multiplies, it asks for what its work will read at the places that it writes.
// Read       ChannelAffine.swift, ChannelMoments.swift, ChannelGradientSums.swift ← this file → Correlation.swift,
//            WinogradConvolution.swift
// Tests      Tests/KernelsTests/PixelWorkTests.swift, ConvolutionTests.swift

/// What is done with the pixels of a result y.
public enum PixelWork<S: KernelScalar> {
  case nothing
  /// A map of the channels of y, in place: the same bits as `channelAffine` afterwards.
  case map(ChannelAffine<S>)
  /// Mean and variance for a norm of y.
  case moments(ChannelMoments<S>)
  /// The sums for a norm's backward: y is its dY, now complete, and g takes its place.
  case sums(ChannelGradientSums<S>)

  /// Stops if it does not fit y.
  func check(_ shape: [Int]) {
    let channels = shape.last ?? 0
    if case .map(let map) = self {
      map.check(rows: shape.dropLast().reduce(1, *), channels: channels)
    }
    guard let parts else { return }
    require(
      [parts.images, parts.height, parts.width, parts.channels] == shape,
      """
      PixelWork: made for [\(parts.images), \(parts.height), \(parts.width), \(parts.channels)], not for \
      \(shape).
      """)
  }

  /// How the sums that it takes are cut, if it takes any.
  var parts: RowParts? {
    switch self {
    case .nothing, .map: nil
    case .moments(let moments): moments.parts
    case .sums(let sums): sums.parts
    }
  }

  /// Called before all pixels.
  @inline(__always)
  func begin() {
    switch self {
    case .nothing, .map: break
    case .moments(let moments): moments.begin()
    case .sums(let sums): sums.begin()
    }
  }

  /// Works on some pixels, which are whole parts, when all their channels are there.
  @inline(__always)
  func run(_ pixels: Range<Int>, of y: UnsafeMutablePointer<S>) {
    // The next columns of the same pixels come next.
    let ahead = Four<S>.width
    switch self {
    case .nothing: break
    case .map(let map): map.apply(rows: pixels, from: y, to: y)
    case .moments(let moments):
      for part in moments.parts.proving(pixels) { moments.take(part, y, ahead: ahead) }
    case .sums(let sums):
      for part in sums.parts.proving(pixels) { sums.take(part, y, gated: y, ahead: ahead) }
    }
  }

  /// Called after all pixels.
  @inline(__always)
  func end() {
    switch self {
    case .nothing, .map: break
    case .moments(let moments): moments.join()
    case .sums(let sums): sums.join()
    }
  }

  /// Everything in a pass of its own.
  func run(all y: Buffer<S>) {
    switch self {
    case .nothing: break
    case .map(let map):
      channelAffine(
        y, map, rows: y.count / max(1, map.channels), channels: map.channels, into: y)
    case .moments(let moments): moments.take(y)
    case .sums(let sums): sums.take(y, gated: y)
    }
  }

  /// What it reads besides y, at the same places.
  func reads(of y: UnsafeMutablePointer<S>) -> AskBeside? {
    func from(_ buffer: Buffer<S>) -> Int { UnsafeRawPointer(buffer.pointer) - UnsafeRawPointer(y) }
    switch self {
    case .nothing, .moments: return nil
    case .map(let map): return map.shortcut.map { AskBeside(first: from($0), second: from($0)) }
    case .sums(let sums):
      guard case .output(let output) = sums.gate else {
        return AskBeside(first: from(sums.x), second: from(sums.x))
      }
      return AskBeside(first: from(sums.x), second: from(output))
    }
  }
}
