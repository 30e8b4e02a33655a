// Convolution and pooling on tensors: extents are proved in the geometry, then the kernels run.
//
// Algorithm  Directly, or by Winograd's algorithm where that was allowed, numbers are `Float` and the
//            extents suit it.
// Read       Kernels/Convolution.swift, Kernels/WinogradConvolution.swift ← this file → Autodiff/Conv2D.swift

import Kernels

/// y of a convolution, `[batch, H′, W′, out]`, and what is done with its pixels.
public func convolution<Scalar>(
  _ x: Tensor<Scalar>, _ w: Tensor<Scalar>, _ g: ConvolutionGeometry,
  then work: PixelWork<Scalar> = .nothing
) -> Tensor<Scalar> {
  let y = Buffer<Scalar>(uninitialized: g.outputShape.reduce(1, *))
  let w = w.buffer
  x.making { x, deferred in
    if Winograd.serves(g, Scalar.self) {
      winogradConvolution(g, input: x, filter: w, into: y, making: deferred, then: work)
    } else {
      convolution(g, input: x, filter: w, into: y, making: deferred, then: work)
    }
  }
  return Tensor(shape: g.outputShape, buffer: y)
}

/// dX of a convolution, or its sum with what is there already.
///
/// - Parameters:
///   - dY: `[batch, H′, W′, out]`.
///   - w: The filter.
///   - g: Extents, stride and padding.
///   - sum: What dX is added to, while each pixel is in registers; its memory is the result's, if nobody else holds it.
///   - work: What is done with the pixels of the result.
/// - Returns: `[batch, height, width, channels]`.
public func convolutionInputGradient<Scalar>(
  _ dY: Tensor<Scalar>, _ w: Tensor<Scalar>, _ g: ConvolutionGeometry,
  addedTo sum: consuming Tensor<Scalar>? = nil, then work: PixelWork<Scalar> = .nothing
) -> Tensor<Scalar> {
  let adds = sum != nil
  var dX =
    sum.take()
    ?? Tensor(shape: g.inputShape, buffer: Buffer(uninitialized: g.inputShape.reduce(1, *)))
  dX.makeUnique()
  let (w, result) = (w.buffer, dX.buffer)
  dY.making { dY, deferred in
    if Winograd.serves(g, Scalar.self) {
      winogradInputGradient(
        g, outputGradient: dY, filter: w, into: result, adding: adds, making: deferred, then: work)
    } else {
      convolutionInputGradient(
        g, outputGradient: dY, filter: w, into: result, adding: adds, making: deferred, then: work)
    }
  }
  return dX
}

/// dW of a convolution; `[kernel height, kernel width, channels / groups, out]`.
public func convolutionFilterGradient<Scalar>(
  _ dY: Tensor<Scalar>, _ x: Tensor<Scalar>, _ g: ConvolutionGeometry
) -> Tensor<Scalar> {
  let dW = Buffer<Scalar>(uninitialized: g.filterShape.reduce(1, *))
  if Winograd.serves(g, Scalar.self) {
    winogradFilterGradient(g, outputGradient: dY.buffer, input: x.buffer, into: dW)
  } else {
    convolutionFilterGradient(g, outputGradient: dY.buffer, input: x.buffer, into: dW)
  }
  return Tensor(shape: g.filterShape, buffer: dW)
}
