// Convolution and pooling on tensors: extents are proved in the geometry, then the kernels run.
//
// Read       Kernels/Convolution.swift ← this file → Autodiff/Conv2D.swift

import Kernels

/// y of a convolution; `[batch, H′, W′, out]`.
public func convolution<Scalar>(
  _ x: Tensor<Scalar>, _ w: Tensor<Scalar>, _ g: ConvolutionGeometry
) -> Tensor<Scalar> {
  let y = Buffer<Scalar>(uninitialized: g.outputShape.reduce(1, *))
  convolution(g, input: x.buffer, filter: w.buffer, into: y)
  return Tensor(shape: g.outputShape, buffer: y)
}

/// dX of a convolution; `[batch, height, width, channels]`.
public func convolutionInputGradient<Scalar>(
  _ dY: Tensor<Scalar>, _ w: Tensor<Scalar>, _ g: ConvolutionGeometry
) -> Tensor<Scalar> {
  let dX = Buffer<Scalar>(uninitialized: g.inputShape.reduce(1, *))
  convolutionInputGradient(g, outputGradient: dY.buffer, filter: w.buffer, into: dX)
  return Tensor(shape: g.inputShape, buffer: dX)
}

/// dW of a convolution; `[kernel height, kernel width, channels / groups, out]`.
public func convolutionFilterGradient<Scalar>(
  _ dY: Tensor<Scalar>, _ x: Tensor<Scalar>, _ g: ConvolutionGeometry
) -> Tensor<Scalar> {
  let dW = Buffer<Scalar>(uninitialized: g.filterShape.reduce(1, *))
  convolutionFilterGradient(g, outputGradient: dY.buffer, input: x.buffer, into: dW)
  return Tensor(shape: g.filterShape, buffer: dW)
}
