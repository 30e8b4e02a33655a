// The extents of a convolution, proved once: all three sums of it read the same geometry.
//
// Formula    y[b, i, j, o] = Σ u,v,c  x[b, s·i + d·u − p, s·j + d·v − p, c] · w[u, v, c, o]
//            H′ = ⌊(H + 2p − d(K − 1) − 1) / s⌋ + 1
// Layout     x [batch, height, width, channels], w [kernel height, kernel width, channels / groups,
//            out], y [batch, H′, W′, out]. Group g joins its own channels / groups inputs with its
//            own out / groups outputs.
// Read       this file → Convolution.swift, Correlation.swift
// Tests      Tests/KernelsTests/ConvolutionTests.swift

/// Shapes and options of one convolution.
public struct ConvolutionGeometry: Hashable, Sendable {
  public let batch: Int
  public let height: Int
  public let width: Int
  public let channels: Int
  public let kernelHeight: Int
  public let kernelWidth: Int
  public let outChannels: Int
  /// Step between patches, in pixels.
  public let stride: Int
  /// Zeros added on every side, in pixels.
  public let padding: Int
  /// Distance between the taps of the kernel, in pixels.
  public let dilation: Int
  public let groups: Int
  /// H′.
  public let outHeight: Int
  /// W′.
  public let outWidth: Int

  /// Proves that an input and a filter fit together.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, channels]`.
  ///   - filter: `[kernelHeight, kernelWidth, channels / groups, out]`.
  ///   - stride: Step between windows, in pixels.
  ///   - padding: Zeros added on each side, in pixels.
  ///   - dilation: Distance between taps, in pixels.
  ///   - groups: Parts the channels are divided in, each filtered by itself.
  public init(
    input: [Int], filter: [Int], stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1
  ) {
    require(
      input.count == 4 && filter.count == 4,
      """
      convolution: input \(input), filter \(filter); both need four axes.
        To mend: pass [batch, height, width, channels] and [kernel height, kernel width, in, out].
      """)
    require(
      stride >= 1 && padding >= 0 && dilation >= 1 && groups >= 1,
      """
      convolution: stride \(stride), padding \(padding), dilation \(dilation), groups \(groups).
        To mend: stride, dilation and groups at least 1, padding at least 0.
      """)
    require(
      input[3] == filter[2] * groups && filter[3] % groups == 0,
      """
      convolution: the input has \(input[3]) channels, the filter joins \(filter[2]) channels \
      in \(groups) group(s) to \(filter[3]).
        input \(input), filter \(filter)
        To mend: input channels = filter channels × groups; out channels a multiple of groups.
      """)
    batch = input[0]
    height = input[1]
    width = input[2]
    channels = input[3]
    kernelHeight = filter[0]
    kernelWidth = filter[1]
    outChannels = filter[3]
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    let roomDown = height + 2 * padding - dilation * (kernelHeight - 1) - 1
    let roomAcross = width + 2 * padding - dilation * (kernelWidth - 1) - 1
    require(
      kernelHeight >= 1 && kernelWidth >= 1 && roomDown >= 0 && roomAcross >= 0,
      """
      convolution: the kernel does not fit into the padded image.
        input \(input), filter \(filter), padding \(padding), dilation \(dilation)
        To mend: height + 2·padding must be at least dilation·(kernel − 1) + 1; likewise width.
      """)
    outHeight = roomDown / stride + 1
    outWidth = roomAcross / stride + 1
  }

  /// Shape of the input.
  public var inputShape: [Int] { [batch, height, width, channels] }
  /// Shape of the filter.
  public var filterShape: [Int] { [kernelHeight, kernelWidth, channelsPerGroup, outChannels] }
  /// Shape of the output.
  public var outputShape: [Int] { [batch, outHeight, outWidth, outChannels] }
  /// Input channels that one output sees.
  public var channelsPerGroup: Int { channels / groups }
  /// Output channels of one group.
  public var outPerGroup: Int { outChannels / groups }
  /// Whether each channel is filtered by itself.
  public var isDepthwise: Bool { groups == channels && outChannels == channels && groups > 1 }
  /// Whether each output pixel sees one input pixel and none is skipped: rows join to one.
  var isPointwise: Bool { kernelHeight == 1 && kernelWidth == 1 && stride == 1 && padding == 0 }
  /// Whether it is one product of matrices: pixels, one a row, with the filter; those that a stride uses lie evenly.
  var isMatrixProduct: Bool {
    kernelHeight == 1 && kernelWidth == 1 && padding == 0 && groups == 1 && height % stride == 0
  }
  /// Multiply-adds of one pass, counted as two operations each.
  public var operations: Int {
    2 * batch * outHeight * outWidth * outChannels * kernelHeight * kernelWidth * channelsPerGroup
  }
}

/// The n in 0..<count for which offset + step · n lies in 0..<size: which taps an output finds inside the image, or which
/// outputs a tap.
@inline(__always)
func stepsInside(_ size: Int, from offset: Int, step: Int, count: Int) -> Range<Int> {
  let first = offset < 0 ? (step - 1 - offset) / step : 0
  let end = offset < size ? min(count, (size - 1 - offset) / step + 1) : 0
  return first < end ? first..<end : 0..<0
}
