// The batch norm layer: batch statistics in training, running ones in evaluation.
//
// Formula    running ← (1 − m) running + m batch,  m = 0.1 by default;  the variance unbiased: σ² n/(n − 1)
// Errata     PyTorch's momentum is the weight of the new value, not of the old one.
// Read       Autodiff/BatchNorm.swift ← this file → ResNet.swift, Projector.swift

import Autodiff
import Kernels
import Tensors

/// Batch normalisation of the last axis, for images and for vectors.
public struct BatchNorm<Scalar: KernelScalar>: Layer {
  /// γ `[channels]`.
  public let weight: Parameter<Scalar>
  /// β `[channels]`.
  public let bias: Parameter<Scalar>
  /// Running mean `[channels]`.
  public let runningMean: Parameter<Scalar>
  /// Running unbiased variance `[channels]`.
  public let runningVariance: Parameter<Scalar>
  /// Batches seen in training.
  public let batchesTracked: Parameter<Scalar>
  let epsilon: Scalar
  let momentum: Scalar

  /// Starts as the identity: γ = 1 (or 0, to start a residual branch at zero), β = 0; ε and m are
  /// PyTorch's by default.
  public init(
    channels: Int, zeroInitialized: Bool = false, epsilon: Scalar = 1e-5, momentum: Scalar = 0.1
  ) {
    self.epsilon = epsilon
    self.momentum = momentum
    weight = Parameter(Tensor([channels], repeating: zeroInitialized ? 0 : 1))
    bias = Parameter(.zeros([channels]))
    runningMean = Parameter(.zeros([channels]), role: .statistic)
    runningVariance = Parameter(.ones([channels]), role: .statistic)
    batchesTracked = Parameter(Tensor(0), role: .counter)
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    self(x, mode: mode, rectified: false)
  }

  /// The norm with what often follows it, in the same passes over memory.
  ///
  /// - Parameters:
  ///   - x: `[..., channels]`.
  ///   - mode: How statistics and gradients are treated.
  ///   - shortcut: Added to the result, of x's shape.
  ///   - rectified: Whether negative results become 0, after the addition.
  /// - Returns: The output, of x's shape.
  public func callAsFunction(
    _ x: Variable<Scalar>, mode: Mode, adding shortcut: Variable<Scalar>? = nil, rectified: Bool
  ) -> Variable<Scalar> {
    guard mode.usesBatchStatistics else {
      return batchNorm(
        x, gain: weight.variable(mode), bias: bias.variable(mode), mean: runningMean.value,
        variance: runningVariance.value, epsilon: epsilon, adding: shortcut, rectified: rectified)
    }
    let (y, batch) = batchNorm(
      x, gain: weight.variable(mode), bias: bias.variable(mode), epsilon: epsilon,
      adding: shortcut, rectified: rectified)
    guard mode.updatesStatistics else { return y }
    // A single row has no unbiased variance; its biased one, 0, keeps the average finite.
    let unbiased = Scalar(batch.count) / Scalar(max(1, batch.count - 1))
    runningMean.value = runningMean.value * (1 - momentum) + batch.mean * momentum
    runningVariance.value =
      runningVariance.value * (1 - momentum) + batch.variance * (momentum * unbiased)
    batchesTracked.value = batchesTracked.value + 1
    return y
  }

  /// The norm of a convolution, with what often follows it; at evaluation all in one pass.
  ///
  /// - Parameters:
  ///   - convolution: What makes the norm's input.
  ///   - x: The convolution's input, `[batch, height, width, channels]`.
  ///   - mode: How statistics and gradients are treated.
  ///   - shortcut: Added to the result, of its shape.
  ///   - rectified: Whether negative results become 0, after the addition.
  /// - Returns: The output, `[batch, H′, W′, out]`.
  public func callAsFunction(
    of convolution: Convolution2D<Scalar>, _ x: Variable<Scalar>, mode: Mode,
    adding shortcut: Variable<Scalar>? = nil, rectified: Bool = false
  ) -> Variable<Scalar> {
    guard !mode.usesBatchStatistics, convolution.bias == nil else {
      let y = convolution(x, mode: mode, takesMoments: mode.usesBatchStatistics)
      return self(y, mode: mode, adding: shortcut, rectified: rectified)
    }
    return batchNorm(
      ofConvolution: x, filter: convolution.weight.variable(mode), stride: convolution.stride,
      padding: convolution.padding, dilation: convolution.dilation, groups: convolution.groups,
      gain: weight.variable(mode), bias: bias.variable(mode), mean: runningMean.value,
      variance: runningVariance.value, epsilon: epsilon, adding: shortcut, rectified: rectified)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    body("weight", weight)
    body("bias", bias)
    body("running_mean", runningMean)
    body("running_var", runningVariance)
    body("num_batches_tracked", batchesTracked)
  }
}
