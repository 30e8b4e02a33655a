// The affine map of channels, with what follows it: batch norm with known statistics.
//
// Formula    y = a x + d (+ r, then max(0, ·))   per channel; r a shortcut, or an affine map of one
// Idea       It reads and writes memory, and computes next to nothing. So whoever makes x applies it while x is in
//            the cache: a convolution, to the pixels it has just summed (Convolution.swift). Or whoever reads y does, to
//            the pixels that it is about to sum (DeferredPixels.swift).
// Read       this file → BatchNormalization.swift, Correlation.swift
// Tests      Tests/KernelsTests/BatchNormalizationTests.swift, ConvolutionTests.swift

/// y = a[c]·x + d[c] per channel, plus r if given, and max(0, ·) of it if rectified.
public struct ChannelAffine<S: KernelScalar>: Sendable {
  /// a `[channels]`.
  public let scale: Buffer<S>
  /// d `[channels]`.
  public let shift: Buffer<S>
  /// r, a shortcut `[rows, channels]`.
  public let shortcut: Buffer<S>?
  /// The map of its channels by which the shortcut is added: its norm.
  public private(set) var shortcutMap: (scale: Buffer<S>, shift: Buffer<S>)?
  /// Whether negative results become 0.
  public let rectified: Bool

  /// A map of as many channels as `scale` and `shift` have.
  public init(
    scale: Buffer<S>, shift: Buffer<S>, adding shortcut: Buffer<S>? = nil, rectified: Bool = false
  ) {
    self.scale = scale
    self.shift = shift
    self.shortcut = shortcut
    self.rectified = rectified
  }

  /// Whether nothing is added or rectified.
  public var isOnlyAffine: Bool { shortcut == nil && !rectified }

  /// The same with r mapped, too: `a′[c]·r + d′[c]` takes its place.
  public func mappingShortcut(scale: Buffer<S>, shift: Buffer<S>) -> ChannelAffine {
    var map = self
    map.shortcutMap = (scale, shift)
    return map
  }

  /// Stops if it does not fit x and y `[rows, channels]`.
  func check(rows: Int, channels: Int) {
    require(
      scale.count == channels && shift.count == channels
        && (shortcut?.count ?? rows * channels) == rows * channels
        && (shortcutMap.map { $0.scale.count == channels && $0.shift.count == channels } ?? true),
      """
      channelAffine: \(scale.count) scales, \(shift.count) shifts and a shortcut of \
      \(shortcut?.count ?? 0) scalars for [\(rows), \(channels)].
      """)
  }

  /// Some rows of x `[rows, channels]` to those of y, which is other memory.
  @inline(__always)
  func apply(
    rows: Range<Int>, channels: Int, from x: UnsafePointer<S>, to y: UnsafeMutablePointer<S>
  ) {
    for row in rows { apply(row: row, channels, from: x + row * channels, to: y + row * channels) }
  }

  /// Some rows of y, in their place.
  @inline(__always)
  func apply(rows: Range<Int>, channels: Int, inPlace y: UnsafeMutablePointer<S>) {
    // Through a row of its own: a loop that might read what it wrote would not become vectors.
    withUnsafeTemporaryAllocation(of: S.self, capacity: channels) { scratch in
      guard let mapped = scratch.baseAddress else { return }
      for row in rows {
        let line = y + row * channels
        apply(row: row, channels, from: UnsafePointer(line), to: mapped)
        line.update(from: mapped, count: channels)
      }
    }
  }

  @inline(__always)
  private func apply(
    row: Int, _ channels: Int, from p: UnsafePointer<S>, to out: UnsafeMutablePointer<S>
  ) {
    let (a, d) = (UnsafePointer(scale.pointer), UnsafePointer(shift.pointer))
    let r = shortcut.map { UnsafePointer($0.pointer + row * channels) } ?? p
    // The choices are outside the loops, so that each loop becomes vectors.
    if let (scale, shift) = shortcutMap {
      let (b, e) = (UnsafePointer(scale.pointer), UnsafePointer(shift.pointer))
      for c in 0..<channels {
        let sum = d[c].addingProduct(p[c], a[c]) + e[c].addingProduct(r[c], b[c])
        out[c] = rectified ? rectify(sum) : sum
      }
      return
    }
    switch (shortcut != nil, rectified) {
    case (false, false):
      for c in 0..<channels { out[c] = d[c].addingProduct(p[c], a[c]) }
    case (false, true):
      for c in 0..<channels { out[c] = rectify(d[c].addingProduct(p[c], a[c])) }
    case (true, false):
      for c in 0..<channels { out[c] = d[c].addingProduct(p[c], a[c]) + r[c] }
    case (true, true):
      for c in 0..<channels { out[c] = rectify(d[c].addingProduct(p[c], a[c]) + r[c]) }
    }
  }
}

/// An affine map of each channel.
///
/// - Parameters:
///   - x: `[rows, channels]`.
///   - map: The map, and what follows it.
///   - rows: Extent of all axes but the last.
///   - channels: Extent of the last axis.
///   - y: `[rows, channels]`; every element is written. It may be x.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelAffine<S: KernelScalar>(
  _ x: Buffer<S>, _ map: ChannelAffine<S>, rows: Int, channels: Int, into y: Buffer<S>
) {
  require(
    x.count == rows * channels && y.count == x.count,
    "channelAffine: \(x.count) scalars as [\(rows), \(channels)].")
  map.check(rows: rows, channels: channels)
  let (from, to) = (UnsafePointer(x.pointer), y.pointer)
  parallelRuns(rows, grain: max(1, elementGrain / max(1, channels))) { run in
    if from == UnsafePointer(to) {
      map.apply(rows: run, channels: channels, inPlace: to)
    } else {
      map.apply(rows: run, channels: channels, from: from, to: to)
    }
  }
}

/// max(0, v); a NaN stays.
@inline(__always)
private func rectify<S: KernelScalar>(_ v: S) -> S { v < 0 ? 0 : v }
