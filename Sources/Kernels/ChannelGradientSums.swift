// What backward of a norm must know about the whole batch, taken where its dY is completed.
//
// Formula    Σ g,  Σ g (x − μ)   per channel over rows,   g = dY where y > 0
// Idea       A pass over dY and x that computes next to nothing. Who completes dY, the input gradient of the convolution
//            or the pooling that follows the norm, has its pixels in the cache: so the sums are taken in parts, each in
//            the piece of work that completes its pixels (PixelWork.swift), and there g takes the place of dY. If nobody
//            did, a pass of its own takes them, in the same bits.
// Read       RectifierGate.swift, RowParts.swift ← this file → PixelWork.swift, Autodiff/BatchNorm.swift
// Tests      Tests/KernelsTests/BatchNormalizationTests.swift

/// Σ g and Σ g (x − μ) of each channel, g = dY where the gate lets it through.
public final class ChannelGradientSums<S: KernelScalar>: @unchecked Sendable {
  let parts: RowParts
  /// The input of the norm.
  let x: Buffer<S>
  /// μ `[channels]`.
  let mean: Buffer<S>
  /// What rectified the output.
  let gate: RectifierGate<S>
  /// Σ g, `[channels]`, once they are complete.
  public let sum: Buffer<S>
  /// Σ g (x − μ), `[channels]`, once they are complete.
  public let product: Buffer<S>
  /// Whether the sums are there.
  public private(set) var isComplete = false
  /// Of every part: sums, then products.
  private var sums: ChannelParts<S>?

  /// Sums to be taken.
  ///
  /// - Parameters:
  ///   - x: The input of the norm.
  ///   - shape: Its shape, `[..., channels]`, with at least one row. It decides the order of the sums.
  ///   - mean: μ `[channels]`.
  ///   - gate: What rectified the output.
  public init(
    of x: Buffer<S>, shape: [Int], mean: Buffer<S>, gate: RectifierGate<S> = .open
  ) {
    parts = RowParts(shape: shape)
    let channels = parts.channels
    require(
      x.count == parts.rows * channels && mean.count == channels && parts.rows > 0
        && gate.fits(rows: parts.rows, channels: channels),
      "ChannelGradientSums: \(x.count) scalars as \(shape).")
    (self.x, self.mean, self.gate) = (x, mean, gate)
    sum = Buffer(uninitialized: channels)
    product = Buffer(uninitialized: channels)
  }

  /// Takes them in a pass of its own.
  ///
  /// - Parameters:
  ///   - dY: Of x's shape.
  ///   - gated: Receives g, if given, of x's shape. It may be dY.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func take(_ dY: Buffer<S>, gated: Buffer<S>? = nil) {
    require(
      dY.count == x.count && (gated?.count ?? x.count) == x.count,
      "ChannelGradientSums: \(dY.count) scalars as [\(parts.rows), \(parts.channels)].")
    let (given, kept) = (UnsafePointer(dY.pointer), gated?.pointer)
    begin()
    parts.inParallel { part in
      take(part, given, gated: kept, ahead: parts[part].count * parts.channels)
    }
    join()
  }

  /// Makes room for the parts.
  func begin() { sums = ChannelParts(parts) }

  /// Takes a part, all of whose channels are there; `ahead` scalars further on lies what is read next.
  @inline(__always)
  func take(_ part: Int, _ dY: UnsafePointer<S>, gated: UnsafeMutablePointer<S>?, ahead: Int) {
    guard let (sums, products) = sums?[part] else { return }
    func take<G: GradientGate<S>>(through gate: G) {
      GradientSumsOfRows(
        dY: dY, x: x.pointer, mean: mean.pointer, gate: gate, rows: parts[part],
        channels: parts.channels, ahead: ahead, gated: gated, sums: sums, products: products
      ).run(columns: parts.channels)
    }
    switch gate {
    case .open: take(through: OpenGate())
    case .output(let y): take(through: OutputGate(y: y.pointer))
    case .affine(let scale, let shift):
      take(through: AffineGate(scale: scale.pointer, shift: shift.pointer))
    }
  }

  /// Joins the parts.
  func join() {
    guard let sums else { return }
    for c in 0..<parts.channels { (sum.pointer[c], product.pointer[c]) = (0, 0) }
    for part in 0..<parts.count {
      let (s, q) = sums[part]
      for c in 0..<parts.channels {
        sum.pointer[c] += s[c]
        product.pointer[c] += q[c]
      }
    }
    self.sums = nil
    isComplete = true
  }
}

/// Sums of some rows, and g, if it is wanted.
private struct GradientSumsOfRows<S: KernelScalar, G: GradientGate<S>>: ColumnWork {
  let dY: UnsafePointer<S>
  let x: UnsafePointer<S>
  let mean: UnsafePointer<S>
  let gate: G
  let rows: Range<Int>
  let channels: Int
  let ahead: Int
  let gated: UnsafeMutablePointer<S>?
  let sums: UnsafeMutablePointer<S>
  let products: UnsafeMutablePointer<S>

  @inline(__always)
  func run<L: Lanes>(_: L.Type, from c: Int) where L.Scalar == S {
    let μ = L.load(mean + c)
    var s = L.zero
    var q = L.zero
    for row in rows {
      let i = row * channels + c
      prefetchLanes(L.self, x + i + ahead)
      prefetchLanes(L.self, dY + i + ahead)
      let x = L.load(x + i)
      let g = gate.passing(L.load(dY + i), x: x, place: i, column: c)
      if let gated { g.store(gated + i, count: channels - c) }
      let d = x.with(μ) { $0 - $1 }
      s = s.with(g) { $0 + $1 }
      q = q.with(g.with(d) { $0 * $1 }) { $0 + $1 }
    }
    s.store(sums + c)
    q.store(products + c)
  }
}
