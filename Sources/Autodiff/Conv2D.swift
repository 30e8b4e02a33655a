// Convolution: the operation ResNet is made of.
//
// Formula    y[b,i,j,o]  = Σ c,u,v  x[b,m,n,c] · w[u,v,c,o]      m = s·i + d·u − p,  n = s·j + d·v − p
//            dX[b,m,n,c] = Σ o,u,v  dY[b,i,j,o] · w[u,v,c,o]     one set of index pairs, three sums
//            dW[u,v,c,o] = Σ b,i,j  dY[b,i,j,o] · x[b,m,n,c]
// Shapes     x [B, H, W, C], w [K, L, C / groups, O], y [B, H′, W′, O],
//            H′ = ⌊(H + 2p − d(K − 1) − 1) / s⌋ + 1
// Memory     dW needs x, dX does not; after a rectified batch norm x is made again (`again` in Variable.swift).
// Read       Kernels/Convolution.swift ← this file → Networks/Convolution2D.swift

import Kernels
import Tensors

/// The convolution of `x` with `w`, differentiable in both.
///
/// - Parameters:
///   - x: `[batch, height, width, channels]`.
///   - w: `[kernelHeight, kernelWidth, channels / groups, out]`.
///   - stride: Step between patches, in pixels; at least 1.
///   - padding: Zeros added on each side, in pixels.
///   - dilation: Distance between the taps of the kernel, in pixels; at least 1.
///   - groups: Into how many independent convolutions the channels are split.
///   - takesMoments: Whether mean and variance of its channels are taken while its pixels are in the cache: a norm
///     follows.
/// - Returns: `[batch, H′, W′, out]`.
public func conv2D<S>(
  _ x: Variable<S>, filter w: Variable<S>, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
  groups: Int = 1, takesMoments: Bool = false
) -> Variable<S> {
  // One geometry serves all three sums, so they cannot disagree about stride or padding.
  let g = ConvolutionGeometry(
    input: x.shape, filter: w.shape, stride: stride, padding: padding, dilation: dilation,
    groups: groups)
  let (X, W) = (x.held, w.value)
  let moments = takesMoments ? ChannelMoments<S>(shape: g.outputShape) : nil
  var y = Variable(
    convolution(x.value, W, g, then: moments.map { .moments($0) } ?? .nothing),
    parts: [
      (
        x,
        .joined { dY, sum, sums in
          convolutionInputGradient(
            dY, W, g, addedTo: sum, then: sums.map { .sums($0.value) } ?? .nothing)
        }
      ),
      (w, .made { dY in convolutionFilterGradient(dY, X(), g) }),
    ])
  y.moments = moments
  return y
}

extension GradientCase {
  // docs: region cases
  /// Extents and options under which a swapped axis (H ≠ W, C ≠ O, K ≠ L) or a dropped option fails.
  static let convolutions =
    [(stride: 1, padding: 0), (1, 1), (2, 0), (3, 2)].map { stride, padding in
      GradientCase("conv2D, stride \(stride), padding \(padding)", at: [2, 7, 6, 3], [3, 2, 3, 4]) {
        Autodiff.conv2D($0[0], filter: $0[1], stride: stride, padding: padding)
      }
    } + [
      GradientCase("conv2D, 1×1, stride 2", at: [2, 5, 4, 3], [1, 1, 3, 5]) {
        Autodiff.conv2D($0[0], filter: $0[1], stride: 2)
      },
      GradientCase("conv2D, dilation 2, stride 2", at: [1, 9, 8, 2], [3, 3, 2, 3]) {
        Autodiff.conv2D($0[0], filter: $0[1], stride: 2, padding: 2, dilation: 2)
      },
      GradientCase("conv2D, two groups", at: [2, 5, 6, 4], [3, 3, 2, 6]) {
        Autodiff.conv2D($0[0], filter: $0[1], padding: 1, groups: 2)
      },
      GradientCase(
        "conv2D, one input of three", at: [2, 5, 6, 4], [3, 3, 4, 3], [1, 1, 4, 3], [3, 3, 1, 4]
      ) {
        let (plain, skipping) = (
          Autodiff.conv2D($0[0], filter: $0[1], stride: 2, padding: 1),
          Autodiff.conv2D($0[0], filter: $0[2], stride: 2)
        )
        let each = Autodiff.conv2D($0[0], filter: $0[3], stride: 2, padding: 1, groups: 4)
        return plain * skipping * each.sum()
      },
      GradientCase("conv2D, depthwise", at: [2, 6, 5, 3], [3, 3, 1, 3]) {
        Autodiff.conv2D($0[0], filter: $0[1], stride: 2, padding: 1, groups: 3)
      },
    ]
  // docs: end cases
}
