// Batch normalisation.
//
// Source     Ioffe & Szegedy, ICML 2015
// Formula    μ = mean x,  σ² = mean (x − μ)²  per channel over the n rows of the batch
//            y = γ x̂ + β,  x̂ = (x − μ) r,  r = 1/√(σ² + ε)
//            dβ = Σ dY,  dγ = Σ dY x̂,  dX = γ r (dY − dβ/n − x̂ dγ/n)
// Derivation μ and σ² depend on x, so the pullback has three parts: the direct one, γ r dY; that
//            through μ, its mean; and that through σ², its projection on x̂. All three together are
//            an affine map of (dY, x) per channel: dX = a dY + b x + d.
// Shapes     x [..., channels]; γ, β, μ, σ² [channels]
// Errata     The variance that normalises is biased (1/n); the running one, kept by the layer, is
//            not (1/(n−1)), as in PyTorch.
// Read       Kernels/Normalization.swift ← this file → Networks/BatchNorm.swift

import Kernels
import Tensors

/// Statistics of a batch, per channel.
public struct BatchStatistics<Scalar: KernelScalar>: Sendable {
  /// μ `[channels]`.
  public let mean: Tensor<Scalar>
  /// Biased σ² `[channels]`.
  public let variance: Tensor<Scalar>
  /// Rows they were taken over.
  public let count: Int
}

/// Batch norm with the statistics of the batch itself.
///
/// - Parameters:
///   - x: `[..., channels]`.
///   - gain: γ `[channels]`.
///   - bias: β `[channels]`.
///   - epsilon: ε, added to the variance.
/// - Returns: y of x's shape, and the statistics for the running averages.
public func batchNorm<S>(
  _ x: Variable<S>, gain: Variable<S>, bias: Variable<S>, epsilon: S
) -> (output: Variable<S>, statistics: BatchStatistics<S>) {
  let channels = channelCount(x, gain, bias)
  let rows = x.value.count / max(1, channels)
  let mean = Buffer<S>(uninitialized: channels)
  let variance = Buffer<S>(uninitialized: channels)
  channelStatistics(x.value.buffer, rows: rows, channels: channels, mean: mean, variance: variance)
  let statistics = BatchStatistics(
    mean: Tensor(shape: [channels], buffer: mean),
    variance: Tensor(shape: [channels], buffer: variance), count: rows)

  let (X, γ, μ) = (x.value, gain.value, statistics.mean)
  let r = (statistics.variance + epsilon).map(.squareRoot).map(.reciprocal)
  let scale = γ * r
  let y = affine(X, scale: scale, shift: bias.value - μ * scale)
  let output = Variable(y, from: [x, gain, bias]) { dY in
    let sum = Buffer<S>(uninitialized: channels)
    let product = Buffer<S>(uninitialized: channels)
    channelGradientSums(
      dY.buffer, X.buffer, mean: mean, rows: rows, channels: channels, sum: sum, product: product)
    let dβ = Tensor(shape: [channels], buffer: sum)
    let dγ = Tensor(shape: [channels], buffer: product) * r
    // dX = γr·dY − γr²·(dγ/n)·(x − μ) − γr·dβ/n
    let b = -(scale * r * dγ) / S(rows)
    let d = -(b * μ) - scale * dβ / S(rows)
    let dX = Buffer<S>(uninitialized: X.count)
    channelAffine(
      dY.buffer, scale: scale.buffer, X.buffer, scale: b.buffer, shift: d.buffer, rows: rows,
      channels: channels, into: dX)
    return [Tensor(shape: X.shape, buffer: dX), dγ, dβ]
  }
  return (output, statistics)
}

/// Batch norm with given statistics, as at evaluation: an affine map per channel.
///
/// - Parameters:
///   - x: `[..., channels]`.
///   - gain: γ `[channels]`.
///   - bias: β `[channels]`.
///   - mean: Running mean `[channels]`, a constant.
///   - variance: Running variance `[channels]`, a constant.
///   - epsilon: ε, added to the variance.
/// - Returns: y, of x's shape.
public func batchNorm<S>(
  _ x: Variable<S>, gain: Variable<S>, bias: Variable<S>, mean: Tensor<S>, variance: Tensor<S>,
  epsilon: S
) -> Variable<S> {
  let channels = channelCount(x, gain, bias)
  let (X, γ) = (x.value, gain.value)
  let r = (variance + epsilon).map(.squareRoot).map(.reciprocal)
  let scale = γ * r
  return Variable(
    affine(X, scale: scale, shift: bias.value - mean * scale), from: [x, gain, bias]
  ) { dY in
    let rows = X.count / max(1, channels)
    let sum = Buffer<S>(uninitialized: channels)
    let product = Buffer<S>(uninitialized: channels)
    channelGradientSums(
      dY.buffer, X.buffer, mean: mean.buffer, rows: rows, channels: channels, sum: sum,
      product: product)
    let dX = affine(dY, scale: scale, shift: Tensor.zeros([channels]))
    return [
      dX, Tensor(shape: [channels], buffer: product) * r, Tensor(shape: [channels], buffer: sum),
    ]
  }
}

private func channelCount<S>(_ x: Variable<S>, _ gain: Variable<S>, _ bias: Variable<S>) -> Int {
  let channels = x.shape.last ?? 0
  require(
    x.shape.count >= 2 && gain.shape == [channels] && bias.shape == [channels] && x.value.count > 0,
    """
    batchNorm: input \(x.shape), gain \(gain.shape), bias \(bias.shape).
      To mend: input [..., channels] with at least one row; gain and bias [channels].
    """)
  return channels
}

private func affine<S>(_ x: Tensor<S>, scale: Tensor<S>, shift: Tensor<S>) -> Tensor<S> {
  let channels = scale.count
  let y = Buffer<S>(uninitialized: x.count)
  channelAffine(
    x.buffer, scale: scale.buffer, shift: shift.buffer, rows: x.count / channels,
    channels: channels, into: y)
  return Tensor(shape: x.shape, buffer: y)
}

extension GradientCase {
  static let batchNorms = [
    GradientCase("batchNorm", at: [3, 2, 2, 4], [4], [4]) {
      batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-5).output
    },
    GradientCase("batchNorm, vectors", at: [6, 5], [5], [5]) {
      batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3).output
    },
    GradientCase("batchNorm, running statistics", at: [3, 2, 4], [4], [4]) {
      batchNorm(
        $0[0], gain: $0[1], bias: $0[2], mean: Tensor([4], [0.1, -0.2, 0.3, 0]),
        variance: Tensor([4], [1, 0.5, 2, 0.1]), epsilon: 1e-5)
    },
  ]
}
