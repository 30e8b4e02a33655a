// Layer normalisation.
//
// Source     Ba, Kiros & Hinton, 2016
// Formula    per row: y = γ x̂ + β,  x̂ = (x − μ)/√(σ² + ε)
//            ĝ = dY γ,  dX = (ĝ − mean ĝ − x̂ mean(ĝ x̂))/√(σ² + ε),  dγ = Σ dY x̂,  dβ = Σ dY
// Read       Kernels/LayerNormalization.swift ← this file → Softmax.swift

import Kernels
import Tensors

/// Normalises each row to mean 0 and variance 1, then scales and shifts it.
///
/// - Parameters:
///   - x: `[..., channels]`.
///   - gain: γ `[channels]`.
///   - bias: β `[channels]`.
///   - epsilon: ε, added to the biased variance.
/// - Returns: y, of x's shape.
public func layerNorm<S>(
  _ x: Variable<S>, gain: Variable<S>, bias: Variable<S>, epsilon: S
) -> Variable<S> {
  let channels = x.shape.last ?? 0
  require(
    channels > 0 && gain.shape == [channels] && bias.shape == [channels],
    "layerNorm: input \(x.shape), gain \(gain.shape), bias \(bias.shape); both need [channels].")
  let rows = x.value.count / channels
  let (X, γ) = (x.value, gain.value)
  let mean = Buffer<S>(uninitialized: rows)
  let inverse = Buffer<S>(uninitialized: rows)
  let y = Buffer<S>(uninitialized: X.count)
  layerNormalize(
    X.buffer, gain: γ.buffer, bias: bias.value.buffer, epsilon: epsilon, rows: rows,
    channels: channels, mean: mean, inverseDeviation: inverse, into: y)
  return Variable(Tensor(shape: X.shape, buffer: y), from: [x, gain, bias]) { dY in
    let dX = Buffer<S>(uninitialized: X.count)
    let terms = Buffer<S>(uninitialized: X.count)
    layerNormalizeGradient(
      dY.buffer, X.buffer, gain: γ.buffer, mean: mean, inverseDeviation: inverse, rows: rows,
      channels: channels, inputGradient: dX, gainTerms: terms)
    return [
      Tensor(shape: X.shape, buffer: dX),
      Tensor(shape: [rows, channels], buffer: terms).sum(over: 0),
      dY.reshaped([rows, channels]).sum(over: 0),
    ]
  }
}

extension GradientCase {
  static let layerNorms = [
    GradientCase("layerNorm", at: [3, 2, 5], [5], [5]) {
      layerNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-5)
    }
  ]
}
