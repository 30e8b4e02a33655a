// What comes before a convolution pixel by pixel, done in the piece of work that reads the pixels.
//
// Idea       A norm's map forward, and its input gradient backward, compute next to nothing and move memory. A 1×1
//            convolution that comes next reads every pixel in one piece of work. So the pixels are not made until it
//            reads them: some rows at a time, in the piece that multiplies them, where they are still in the cache.
//            The mirror image of what follows a convolution (PixelWork.swift).
// Prefetch   While a piece multiplies, it asks for what the next pixels are made of.
// Else       Whoever else reads first has them made in a pass of its own, to the same bits (Tensors/Deferral.swift).
// Read       ChannelAffine.swift, BatchNormalization.swift ← this file → Correlation.swift, WinogradConvolution.swift
// Tests      Tests/KernelsTests/DeferredPixelsTests.swift

/// Pixels that are still to be made, `[rows, channels]`, and how.
public enum DeferredPixels<S: KernelScalar>: Sendable {
  /// A map of the channels of x, which is other memory.
  case map(ChannelAffine<S>, of: Buffer<S>)
  /// The input gradient of a norm; it may lie where dY does.
  case inputGradient(ChannelInputGradient<S>)

  /// Extent of the last axis.
  private var channels: Int {
    switch self {
    case .map(let map, _): map.channels
    case .inputGradient(let map): map.channels
    }
  }

  /// Stops if they do not fit.
  public func check(_ shape: [Int]) {
    let (rows, channels) = (shape.dropLast().reduce(1, *), shape.last ?? 0)
    switch self {
    case .map(let map, let x):
      require(
        x.count == rows * channels, "DeferredPixels: \(x.count) scalars for \(shape).")
      map.check(rows: rows, channels: channels)
    case .inputGradient(let map): map.check(rows: rows, channels: channels)
    }
  }

  /// Makes some rows of y.
  @inline(__always)
  func make(_ rows: Range<Int>, of y: UnsafeMutablePointer<S>) {
    switch self {
    case .map(let map, let x): map.apply(rows: rows, from: x.pointer, to: y)
    case .inputGradient(let map): map.apply(rows: rows, to: y)
    }
  }

  /// Makes all of y in a pass of its own.
  public func makeAll(of y: Buffer<S>) {
    let channels = channels
    let rows = y.count / max(1, channels)
    switch self {
    case .map(let map, let x): channelAffine(x, map, rows: rows, channels: channels, into: y)
    case .inputGradient(let map):
      channelInputGradient(map, rows: rows, channels: channels, into: y)
    }
  }

  /// What is read, or written, for y: where that begins, at most three of them.
  func places(of y: UnsafeMutablePointer<S>) -> [UnsafeRawPointer] {
    let all: [UnsafeMutablePointer<S>?]
    switch self {
    case .map(let map, let x): all = [y, x.pointer, map.shortcut?.pointer]
    case .inputGradient(let map): all = [y, map.outputGradient.pointer, map.input.pointer]
    }
    return Set(all.compactMap { $0.map { UnsafeRawPointer($0) } }).sorted()
  }
}
