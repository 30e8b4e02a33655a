// Convolution and pooling on tensors: extents are proved in the geometry, then the kernels run.
//
// Algorithm  Directly, or by Winograd's algorithm where that was allowed, numbers are `Float` and the
//            extents suit it.
// Read       Kernels/Convolution.swift, Kernels/WinogradConvolution.swift ← this file → Autodiff/Conv2D.swift

import Kernels

/// y of a convolution, `[batch, H′, W′, out]`, and a map of its channels.
public func convolution<Scalar>(
  _ x: Tensor<Scalar>, _ w: Tensor<Scalar>, _ g: ConvolutionGeometry,
  then map: ChannelAffine<Scalar>? = nil
) -> Tensor<Scalar> {
  let y = Buffer<Scalar>(uninitialized: g.outputShape.reduce(1, *))
  if Winograd.serves(g, Scalar.self) {
    winogradConvolution(g, input: x.buffer, filter: w.buffer, into: y)
    let pixels = g.batch * g.outHeight * g.outWidth
    if let map { channelAffine(y, map, rows: pixels, channels: g.outChannels, into: y) }
  } else {
    convolution(g, input: x.buffer, filter: w.buffer, into: y, then: map)
  }
  return Tensor(shape: g.outputShape, buffer: y)
}

/// dX of a convolution; `[batch, height, width, channels]`.
public func convolutionInputGradient<Scalar>(
  _ dY: Tensor<Scalar>, _ w: Tensor<Scalar>, _ g: ConvolutionGeometry
) -> Tensor<Scalar> {
  let dX = Buffer<Scalar>(uninitialized: g.inputShape.reduce(1, *))
  inputGradient(dY, w, g, into: dX, adding: false)
  return Tensor(shape: g.inputShape, buffer: dX)
}

/// sum += dX of a convolution, while each pixel is in registers; `sum` `[batch, height, width, channels]`.
public func addConvolutionInputGradient<Scalar>(
  _ dY: Tensor<Scalar>, _ w: Tensor<Scalar>, _ g: ConvolutionGeometry, to sum: inout Tensor<Scalar>
) {
  sum.makeUnique()
  inputGradient(dY, w, g, into: sum.buffer, adding: true)
}

private func inputGradient<Scalar>(
  _ dY: Tensor<Scalar>, _ w: Tensor<Scalar>, _ g: ConvolutionGeometry, into dX: Buffer<Scalar>,
  adding: Bool
) {
  if Winograd.serves(g, Scalar.self) {
    winogradInputGradient(
      g, outputGradient: dY.buffer, filter: w.buffer, into: dX, adding: adding)
  } else {
    convolutionInputGradient(
      g, outputGradient: dY.buffer, filter: w.buffer, into: dX, adding: adding)
  }
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
