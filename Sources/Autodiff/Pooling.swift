// Maximum and average pooling.
//
// Formula    max:   dX at the place of each maximum += dY;  the first of equal maxima takes it
//            mean:  dX of each pixel of a window += dY / K²
// Deferred   A norm's map that nobody has made is not made for a maximum: its pooling reads the norm's input.
// Read       Kernels/Pooling.swift, MaximumPooling.swift ← this file → Networks/ResNet.swift

import Kernels
import Tensors

/// The maximum of each window.
///
/// - Parameters:
///   - x: `[batch, height, width, channels]`.
///   - kernel: Side of the window, in pixels.
///   - stride: Step between windows, in pixels.
///   - padding: Pixels added on each side, which never win.
/// - Returns: `[batch, H′, W′, channels]`.
public func maximumPool<S>(
  _ x: Variable<S>, kernel: Int, stride: Int, padding: Int = 0
) -> Variable<S> {
  let g = PoolingGeometry(input: x.shape, kernel: kernel, stride: stride, padding: padding)
  let y = Buffer<S>(uninitialized: g.outputShape.reduce(1, *))
  let places: WindowPlaces
  if case .map(let map, let input) = x.value.deferred {
    places = maximumPool(g, input, mappedBy: map, into: y)
  } else {
    places = maximumPool(g, x.value.buffer, into: y)
  }
  return Variable(
    Tensor(shape: g.outputShape, buffer: y),
    parts: [
      (
        x,
        .joined {
          (
            dY: Tensor<S>, sum: consuming Tensor<S>?, sums: Once<ChannelGradientSums<S>>?
          ) in
          let adds = sum != nil
          var dX =
            sum.take()
            ?? Tensor(
              shape: g.inputShape, buffer: Buffer(uninitialized: g.inputShape.reduce(1, *)))
          dX.update {
            maximumPoolGradient(
              g, dY.buffer, places: places, into: $0, adding: adds,
              then: sums.map { .sums($0.value) } ?? .nothing)
          }
          return dX
        }
      )
    ])
}

/// The mean of each window; zeros of the padding count.
///
/// - Parameters:
///   - x: `[batch, height, width, channels]`.
///   - kernel: Side of the window, in pixels.
///   - stride: Step between windows, in pixels.
///   - padding: Zeros added on each side, in pixels.
/// - Returns: `[batch, H′, W′, channels]`.
public func averagePool<S>(
  _ x: Variable<S>, kernel: Int, stride: Int, padding: Int = 0
) -> Variable<S> {
  let g = PoolingGeometry(input: x.shape, kernel: kernel, stride: stride, padding: padding)
  let y = Buffer<S>(uninitialized: g.outputShape.reduce(1, *))
  averagePool(g, x.value.buffer, into: y)
  return Variable(
    Tensor(shape: g.outputShape, buffer: y),
    pullbacks: [
      (
        x,
        { dY in
          let dX = Buffer<S>(uninitialized: g.inputShape.reduce(1, *))
          averagePoolGradient(g, dY.buffer, into: dX)
          return Tensor(shape: g.inputShape, buffer: dX)
        }
      )
    ])
}

extension GradientCase {
  static let pooling = [
    GradientCase("maximumPool", at: [2, 6, 5, 2]) { maximumPool($0[0], kernel: 2, stride: 2) },
    GradientCase("maximumPool, 3×3 padded", at: [1, 7, 6, 2]) {
      maximumPool($0[0], kernel: 3, stride: 2, padding: 1)
    },
    GradientCase("maximumPool, a rectified norm", at: [2, 5, 6, 3], [3], [3]) {
      let y = batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3, rectified: true).output
      return maximumPool(y, kernel: 3, stride: 2, padding: 1)
    },
    GradientCase(
      "maximumPool, a norm that others read", at: [2, 4, 6, 3], [3], [3], [1, 1, 3, 2]
    ) {
      let y = batchNorm($0[0], gain: $0[1], bias: $0[2], epsilon: 1e-3, rectified: true).output
      let pooled = maximumPool(y, kernel: 2, stride: 2)
      return pooled.sum() * conv2D(y, filter: $0[3]) + (y * y).sum()
    },
    GradientCase("averagePool", at: [2, 6, 5, 2]) { averagePool($0[0], kernel: 2, stride: 2) },
    GradientCase("averagePool, 3×3 padded", at: [1, 7, 6, 2]) {
      averagePool($0[0], kernel: 3, stride: 2, padding: 1)
    },
  ]
}
