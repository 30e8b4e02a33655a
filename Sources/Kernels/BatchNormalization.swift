// Batch normalisation: the statistics of a batch, and what backward needs.
//
// Formula    μ = mean x,  σ² = mean (x − μ)²,  y = a x + d (+ r, then max(0, ·))   per channel over rows
//            backward: g = dY where y > 0;  Σ g,  Σ g (x − μ);  dX = a′ g + b x + d′
// Layout     [rows, channels]: an image batch has batch · height · width rows.
// Idea       Between two convolutions time is memory traffic. So a shortcut r and the rectification are
//            part of the same passes: forward reads x twice and writes y; backward reads (x, dY) twice
//            and writes dX. Whether y > 0 is computed again from x, with the very operations of forward,
//            where that is cheaper than reading y. dX, or g, may take the place of dY: a line of new memory is
//            read before it is written.
// Prefetch   Each block asks for the rows of the next, into the second-level cache (Prefetch.swift).
// Order      Rows are cut into blocks of at most 64 KiB. A block's mean comes first, then its deviations
//            from that mean, from the cache; blocks are joined in order (Chan, Golub & LeVeque 1979):
//            Σ(x − μ)² = Σ blocks [Σ(x − m)² + n (m − μ)²]. As exact as two passes over all of x.
// Read       ChannelAffine.swift, Reductions.swift ← this file → Autodiff/BatchNorm.swift
// Tests      Tests/KernelsTests/BatchNormalizationTests.swift

/// Which elements of dY a rectification lets through.
public enum RectifierGate<S: KernelScalar> {
  /// All: nothing was rectified.
  case open
  /// Where the output was positive.
  case output(Buffer<S>)
  /// Where scale · x + shift was positive, per channel.
  case affine(scale: Buffer<S>, shift: Buffer<S>)
}

/// Mean and biased variance of each channel.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelStatistics<S: KernelScalar>(
  _ x: Buffer<S>, rows: Int, channels: Int, mean: Buffer<S>, variance: Buffer<S>
) {
  require(
    x.count == rows * channels && mean.count == channels && variance.count == channels && rows > 0,
    "channelStatistics: \(x.count) scalars as [\(rows), \(channels)].")
  let blocks = RowBlocks<S>(rows: rows, channels: channels)
  let from = UnsafePointer(x.pointer)
  let partial = Buffer<S>(uninitialized: 2 * blocks.count * blocks.pitch)
  let means = partial.pointer
  let squares = partial.pointer + blocks.count * blocks.pitch
  blocks.inParallel { b, rows in
    let p = from + rows.lowerBound * channels
    let (m, q) = (means + b * blocks.pitch, squares + b * blocks.pitch)
    var c = 0
    while c + Four<S>.width <= channels {
      moments(Four<S>.self, p + c, rows: rows.count, pitch: channels, mean: m + c, squares: q + c)
      c += Four<S>.width
    }
    while c < channels {
      moments(
        Vector1<S>.self, p + c, rows: rows.count, pitch: channels, mean: m + c, squares: q + c)
      c += Vector1<S>.width
    }
  }
  let (μ, σ2) = (mean.pointer, variance.pointer)
  for c in 0..<channels { (μ[c], σ2[c]) = (0, 0) }
  for b in 0..<blocks.count {
    let n = S(blocks[b].count)
    let m = means + b * blocks.pitch
    for c in 0..<channels { μ[c] += n * m[c] }
  }
  for c in 0..<channels { μ[c] /= S(rows) }
  for b in 0..<blocks.count {
    let n = S(blocks[b].count)
    let (m, q) = (means + b * blocks.pitch, squares + b * blocks.pitch)
    for c in 0..<channels { σ2[c] += q[c] + n * (m[c] - μ[c]) * (m[c] - μ[c]) }
  }
  for c in 0..<channels { σ2[c] /= S(rows) }
}

/// Mean of some columns of a block, and their summed squared deviations from it.
@inline(__always)
private func moments<L: Lanes>(
  _: L.Type, _ x: UnsafePointer<L.Scalar>, rows: Int, pitch: Int,
  mean: UnsafeMutablePointer<L.Scalar>, squares: UnsafeMutablePointer<L.Scalar>
) {
  var sum = L.zero
  for r in 0..<rows {
    prefetchLanes(L.self, x + (rows + r) * pitch)
    sum.add(from: x + r * pitch)
  }
  let m = sum.with(sum) { s, _ in s / L.Scalar.Vector(repeating: L.Scalar(rows)) }
  var total = L.zero
  for r in 0..<rows {
    let d = L.load(x + r * pitch).with(m) { $0 - $1 }
    total = total.with(d) { $0.addingProduct($1, $1) }
  }
  m.store(mean)
  total.store(squares)
}

/// Σ g and Σ g (x − μ) of each channel, g = dY where the gate lets it through: all that backward needs to
/// know about the batch.
///
/// - Parameters:
///   - dY: `[rows, channels]`.
///   - x: The input of the norm, `[rows, channels]`.
///   - mean: μ `[channels]`.
///   - gate: What rectified the output.
///   - rows: Extent of all axes but the last.
///   - channels: Extent of the last axis.
///   - sum: Σ g, `[channels]`.
///   - product: Σ g (x − μ), `[channels]`.
///   - gated: Receives g, if given, `[rows, channels]`. It may be dY.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelGradientSums<S: KernelScalar>(
  _ dY: Buffer<S>, _ x: Buffer<S>, mean: Buffer<S>, gate: RectifierGate<S> = .open, rows: Int,
  channels: Int, sum: Buffer<S>, product: Buffer<S>, gated: Buffer<S>? = nil
) {
  require(
    x.count == rows * channels && dY.count == x.count && mean.count == channels
      && sum.count == channels && product.count == channels && (gated?.count ?? x.count) == x.count
      && gate.fits(rows: rows, channels: channels),
    "channelGradientSums: \(x.count) scalars as [\(rows), \(channels)].")
  let blocks = RowBlocks<S>(rows: rows, channels: channels)
  let (given, from) = (UnsafePointer(dY.pointer), UnsafePointer(x.pointer))
  let partial = Buffer<S>(uninitialized: 2 * blocks.count * blocks.pitch)
  let sums = partial.pointer
  let products = partial.pointer + blocks.count * blocks.pitch
  let (μ, kept) = (UnsafePointer(mean.pointer), gated?.pointer)
  blocks.inParallel { b, rows in
    let place = rows.lowerBound * channels
    let (s, q) = (sums + b * blocks.pitch, products + b * blocks.pitch)
    @inline(__always)
    func columns<L: Lanes>(_: L.Type, from c: Int) where L.Scalar == S {
      gate.withPassing(L.self) { pass in
        gradientSums(
          L.self, given, from, place + c, μ + c, rows: rows.count, pitch: channels, sum: s + c,
          product: q + c
        ) { g, x, i in
          let g = pass(g, x, i, c)
          if let kept { g.store(kept + i, count: channels - c) }
          return g
        }
      }
    }
    var c = 0
    while c + Four<S>.width <= channels {
      columns(Four<S>.self, from: c)
      c += Four<S>.width
    }
    while c < channels {
      columns(Vector1<S>.self, from: c)
      c += Vector1<S>.width
    }
  }
  for c in 0..<channels { (sum.pointer[c], product.pointer[c]) = (0, 0) }
  for b in 0..<blocks.count {
    let (s, q) = (sums + b * blocks.pitch, products + b * blocks.pitch)
    for c in 0..<channels {
      sum.pointer[c] += s[c]
      product.pointer[c] += q[c]
    }
  }
}

/// Σ g and Σ g (x − μ) of some columns of a block that begins at `place`; `pass` makes g of dY.
@inline(__always)
private func gradientSums<L: Lanes>(
  _: L.Type, _ dY: UnsafePointer<L.Scalar>, _ x: UnsafePointer<L.Scalar>, _ place: Int,
  _ mean: UnsafePointer<L.Scalar>, rows: Int, pitch: Int, sum: UnsafeMutablePointer<L.Scalar>,
  product: UnsafeMutablePointer<L.Scalar>, pass: (_ g: L, _ x: L, _ place: Int) -> L
) {
  let μ = L.load(mean)
  var s = L.zero
  var q = L.zero
  for r in 0..<rows {
    let i = place + r * pitch
    prefetchLanes(L.self, x + i + rows * pitch)
    prefetchLanes(L.self, dY + i + rows * pitch)
    let X = L.load(x + i)
    let g = pass(L.load(dY + i), X, i)
    let d = X.with(μ) { $0 - $1 }
    s = s.with(g) { $0 + $1 }
    q = q.with(g.with(d) { $0 * $1 }) { $0 + $1 }
  }
  s.store(sum)
  q.store(product)
}

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
  let (given, from, to) = (UnsafePointer(dY.pointer), UnsafePointer(x.pointer), dX.pointer)
  let (α, β, δ) = (UnsafePointer(a.pointer), UnsafePointer(b.pointer), UnsafePointer(d.pointer))
  typealias L = Vector1<S>
  parallelRuns(rows, grain: max(1, elementGrain / max(1, channels))) { run in
    gate.withPassing(L.self) { pass in
      for row in run {
        for c in stride(from: 0, to: channels, by: L.width) {
          let i = row * channels + c
          let x = L.load(from + i)
          let g = pass(L.load(given + i), x, i, c)
          let dX = L.load(δ + c).with(g, L.load(α + c)) { $0.addingProduct($1, $2) }
            .with(x, L.load(β + c)) { $0.addingProduct($1, $2) }
          dX.store(to + i, count: channels - c)
        }
      }
    }
  }
}

/// Asks for the lines of some lanes, which the next block will read.
@inline(__always)
private func prefetchLanes<L: Lanes>(_: L.Type, _ p: UnsafePointer<L.Scalar>) {
  for lane in stride(from: 0, to: L.width, by: L.Scalar.Vector.scalarCount) {
    prefetchToReadLater(p + lane)
  }
}

extension RectifierGate {
  fileprivate func fits(rows: Int, channels: Int) -> Bool {
    switch self {
    case .open: true
    case .output(let y): y.count == rows * channels
    case .affine(let scale, let shift): scale.count == channels && shift.count == channels
    }
  }

  /// Calls `body` with what makes g of some columns of dY, from those of x, their place and the first of them.
  @inline(__always)
  fileprivate func withPassing<L: Lanes>(
    _: L.Type, _ body: ((_ dY: L, _ x: L, _ place: Int, _ column: Int) -> L) -> Void
  ) where L.Scalar == S {
    switch self {
    case .open:
      body { dY, _, _, _ in dY }
    case .output(let y):
      let y = UnsafePointer(y.pointer)
      body { dY, _, i, _ in dY.with(L.load(y + i)) { passing($0, where: $1) } }
    case .affine(let scale, let shift):
      let (a, d) = (UnsafePointer(scale.pointer), UnsafePointer(shift.pointer))
      body { dY, x, _, c in
        let y = L.load(d + c).with(x, L.load(a + c)) { $0.addingProduct($1, $2) }
        return dY.with(y) { passing($0, where: $1) }
      }
    }
  }
}

/// g where y > 0, else 0; of a y that is no number, its sign decides.
///
/// A positive number is a positive integer when its bits are read as one. A comparison of integers becomes one
/// instruction for a whole vector; one of numbers becomes one for each of them.
@inline(__always)
private func passing<V: SIMD>(_ g: V, where y: V) -> V {
  typealias Bits = V.MaskStorage
  let bits = unsafeBitCast(y, to: Bits.self)
  let isClosed =
    (bits | (bits &- Bits(repeating: 1)))
    &>> Bits(repeating: Bits.Scalar(truncatingIfNeeded: Bits.Scalar.bitWidth - 1))
  return unsafeBitCast(unsafeBitCast(g, to: Bits.self) & ~isClosed, to: V.self)
}

/// Four machine vectors: a whole run of cache lines from every row.
private typealias Four<S: KernelScalar> = Beside<Beside<Vector1<S>>>

/// Rows cut into blocks that stay in the second-level cache; the cut depends on the extents alone.
private struct RowBlocks<S: KernelScalar> {
  let rows: Int
  let size: Int
  /// Scalars from the sums of one block to those of the next: whole vectors.
  let pitch: Int

  @inline(__always)
  init(rows: Int, channels: Int) {
    self.rows = rows
    size = max(1, min(sumBlock, (1 << 14) / max(1, channels)))
    let lanes = S.Vector.scalarCount
    pitch = (channels + lanes - 1) / lanes * lanes
  }

  @inline(__always) var count: Int { (rows + size - 1) / size }
  @inline(__always) subscript(b: Int) -> Range<Int> { b * size..<min(rows, (b + 1) * size) }

  /// Calls `body` with every block and its rows, on the team.
  @inline(__always)
  func inParallel(_ body: (Int, Range<Int>) -> Void) {
    parallelRuns(count, grain: 4) { run in
      for b in run { body(b, self[b]) }
    }
  }
}
