// Mean and variance of channels, taken where the pixels are made.
//
// Formula    μ = mean x,  σ² = mean (x − μ)²   per channel over rows
// Idea       A pass over x that computes next to nothing. Who makes x, the convolution before a norm, has its pixels in
//            the cache: so they are taken in parts, each in the piece of work that makes its pixels
//            (PixelWork.swift). If nobody did, a pass of its own takes them, in the same bits.
// Order      A part's mean comes first, then its deviations from that mean; parts are joined in order (Chan, Golub &
//            LeVeque 1979): Σ(x − μ)² = Σ parts [Σ(x − m)² + n (m − μ)²]. As exact as two passes over all of x.
// Read       RowParts.swift ← this file → PixelWork.swift, Autodiff/BatchNorm.swift
// Tests      Tests/KernelsTests/BatchNormalizationTests.swift

/// Mean and biased variance of each channel.
public final class ChannelMoments<S: KernelScalar>: @unchecked Sendable {
  let parts: RowParts
  /// μ `[channels]`, once it is complete.
  public let mean: Buffer<S>
  /// Biased σ² `[channels]`, once it is complete.
  public let variance: Buffer<S>
  /// Of every part: means, then summed squares of deviations.
  private var sums: ChannelParts<S>?

  /// Moments to be taken.
  ///
  /// - Parameter shape: Shape of x, `[..., channels]`, with at least one row. It decides the order of the sums.
  public init(shape: [Int]) {
    parts = RowParts(shape: shape)
    require(
      parts.rows > 0, "ChannelMoments: \(shape) has no rows. To mend: pass at least one.")
    mean = Buffer(uninitialized: parts.channels)
    variance = Buffer(uninitialized: parts.channels)
  }

  /// Takes them in a pass of its own over x.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func take(_ x: Buffer<S>) {
    require(
      x.count == parts.rows * parts.channels,
      "ChannelMoments: \(x.count) scalars as [\(parts.rows), \(parts.channels)].")
    let from = UnsafePointer(x.pointer)
    begin()
    parts.inParallel { part in
      take(part, from, ahead: parts[part].count * parts.channels)
    }
    join()
  }

  /// Makes room for the parts.
  func begin() { sums = ChannelParts(parts) }

  /// Takes a part, all of whose channels are there; `ahead` scalars further on lies what is read next.
  @inline(__always)
  func take(_ part: Int, _ x: UnsafePointer<S>, ahead: Int) {
    guard let (means, squares) = sums?[part] else { return }
    MomentsOfRows(
      x: x, rows: parts[part], channels: parts.channels, ahead: ahead, means: means,
      squares: squares
    ).run(columns: parts.channels)
  }

  /// Joins the parts.
  func join() {
    guard let sums else { return }
    let (μ, σ2, channels) = (mean.pointer, variance.pointer, parts.channels)
    for c in 0..<channels { (μ[c], σ2[c]) = (0, 0) }
    for part in 0..<parts.count {
      let (n, m) = (S(parts[part].count), sums[part].first)
      for c in 0..<channels { μ[c] += n * m[c] }
    }
    for c in 0..<channels { μ[c] /= S(parts.rows) }
    for part in 0..<parts.count {
      let (n, (m, q)) = (S(parts[part].count), sums[part])
      for c in 0..<channels { σ2[c] += q[c] + n * (m[c] - μ[c]) * (m[c] - μ[c]) }
    }
    for c in 0..<channels { σ2[c] /= S(parts.rows) }
    self.sums = nil
  }
}

/// Means of some rows, and summed squares of the deviations from them.
private struct MomentsOfRows<S: KernelScalar>: ColumnWork {
  let x: UnsafePointer<S>
  let rows: Range<Int>
  let channels: Int
  let ahead: Int
  let means: UnsafeMutablePointer<S>
  let squares: UnsafeMutablePointer<S>

  @inline(__always)
  func run<L: Lanes>(_: L.Type, from c: Int) where L.Scalar == S {
    var sum = L.zero
    for row in rows {
      prefetchLanes(L.self, x + row * channels + c + ahead)
      sum.add(from: x + row * channels + c)
    }
    let m = sum.with(sum) { s, _ in s / S.Vector(repeating: S(rows.count)) }
    var total = L.zero
    for row in rows {
      let d = L.load(x + row * channels + c).with(m) { $0 - $1 }
      total = total.with(d) { $0.addingProduct($1, $1) }
    }
    m.store(means + c)
    total.store(squares + c)
  }
}
