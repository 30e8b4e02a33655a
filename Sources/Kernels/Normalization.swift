// Batch and layer normalisation: statistics, the affine map, and what backward needs.
//
// Formula    μ = mean x,  σ² = mean (x − μ)²,  y = γ (x − μ)/√(σ² + ε) + β
//            batch norm: per channel over rows;  layer norm: per row over channels
// Layout     [rows, channels]: an image batch has batch · height · width rows.
// Idea       Everything about a batch is two passes over rows with vectors along the channels:
//            sums of one or two quantities per channel, then an affine map per channel.
// Read       Reductions.swift ← this file → Autodiff/BatchNorm.swift

/// Mean and biased variance of each channel, in two passes.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelStatistics<S: KernelScalar>(
  _ x: Buffer<S>, rows: Int, channels: Int, mean: Buffer<S>, variance: Buffer<S>
) {
  require(
    x.count == rows * channels && mean.count == channels && variance.count == channels && rows > 0,
    "channelStatistics: \(x.count) scalars as [\(rows), \(channels)].")
  let from = UnsafePointer(x.pointer)
  let m = UnsafePointer(mean.pointer)
  blockedChannelSums(rows: rows, channels: channels, into: mean.pointer) { i in (from + i).vector }
  for c in 0..<channels { mean.pointer[c] /= S(rows) }
  blockedChannelSums(rows: rows, channels: channels, into: variance.pointer) { i, c in
    let d = (from + i).vector - (m + c).vector
    return d * d
  }
  for c in 0..<channels { variance.pointer[c] /= S(rows) }
}

/// Σ dY and Σ dY·(x − μ) of each channel: all that backward needs to know about the batch.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelGradientSums<S: KernelScalar>(
  _ dY: Buffer<S>, _ x: Buffer<S>, mean: Buffer<S>, rows: Int, channels: Int, sum: Buffer<S>,
  product: Buffer<S>
) {
  require(
    x.count == rows * channels && dY.count == x.count && mean.count == channels
      && sum.count == channels && product.count == channels,
    "channelGradientSums: \(x.count) scalars as [\(rows), \(channels)].")
  let g = UnsafePointer(dY.pointer)
  let from = UnsafePointer(x.pointer)
  let m = UnsafePointer(mean.pointer)
  blockedChannelSums(rows: rows, channels: channels, into: sum.pointer) { i in (g + i).vector }
  blockedChannelSums(rows: rows, channels: channels, into: product.pointer) { i, c in
    (g + i).vector * ((from + i).vector - (m + c).vector)
  }
}

@inline(__always)
private func blockedChannelSums<S: KernelScalar>(
  rows: Int, channels: Int, into y: UnsafeMutablePointer<S>, _ term: (Int) -> S.Vector
) {
  blockedChannelSums(rows: rows, channels: channels, into: y) { i, _ in term(i) }
}

/// y[c] = Σᵣ term(r · channels + c, c), blocks of rows first, then the blocks in order.
@inline(__always)
private func blockedChannelSums<S: KernelScalar>(
  rows: Int, channels: Int, into y: UnsafeMutablePointer<S>, _ term: (Int, Int) -> S.Vector
) {
  let lanes = S.Vector.scalarCount
  let padded = (channels + lanes - 1) / lanes * lanes
  let blocks = (rows + sumBlock - 1) / sumBlock
  let partial = Buffer<S>(uninitialized: blocks * padded)
  let sums = partial.pointer
  parallelFor(blocks) { block in
    let last = min(rows, (block + 1) * sumBlock)
    var c = 0
    while c < channels {
      // Lanes beyond the last channel sum what lies there (the next row) and are dropped below.
      var acc = S.Vector(repeating: 0)
      var i = block * sumBlock * channels + c
      for _ in block * sumBlock..<last {
        acc += term(i, c)
        i += channels
      }
      (sums + block * padded + c).vector = acc
      c += lanes
    }
  }
  for c in 0..<channels {
    var total: S = 0
    for block in 0..<blocks { total += sums[block * padded + c] }
    y[c] = total
  }
}

/// y = a[c]·x + b[c]·z + d[c] per channel; without `z`, y = a[c]·x + d[c].
///
/// - Parameters:
///   - x: `[rows, channels]`.
///   - a: `[channels]`.
///   - z: `[rows, channels]`, with `b`.
///   - b: `[channels]`.
///   - d: `[channels]`.
///   - rows: Extent of all axes but the last.
///   - channels: Extent of the last axis.
///   - y: `[rows, channels]`; every element is written.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelAffine<S: KernelScalar>(
  _ x: Buffer<S>, scale a: Buffer<S>, _ z: Buffer<S>? = nil, scale b: Buffer<S>? = nil,
  shift d: Buffer<S>, rows: Int, channels: Int, into y: Buffer<S>
) {
  require(
    x.count == rows * channels && y.count == x.count && a.count == channels && d.count == channels
      && (z?.count ?? x.count) == x.count && (b?.count ?? channels) == channels
      && (z == nil) == (b == nil),
    "channelAffine: \(x.count) scalars as [\(rows), \(channels)].")
  let lanes = S.Vector.scalarCount
  let from = UnsafePointer(x.pointer)
  let other = UnsafePointer(z?.pointer ?? x.pointer)
  let otherScale = UnsafePointer(b?.pointer ?? a.pointer)
  let both = z != nil
  let to = y.pointer
  let scale = UnsafePointer(a.pointer)
  let shift = UnsafePointer(d.pointer)
  parallelRuns(rows, grain: max(1, elementGrain / max(1, channels))) { run in
    for r in run {
      let p = from + r * channels
      let q = other + r * channels
      let out = to + r * channels
      var c = 0
      while c + lanes <= channels {
        var v = (shift + c).vector.addingProduct((p + c).vector, (scale + c).vector)
        if both { v = v.addingProduct((q + c).vector, (otherScale + c).vector) }
        (out + c).vector = v
        c += lanes
      }
      while c < channels {
        var v = shift[c].addingProduct(p[c], scale[c])
        if both { v = v.addingProduct(q[c], otherScale[c]) }
        out[c] = v
        c += 1
      }
    }
  }
}

/// Layer norm forward: y, and the mean and 1/√(σ² + ε) of each row.
@specialized(where S == Float)
@specialized(where S == Double)
public func layerNormalize<S: KernelScalar>(
  _ x: Buffer<S>, gain: Buffer<S>, bias: Buffer<S>, epsilon: S, rows: Int, channels: Int,
  mean: Buffer<S>, inverseDeviation: Buffer<S>, into y: Buffer<S>
) {
  require(
    x.count == rows * channels && y.count == x.count && gain.count == channels
      && bias.count == channels && mean.count == rows && inverseDeviation.count == rows,
    "layerNormalize: \(x.count) scalars as [\(rows), \(channels)].")
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  let w = UnsafePointer(gain.pointer)
  let b = UnsafePointer(bias.pointer)
  let means = mean.pointer
  let inverses = inverseDeviation.pointer
  parallelRuns(rows, grain: max(1, elementGrain / max(1, channels))) { run in
    for r in run {
      let p = from + r * channels
      let out = to + r * channels
      let m = lineSum(p, channels) / S(channels)
      for c in 0..<channels { out[c] = (p[c] - m) * (p[c] - m) }
      let variance = lineSum(UnsafePointer(out), channels) / S(channels)
      let inverse = 1 / (variance + epsilon).squareRoot()
      for c in 0..<channels { out[c] = b[c].addingProduct((p[c] - m) * inverse, w[c]) }
      means[r] = m
      inverses[r] = inverse
    }
  }
}

/// Layer norm backward: dX, and per row dY·x̂ (summed over rows by the caller for the gain).
///
/// Formula: with ĝ = dY·γ, dX = (ĝ − mean ĝ − x̂ · mean(ĝ·x̂)) / √(σ² + ε).
@specialized(where S == Float)
@specialized(where S == Double)
public func layerNormalizeGradient<S: KernelScalar>(
  _ dY: Buffer<S>, _ x: Buffer<S>, gain: Buffer<S>, mean: Buffer<S>, inverseDeviation: Buffer<S>,
  rows: Int, channels: Int, inputGradient dX: Buffer<S>, gainTerms: Buffer<S>
) {
  require(
    x.count == rows * channels && dY.count == x.count && dX.count == x.count
      && gainTerms.count == x.count && gain.count == channels && mean.count == rows
      && inverseDeviation.count == rows,
    "layerNormalizeGradient: \(x.count) scalars as [\(rows), \(channels)].")
  let g = UnsafePointer(dY.pointer)
  let from = UnsafePointer(x.pointer)
  let w = UnsafePointer(gain.pointer)
  let means = UnsafePointer(mean.pointer)
  let inverses = UnsafePointer(inverseDeviation.pointer)
  let terms = gainTerms.pointer
  let to = dX.pointer
  parallelRuns(rows, grain: max(1, elementGrain / max(1, channels))) { run in
    for r in run {
      let i = r * channels
      let out = to + i
      for c in 0..<channels {
        let normalized = (from[i + c] - means[r]) * inverses[r]
        terms[i + c] = g[i + c] * normalized
        out[c] = terms[i + c] * w[c]
      }
      let projection = lineSum(UnsafePointer(out), channels) / S(channels)
      for c in 0..<channels { out[c] = g[i + c] * w[c] }
      let average = lineSum(UnsafePointer(out), channels) / S(channels)
      for c in 0..<channels {
        let normalized = (from[i + c] - means[r]) * inverses[r]
        out[c] = (out[c] - average - normalized * projection) * inverses[r]
      }
    }
  }
}
