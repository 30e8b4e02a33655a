// Layer normalisation: each row to mean 0 and variance 1, then scaled and shifted.
//
// Formula    μ = mean x,  σ² = mean (x − μ)²,  y = γ (x − μ)/√(σ² + ε) + β   per row over channels
// Read       Reductions.swift ← this file → Autodiff/LayerNorm.swift

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
