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
  /// a′ and d′ `[channels]`, if a′ r + d′ takes the place of r: the shortcut's own norm.
  public let shortcutMap: (scale: Buffer<S>, shift: Buffer<S>)?
  /// Whether negative results become 0.
  public let rectified: Bool

  /// A map of as many channels as `scale` and `shift` have.
  public init(
    scale: Buffer<S>, shift: Buffer<S>, adding shortcut: Buffer<S>? = nil,
    mappedBy shortcutMap: (scale: Buffer<S>, shift: Buffer<S>)? = nil, rectified: Bool = false
  ) {
    self.scale = scale
    self.shift = shift
    self.shortcut = shortcut
    self.shortcutMap = shortcutMap
    self.rectified = rectified
  }

  /// Whether nothing is added or rectified.
  public var isOnlyAffine: Bool { shortcut == nil && !rectified }

  var channels: Int { scale.count }

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

  /// Some rows of x `[rows, channels]` to those of y, which may be x.
  @inline(__always)
  func apply(rows: Range<Int>, from x: UnsafePointer<S>, to y: UnsafeMutablePointer<S>) {
    func apply<R: ChannelShortcut<S>>(adding shortcut: R) {
      for row in rows {
        AffineOfRow(
          scale: scale.pointer, x: x, shift: shift.pointer, shortcut: shortcut,
          isRectified: rectified, place: row * channels, channels: channels, y: y
        ).run(columns: channels)
      }
    }
    // The choice is outside the loops.
    switch (shortcut, shortcutMap) {
    case (nil, _): apply(adding: NoShortcut())
    case (let r?, nil): apply(adding: PlainShortcut(r: r.pointer))
    case (let r?, let (scale, shift)?):
      apply(
        adding: MappedShortcut(r: r.pointer, scale: scale.pointer, shift: shift.pointer))
    }
  }
}

/// A row of y.
private struct AffineOfRow<S: KernelScalar, R: ChannelShortcut<S>>: ColumnWork {
  let scale: UnsafePointer<S>
  let x: UnsafePointer<S>
  let shift: UnsafePointer<S>
  let shortcut: R
  let isRectified: Bool
  /// Where the row begins.
  let place: Int
  let channels: Int
  let y: UnsafeMutablePointer<S>

  @inline(__always)
  func run<L: Lanes>(_: L.Type, from c: Int) where L.Scalar == S {
    let i = place + c
    let mapped = L.load(shift + c).with(L.load(x + i), L.load(scale + c)) {
      $0.addingProduct($1, $2)
    }
    let sum = shortcut.added(to: mapped, place: i, column: c)
    (isRectified ? sum.with(sum) { v, _ in rectified(v) } : sum)
      .store(y + i, count: channels - c)
  }
}

/// What is added to the map of x, as a type, so that the loops are compiled for each.
private protocol ChannelShortcut<S> {
  associatedtype S: KernelScalar
  /// Some columns of a row: their place in the batch, and the first of the columns.
  func added<L: Lanes>(to y: L, place: Int, column: Int) -> L where L.Scalar == S
}

private struct NoShortcut<S: KernelScalar>: ChannelShortcut {
  @inline(__always)
  func added<L: Lanes>(to y: L, place: Int, column: Int) -> L where L.Scalar == S { y }
}

private struct PlainShortcut<S: KernelScalar>: ChannelShortcut {
  let r: UnsafePointer<S>

  @inline(__always)
  func added<L: Lanes>(to y: L, place: Int, column: Int) -> L where L.Scalar == S {
    y.with(L.load(r + place)) { $0 + $1 }
  }
}

private struct MappedShortcut<S: KernelScalar>: ChannelShortcut {
  let r: UnsafePointer<S>
  let scale: UnsafePointer<S>
  let shift: UnsafePointer<S>

  @inline(__always)
  func added<L: Lanes>(to y: L, place: Int, column: Int) -> L where L.Scalar == S {
    let mapped = L.load(shift + column).with(L.load(r + place), L.load(scale + column)) {
      $0.addingProduct($1, $2)
    }
    return y.with(mapped) { $0 + $1 }
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
    map.apply(rows: run, from: from, to: to)
  }
}
