// Pooling: the maximum or the mean of a window, channel by channel.
//
// Formula    max:   y[b,i,j,c] = max u,v  x[b, s·i + u − p, s·j + v − p, c]
//            mean:  y[b,i,j,c] = K⁻² Σ u,v …   zeros of the padding count, as in PyTorch's default
// Ties       The first maximum in row-major order takes the whole gradient, as in PyTorch.
// Read       ConvolutionGeometry.swift ← this file → Autodiff/Pooling.swift

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
  fileprivate func inside(_ i: Int, _ extent: Int) -> Range<Int> {
    let first = i * stride - padding
    return max(0, first)..<min(extent, first + kernel)
  }
}

/// Where each maximum stood in its window: all that backward needs of the input.
///
/// Two bytes an output: row · kernel + column.
public final class WindowPlaces: @unchecked Sendable {
  /// Number of outputs.
  public let count: Int
  fileprivate let pointer: UnsafeMutablePointer<UInt16>

  fileprivate init(count: Int) {
    self.count = count
    pointer = BufferPool.take(bytes: max(2, 2 * count)).assumingMemoryBound(to: UInt16.self)
  }

  deinit { BufferPool.give(UnsafeMutableRawPointer(pointer), bytes: max(2, 2 * count)) }

  /// The place of one output; the index is checked.
  public subscript(index: Int) -> Int {
    require(index >= 0 && index < count, "WindowPlaces: index \(index) outside 0..<\(count).")
    return Int(pointer[index])
  }
}

/// Maximum pooling, and for each output the place in its window that it came from.
///
/// - Parameters:
///   - g: Extents; the window at most 256 pixels wide.
///   - x: `[batch, height, width, channels]`.
///   - y: `[batch, outHeight, outWidth, channels]`; every element is written.
/// - Returns: One place an output.
@specialized(where S == Float)
@specialized(where S == Double)
public func maximumPool<S: KernelScalar>(
  _ g: PoolingGeometry, _ x: Buffer<S>, into y: Buffer<S>
) -> WindowPlaces {
  require(
    x.count == g.inputCount && y.count == g.outputCount && g.kernel <= 256,
    "maximumPool: wrong lengths, or a window of \(g.kernel). To mend: at most 256 pixels.")
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  let places = WindowPlaces(count: y.count)
  let place = places.pointer
  parallelFor(g.batch * g.outHeight) { line in
    let image = from + line / g.outHeight * g.height * g.width * g.channels
    let rows = g.inside(line % g.outHeight, g.height)
    let top = line % g.outHeight * g.stride - g.padding
    for j in 0..<g.outWidth {
      let columns = g.inside(j, g.width)
      let left = j * g.stride - g.padding
      let out = to + (line * g.outWidth + j) * g.channels
      let at = place + (line * g.outWidth + j) * g.channels
      let start = rows.lowerBound * g.width + columns.lowerBound
      let first = (rows.lowerBound - top) * g.kernel + columns.lowerBound - left
      for c in 0..<g.channels {
        out[c] = image[start * g.channels + c]
        at[c] = UInt16(truncatingIfNeeded: first)
      }
      for m in rows {
        for n in columns {
          let p = image + (m * g.width + n) * g.channels
          let here = UInt16(truncatingIfNeeded: (m - top) * g.kernel + n - left)
          for c in 0..<g.channels {
            let better = p[c] > out[c] || p[c].isNaN
            out[c] = better ? p[c] : out[c]
            at[c] = better ? here : at[c]
          }
        }
      }
    }
  }
  return places
}

/// Sends each output's gradient to the place its maximum came from.
@specialized(where S == Float)
@specialized(where S == Double)
public func maximumPoolGradient<S: KernelScalar>(
  _ g: PoolingGeometry, _ dY: Buffer<S>, places: WindowPlaces, into dX: Buffer<S>
) {
  require(
    dX.count == g.inputCount && dY.count == g.outputCount && places.count == dY.count,
    "maximumPoolGradient: wrong lengths.")
  let from = UnsafePointer(dY.pointer)
  let to = dX.pointer
  let inImage = g.height * g.width * g.channels
  let outImage = g.outHeight * g.outWidth * g.channels
  let place = UnsafePointer(places.pointer)
  // Scalars from a window's corner to each of its places.
  let distances = (0..<g.kernel * g.kernel).map {
    ($0 / g.kernel * g.width + $0 % g.kernel) * g.channels
  }
  distances.withUnsafeBufferPointer { distances in
    guard let distance = distances.baseAddress else { return }
    // One image a piece: windows overlap.
    parallelFor(g.batch) { b in
      let image = to + b * inImage
      image.update(repeating: 0, count: inImage)
      for i in 0..<g.outHeight {
        for j in 0..<g.outWidth {
          let o = b * outImage + (i * g.outWidth + j) * g.channels
          let (at, dY) = (place + o, from + o)
          // The corner may lie in the padding, outside the image; a place never does.
          let corner =
            ((i * g.stride - g.padding) * g.width + j * g.stride - g.padding) * g.channels
          for c in 0..<g.channels { image[corner + distance[Int(at[c])] + c] += dY[c] }
        }
      }
    }
  }
  withExtendedLifetime(places) {}
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
