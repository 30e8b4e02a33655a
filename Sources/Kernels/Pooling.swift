// Pooling: the extents of its windows, and the mean of each, channel by channel.
//
// Formula    y[b,i,j,c] = K⁻² Σ u,v  x[b, s·i + u − p, s·j + v − p, c]
// Padding    Its zeros count, as in PyTorch's default.
// Read       ConvolutionGeometry.swift ← this file → MaximumPooling.swift, Autodiff/Pooling.swift

/// Extents of a pooling: those of a depthwise convolution without weights.
public struct PoolingGeometry: Hashable, Sendable {
  public let batch: Int
  public let height: Int
  public let width: Int
  public let channels: Int
  public let kernel: Int
  public let stride: Int
  public let padding: Int
  public let outHeight: Int
  public let outWidth: Int

  /// Proves that a window fits an image.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, channels]`.
  ///   - kernel: Side of the window, in pixels.
  ///   - stride: Step between windows, in pixels.
  ///   - padding: Pixels added on each side; at most half the kernel, so no window is empty.
  public init(input: [Int], kernel: Int, stride: Int, padding: Int) {
    require(
      input.count == 4 && kernel >= 1 && stride >= 1 && padding >= 0 && 2 * padding <= kernel
        && input[1] + 2 * padding >= kernel && input[2] + 2 * padding >= kernel,
      """
      pooling: a window of \(kernel), stride \(stride), padding \(padding) on \(input).
        To mend: [batch, height, width, channels] at least as large as the window, and padding at \
      most half of it.
      """)
    batch = input[0]
    height = input[1]
    width = input[2]
    channels = input[3]
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    outHeight = (height + 2 * padding - kernel) / stride + 1
    outWidth = (width + 2 * padding - kernel) / stride + 1
  }

  /// Shape of the input.
  public var inputShape: [Int] { [batch, height, width, channels] }
  /// Shape of the output.
  public var outputShape: [Int] { [batch, outHeight, outWidth, channels] }
  var inputCount: Int { batch * height * width * channels }
  var outputCount: Int { batch * outHeight * outWidth * channels }

  /// The part of a window that lies inside the image.
  @inline(__always)
  func inside(_ i: Int, _ extent: Int) -> Range<Int> {
    let first = i * stride - padding
    return max(0, first)..<min(extent, first + kernel)
  }
}

/// Average pooling.
@specialized(where S == Float)
@specialized(where S == Double)
public func averagePool<S: KernelScalar>(_ g: PoolingGeometry, _ x: Buffer<S>, into y: Buffer<S>) {
  require(x.count == g.inputCount && y.count == g.outputCount, "averagePool: wrong lengths.")
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  let share = 1 / S(g.kernel * g.kernel)
  parallelFor(g.batch * g.outHeight) { line in
    let image = from + line / g.outHeight * g.height * g.width * g.channels
    let rows = g.inside(line % g.outHeight, g.height)
    for j in 0..<g.outWidth {
      let out = to + (line * g.outWidth + j) * g.channels
      out.update(repeating: 0, count: g.channels)
      for m in rows {
        for n in g.inside(j, g.width) {
          let p = image + (m * g.width + n) * g.channels
          for c in 0..<g.channels { out[c] += p[c] }
        }
      }
      for c in 0..<g.channels { out[c] *= share }
    }
  }
}

/// Shares each output's gradient among its window.
@specialized(where S == Float)
@specialized(where S == Double)
public func averagePoolGradient<S: KernelScalar>(
  _ g: PoolingGeometry, _ dY: Buffer<S>, into dX: Buffer<S>
) {
  require(
    dX.count == g.inputCount && dY.count == g.outputCount, "averagePoolGradient: wrong lengths.")
  let from = UnsafePointer(dY.pointer)
  let to = dX.pointer
  let share = 1 / S(g.kernel * g.kernel)
  let inImage = g.height * g.width * g.channels
  parallelFor(g.batch) { b in
    let image = to + b * inImage
    image.update(repeating: 0, count: inImage)
    for i in 0..<g.outHeight {
      for j in 0..<g.outWidth {
        let p = from + ((b * g.outHeight + i) * g.outWidth + j) * g.channels
        for m in g.inside(i, g.height) {
          for n in g.inside(j, g.width) {
            let out = image + (m * g.width + n) * g.channels
            for c in 0..<g.channels { out[c] = out[c].addingProduct(p[c], share) }
          }
        }
      }
    }
  }
}
