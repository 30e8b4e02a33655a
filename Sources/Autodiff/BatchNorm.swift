// Batch normalisation.
//
// Source     Ioffe & Szegedy, ICML 2015
// Formula    μ = mean x,  σ² = mean (x − μ)²  per channel over the n rows of the batch
//            y = γ x̂ + β,  x̂ = (x − μ) r,  r = 1/√(σ² + ε)
//            dβ = Σ dY,  dγ = Σ dY x̂,  dX = γ r (dY − dβ/n − x̂ dγ/n)
// Followed   by a shortcut r and a rectification, where asked: y = max(0, γ x̂ + β + r). They are part of
//            the same passes over memory; dY below is then dY where y > 0, and dR is that, too.
// Derivation μ and σ² depend on x, so the pullback has three parts: the direct one, γ r dY; that
//            through μ, its mean; and that through σ², its projection on x̂. All three together are
//            an affine map of (dY, x) per channel: dX = a dY + b x + d.
// Sums       Moments and the two sums of backward are taken by the convolutions beside the norm, or by a maximum pooling
//            behind it, while the pixels are in the cache, if those make x and complete dY; else here. The bits are
//            the same (Kernels/RowParts.swift).
// Deferred   y and dX are made where they are first read: by a 1×1 convolution, in the pieces that multiply them
//            (Kernels/DeferredPixels.swift). A norm that only a shortcut reads, a projection's, is never made: its map
//            is part of the one that adds the shortcut. Nor is one that only a maximum pooling reads.
// Memory     Backward holds x. The rectified output is max(0, a x + d) of it: whoever needs it for a gradient
//            makes it again by the same kernel, to the same bits. With a shortcut it would need r, too, and
//            is held. (From y alone x cannot be had: where y = 0 it is lost, and dX there depends on it.) dX, or
//            dR, is written in the place of dY, if nobody else holds that.
// Shapes     x [..., channels]; γ, β, μ, σ² [channels]
// Errata     The variance that normalises is biased (1/n); the running one, kept by the layer, is
//            not (1/(n−1)), as in PyTorch.
// Read       Kernels/ChannelMoments.swift, ChannelGradientSums.swift, BatchNormalization.swift ← this file → Networks/BatchNorm.swift

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
///   - shortcut: Added to the result, of x's shape.
///   - rectified: Whether negative results become 0, after the addition.
/// - Returns: y of x's shape, and the statistics for the running averages.
public func batchNorm<S>(
  _ x: Variable<S>, gain: Variable<S>, bias: Variable<S>, epsilon: S,
  adding shortcut: Variable<S>? = nil, rectified: Bool = false
) -> (output: Variable<S>, statistics: BatchStatistics<S>) {
  let channels = channelCount(x.shape, gain, bias, shortcut)
  let rows = x.value.count / max(1, channels)
  let moments = x.moments ?? ChannelMoments(shape: x.shape)
  if x.moments == nil { moments.take(x.value.buffer) }
  let statistics = BatchStatistics(
    mean: Tensor(shape: [channels], buffer: moments.mean),
    variance: Tensor(shape: [channels], buffer: moments.variance), count: rows)

  let (X, μ) = (x.value, statistics.mean)
  let (r, scale, shift) = constants(
    gain, bias, mean: μ, variance: statistics.variance, epsilon)
  let y = affine(X, scale: scale, shift: shift, adding: shortcut?.value, rectified: rectified)
  // A pullback that captured the shortcut itself would hold its value.
  let adds = shortcut != nil
  let gate = gate(y, scale: scale, shift: shift, adds: adds, rectified: rectified)
  // docs: region pullback
  let sums = Once {
    ChannelGradientSums(of: X.buffer, shape: X.shape, mean: μ.buffer, gate: gate())
  }
  var output = Variable(y, from: [x, gain, bias] + (shortcut.map { [$0] } ?? [])) { dY in
    let (dβ, products, isGated) = take(sums.value, &dY, keepsGated: adds && rectified)
    let dγ = products * r
    // dX = γr·g − γr²·(dγ/n)·(x − μ) − γr·dβ/n
    let b = -(scale * r * dγ) / S(rows)
    let d = -(b * μ) - scale * dβ / S(rows)
    // dX may take the place of dY, unless that goes on to the shortcut.
    let room = adds ? Buffer(uninitialized: X.count) : dY.room()
    let map = ChannelInputGradient(
      of: dY.buffer, scale: scale.buffer, X.buffer, scale: b.buffer, shift: d.buffer,
      gate: isGated ? .open : gate())
    let dX = Tensor(shape: X.shape, deferred: .inputGradient(map), in: room)
    return [dX, dγ, dβ] + (adds ? [dY] : [])
  }
  // docs: end pullback
  output.node?.sums = sums
  if output.isTracked && !adds {
    output.again = { affine(X, scale: scale, shift: shift, rectified: rectified) }
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
///   - shortcut: Added to the result, of x's shape.
///   - rectified: Whether negative results become 0, after the addition.
/// - Returns: y, of x's shape.
public func batchNorm<S>(
  _ x: Variable<S>, gain: Variable<S>, bias: Variable<S>, mean: Tensor<S>, variance: Tensor<S>,
  epsilon: S, adding shortcut: Variable<S>? = nil, rectified: Bool = false
) -> Variable<S> {
  let channels = channelCount(x.shape, gain, bias, shortcut)
  let X = x.value
  let (r, scale, shift) = constants(gain, bias, mean: mean, variance: variance, epsilon)
  let y = affine(X, scale: scale, shift: shift, adding: shortcut?.value, rectified: rectified)
  // A pullback that captured the shortcut itself would hold its value.
  let adds = shortcut != nil
  let gate = gate(y, scale: scale, shift: shift, adds: adds, rectified: rectified)
  let sums = Once {
    ChannelGradientSums(of: X.buffer, shape: X.shape, mean: mean.buffer, gate: gate())
  }
  var output = Variable(y, from: [x, gain, bias] + (shortcut.map { [$0] } ?? [])) { dY in
    let (dβ, products, _) = take(sums.value, &dY, keepsGated: rectified)
    let dX = affine(dY, scale: scale, shift: Tensor.zeros([channels]))
    return [dX, products * r, dβ] + (adds ? [dY] : [])
  }
  output.node?.sums = sums
  if output.isTracked && !adds {
    output.again = { affine(X, scale: scale, shift: shift, rectified: rectified) }
  }
  return output
}

/// Batch norm with given statistics of a convolution: `batchNorm(conv2D(x, …), …)`, to the same bits.
///
/// Where no gradient is wanted, as at evaluation, the map is part of the convolution: it is applied to each pixel
/// while that is in the cache, and what the convolution itself makes is never held.
///
/// - Parameters:
///   - x: `[batch, height, width, channels]`.
///   - w: `[kernelHeight, kernelWidth, channels / groups, out]`.
///   - stride: Step between patches, in pixels; at least 1.
///   - padding: Zeros added on each side, in pixels.
///   - dilation: Distance between the taps of the kernel, in pixels; at least 1.
///   - groups: Into how many independent convolutions the channels are split.
///   - gain: γ `[out]`.
///   - bias: β `[out]`.
///   - mean: Running mean `[out]`, a constant.
///   - variance: Running variance `[out]`, a constant.
///   - epsilon: ε, added to the variance.
///   - shortcut: Added to the result, of its shape.
///   - rectified: Whether negative results become 0, after the addition.
/// - Returns: `[batch, H′, W′, out]`.
public func batchNorm<S>(
  ofConvolution x: Variable<S>, filter w: Variable<S>, stride: Int = 1, padding: Int = 0,
  dilation: Int = 1, groups: Int = 1, gain: Variable<S>, bias: Variable<S>, mean: Tensor<S>,
  variance: Tensor<S>, epsilon: S, adding shortcut: Variable<S>? = nil, rectified: Bool = false
) -> Variable<S> {
  let inputs = [x, w, gain, bias] + (shortcut.map { [$0] } ?? [])
  guard !inputs.contains(where: \.isTracked) else {
    let y = conv2D(
      x, filter: w, stride: stride, padding: padding, dilation: dilation, groups: groups)
    return batchNorm(
      y, gain: gain, bias: bias, mean: mean, variance: variance, epsilon: epsilon,
      adding: shortcut, rectified: rectified)
  }
  let g = ConvolutionGeometry(
    input: x.shape, filter: w.shape, stride: stride, padding: padding, dilation: dilation,
    groups: groups)
  _ = channelCount(g.outputShape, gain, bias, shortcut)
  let (_, scale, shift) = constants(gain, bias, mean: mean, variance: variance, epsilon)
  let map = ChannelAffine(
    scale: scale.buffer, shift: shift.buffer, adding: shortcut?.value.buffer, rectified: rectified)
  // Two operations in one, and messages and profiles say so.
  return Variable(
    convolution(x.value, w.value, g, then: .map(map)), from: inputs,
    operation: "conv2D and batchNorm"
  ) { _ in [] }
}

/// r = 1/√(σ² + ε), and the map y = scale · x + shift: γ r and β − μ γ r.
private func constants<S>(
  _ gain: Variable<S>, _ bias: Variable<S>, mean: Tensor<S>, variance: Tensor<S>, _ epsilon: S
) -> (r: Tensor<S>, scale: Tensor<S>, shift: Tensor<S>) {
  let r = (variance + epsilon).map(.squareRoot).map(.reciprocal)
  let scale = gain.value * r
  return (r, scale, bias.value - mean * scale)
}

/// What backward asks whether y > 0: x where nothing was added, else y, which is there by then.
private func gate<S>(
  _ y: Tensor<S>, scale: Tensor<S>, shift: Tensor<S>, adds: Bool, rectified: Bool
) -> () -> RectifierGate<S> {
  guard rectified else { return { .open } }
  return adds
    ? { .output(y.buffer) } : { .affine(scale: scale.buffer, shift: shift.buffer) }
}

/// Σ g and Σ g (x − μ), unless whoever completed dY has taken them; and whether dY has become g, as it has then, or
/// shall: in its own memory, if nobody else holds that.
private func take<S>(
  _ sums: ChannelGradientSums<S>, _ dY: inout Tensor<S>, keepsGated: Bool
) -> (sum: Tensor<S>, product: Tensor<S>, isGated: Bool) {
  let isGated = sums.isComplete || keepsGated
  if !sums.isComplete {
    let gated = keepsGated ? dY.room() : nil
    sums.take(dY.buffer, gated: gated)
    if let gated { dY = Tensor(shape: dY.shape, buffer: gated) }
  }
  let channels = [sums.sum.count]
  return (
    Tensor(shape: channels, buffer: sums.sum), Tensor(shape: channels, buffer: sums.product),
    isGated
  )
}

private func channelCount<S>(
  _ shape: [Int], _ gain: Variable<S>, _ bias: Variable<S>, _ shortcut: Variable<S>?
) -> Int {
  let channels = shape.last ?? 0
  require(
    shape.count >= 2 && gain.shape == [channels] && bias.shape == [channels]
      && shape.allSatisfy { $0 > 0 } && (shortcut?.shape ?? shape) == shape,
    """
    batchNorm: input \(shape), gain \(gain.shape), bias \(bias.shape)\(
      shortcut.map { ", shortcut \($0.shape)" } ?? "").
      To mend: input [..., channels] with at least one row; gain and bias [channels]; a shortcut of the
      input's shape.
    """)
  return channels
}

/// The map of x's channels, made where it is first read.
private func affine<S>(
  _ x: Tensor<S>, scale: Tensor<S>, shift: Tensor<S>, adding shortcut: Tensor<S>? = nil,
  rectified: Bool = false
) -> Tensor<S> {
  var (r, inner): (Buffer<S>?, (scale: Buffer<S>, shift: Buffer<S>)?)
  if case .map(let map, let x) = shortcut?.deferred, map.isOnlyAffine {
    (r, inner) = (x, (map.scale, map.shift))
  } else {
    r = shortcut?.buffer
  }
  let map = ChannelAffine(
    scale: scale.buffer, shift: shift.buffer, adding: r, mappedBy: inner, rectified: rectified)
  return Tensor(
    shape: x.shape, deferred: .map(map, of: x.buffer), in: Buffer(uninitialized: x.count))
}

extension GradientCase {
  static let batchNorms = [
    GradientCase("batchNorm", at: [3, 2, 2, 4], [4], [4]) {
      batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-5).output
    },
    GradientCase("batchNorm, vectors", at: [6, 5], [5], [5]) {
      batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3).output
    },
    GradientCase("batchNorm, rectified", at: [5, 2, 5], [5], [5]) {
      batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3, rectified: true).output
    },
    GradientCase("batchNorm, shortcut", at: [4, 5], [5], [5], [4, 5]) {
      batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3, adding: $0[3]).output
    },
    GradientCase("batchNorm, shortcut, rectified", at: [4, 2, 5], [5], [5], [4, 2, 5]) {
      batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3, adding: $0[3], rectified: true)
        .output
    },
    GradientCase("batchNorm, shortcut that is a norm", at: [4, 5], [5], [5], [4, 5]) {
      let shortcut = batchNorm($0[3], gain: $0[1], bias: $0[2], epsilon: 1e-3).output
      return batchNorm(
        $0[0], gain: $0[2], bias: $0[1], epsilon: 1e-3, adding: shortcut, rectified: true
      ).output
    },
    GradientCase("batchNorm, shortcut that is a rectified norm", at: [4, 5], [5], [5], [4, 5]) {
      let shortcut = batchNorm(
        $0[3], gain: $0[1], bias: $0[2], epsilon: 1e-3, rectified: true
      ).output
      return batchNorm(
        $0[0], gain: $0[2], bias: $0[1], epsilon: 1e-3, adding: shortcut, rectified: true
      ).output
    },
    GradientCase(
      "batchNorm, between convolutions", at: [2, 4, 3, 2], [3, 3, 2, 4], [4], [4], [1, 1, 4, 3]
    ) {
      let x = conv2D($0[0], filter: $0[1], padding: 1, takesMoments: true)
      let y = batchNorm(x, gain: $0[2], bias: $0[3], epsilon: 1e-3, rectified: true).output
      return conv2D(y, filter: $0[4])
    },
    GradientCase(
      "batchNorm, shortcut around convolutions", at: [2, 3, 3, 4], [4], [4], [2, 3, 3, 4],
      [1, 1, 4, 4]
    ) {
      let y = batchNorm(
        $0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3, adding: $0[3], rectified: true
      ).output
      let z = conv2D(y, filter: $0[4])
      return batchNorm(
        z, gain: $0[1], bias: $0[2], epsilon: 1e-3, adding: y, rectified: true
      ).output
    },
    GradientCase(
      "batchNorm, completed by no convolution", at: [2, 3, 3, 4], [4], [4], [1, 1, 4, 4],
      [3, 3, 4, 4]
    ) {
      let y = batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3, rectified: true).output
      // The gradient of y is completed by the square, after a convolution has joined it.
      return conv2D(y * y, filter: $0[3]) + conv2D(y, filter: $0[4], padding: 1)
    },
    GradientCase("batchNorm, running statistics", at: [3, 2, 4], [4], [4]) {
      batchNorm(
        $0[0], gain: $0[1], bias: $0[2], mean: Tensor([4], [0.1, -0.2, 0.3, 0]),
        variance: Tensor([4], [1, 0.5, 2, 0.1]), epsilon: 1e-5)
    },
    GradientCase(
      "batchNorm, running statistics, shortcut, rectified", at: [3, 2, 4], [4], [4], [3, 2, 4]
    ) {
      batchNorm(
        $0[0], gain: $0[1], bias: $0[2], mean: Tensor([4], [0.1, -0.2, 0.3, 0]),
        variance: Tensor([4], [1, 0.5, 2, 0.1]), epsilon: 1e-5, adding: $0[3], rectified: true)
    },
  ]
}
