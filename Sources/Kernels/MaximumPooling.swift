// Maximum pooling: the largest of each window, channel by channel.
//
// Formula    y[b,i,j,c]  = max u,v  x[b, s·i + u − p, s·j + v − p, c]
//            dX[b,m,n,c] = Σ dY[b,i,j,c]   over the windows i, j whose maximum stood at m, n
// Ties       The first maximum in row-major order takes the whole gradient, as in PyTorch.
// Idea       It follows the first norm of a network, whose map is the largest of all, and reads and writes memory. So the
//            rows of a norm's map are made where a window reads them, and are never held. And backward a pixel gathers
//            from the windows that it is part of, so that pixels are complete one after the other, and the sums that the
//            norm needs of them are taken while they are in the cache (PixelWork.swift).
// Read       Pooling.swift, ChannelAffine.swift ← this file → Autodiff/Pooling.swift
// Tests      Tests/KernelsTests/MaximumPoolingTests.swift, GoldenKernelTests.swift

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
///   - map: If given, what it makes of x is pooled, and not held: the same bits as from `channelAffine` before.
///   - y: `[batch, outHeight, outWidth, channels]`; every element is written.
/// - Returns: One place an output.
@specialized(where S == Float)
@specialized(where S == Double)
public func maximumPool<S: KernelScalar>(
  _ g: PoolingGeometry, _ x: Buffer<S>, mappedBy map: ChannelAffine<S>? = nil, into y: Buffer<S>
) -> WindowPlaces {
  require(
    x.count == g.inputCount && y.count == g.outputCount && g.kernel <= 256,
    "maximumPool: wrong lengths, or a window of \(g.kernel). To mend: at most 256 pixels.")
  map?.check(rows: g.batch * g.height * g.width, channels: g.channels)
  let places = WindowPlaces(count: y.count)
  let (from, to, place) = (UnsafePointer(x.pointer), y.pointer, places.pointer)
  // A run shares the rows that it has made: where windows overlap, one of many rows makes few of them twice.
  parallelRuns(g.batch * g.outHeight, grain: max(1, g.outHeight / 4)) { run in
    var source = PooledRows(g, from, map)
    for line in run {
      let image = line / g.outHeight
      let rows = g.inside(line % g.outHeight, g.height)
      source.make(rows, of: image)
      let top = line % g.outHeight * g.stride - g.padding
      for j in 0..<g.outWidth {
        let columns = g.inside(j, g.width)
        let left = j * g.stride - g.padding
        let out = to + (line * g.outWidth + j) * g.channels
        let at = place + (line * g.outWidth + j) * g.channels
        let start = source.row(rows.lowerBound, of: image) + columns.lowerBound * g.channels
        let first = (rows.lowerBound - top) * g.kernel + columns.lowerBound - left
        for c in 0..<g.channels {
          out[c] = start[c]
          at[c] = UInt16(truncatingIfNeeded: first)
        }
        for m in rows {
          let row = source.row(m, of: image)
          for n in columns {
            let p = row + n * g.channels
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
  }
  return places
}

/// Rows of images, where they lie or as a map makes them: then as many as a window is high are there at a time.
private struct PooledRows<S: KernelScalar> {
  let g: PoolingGeometry
  let x: UnsafePointer<S>
  let map: ChannelAffine<S>?
  /// [row of an image, counted around][pixel][channel], if there is a map.
  private let ring: Buffer<S>?
  /// The first row, of all images together, that has not been made.
  private var next = 0

  init(_ g: PoolingGeometry, _ x: UnsafePointer<S>, _ map: ChannelAffine<S>?) {
    (self.g, self.x, self.map) = (g, x, map)
    ring = map == nil ? nil : Buffer(uninitialized: g.kernel * g.width * g.channels)
  }

  /// Scalars of a row.
  private var pitch: Int { g.width * g.channels }

  /// Makes those of some rows of an image that are not there.
  @inline(__always)
  mutating func make(_ rows: Range<Int>, of image: Int) {
    guard let map, let ring else { return }
    let first = max(next, image * g.height + rows.lowerBound)
    next = image * g.height + rows.upperBound
    for row in first..<next {
      let here = ring.pointer + row % g.height % g.kernel * pitch
      // A map finds a pixel of x and of y at the same place.
      map.apply(rows: row * g.width..<(row + 1) * g.width, from: x, to: here - row * pitch)
    }
  }

  @inline(__always)
  func row(_ m: Int, of image: Int) -> UnsafePointer<S> {
    guard let ring else { return x + (image * g.height + m) * pitch }
    return UnsafePointer(ring.pointer) + m % g.kernel * pitch
  }
}

/// Gathers, for each pixel, the gradients of the windows whose maximum it was.
///
/// - Parameters:
///   - g: Extents.
///   - dY: `[batch, outHeight, outWidth, channels]`.
///   - places: Of the maxima.
///   - dX: `[batch, height, width, channels]`; every element is written.
///   - adding: Whether they are added to what dX holds.
///   - work: What is done with the pixels of dX.
@specialized(where S == Float)
@specialized(where S == Double)
public func maximumPoolGradient<S: KernelScalar>(
  _ g: PoolingGeometry, _ dY: Buffer<S>, places: WindowPlaces, into dX: Buffer<S>,
  adding: Bool = false, then work: PixelWork<S> = .nothing
) {
  require(
    dX.count == g.inputCount && dY.count == g.outputCount && places.count == dY.count,
    "maximumPoolGradient: wrong lengths.")
  work.check(g.inputShape)
  let (from, to) = (UnsafePointer(dY.pointer), dX.pointer)
  let place = UnsafePointer(places.pointer)
  let reads = work.reads(of: to)
  let parts = work.parts ?? RowParts(shape: g.inputShape)
  work.begin()
  parts.inParallel { part in
    for pixel in parts[part] {
      let (line, n) = (pixel / g.width, pixel % g.width)
      let (image, m) = (line / g.height, line % g.height)
      let out = to + pixel * g.channels
      if let reads { ask(reads, beside: out, g.channels) }
      if !adding { out.update(repeating: 0, count: g.channels) }
      for i in g.windows(around: m, count: g.outHeight) {
        for j in g.windows(around: n, count: g.outWidth) {
          let o = ((image * g.outHeight + i) * g.outWidth + j) * g.channels
          let (at, dY) = (place + o, from + o)
          let here = UInt16(
            truncatingIfNeeded: (m + g.padding - i * g.stride) * g.kernel
              + n + g.padding - j * g.stride)
          for c in 0..<g.channels { out[c] += at[c] == here ? dY[c] : 0 }
        }
      }
    }
    work.run(parts[part], of: to)
  }
  work.end()
  withExtendedLifetime(places) {}
}

/// Asks for what is read beside the channels of a pixel.
@inline(__always)
private func ask<S: KernelScalar>(
  _ reads: AskBeside, beside pixel: UnsafeMutablePointer<S>, _ channels: Int
) {
  for c in stride(from: 0, to: channels, by: S.aLine) {
    reads.ask(beside: UnsafeRawPointer(pixel + c))
  }
}

extension PoolingGeometry {
  /// The windows, along one axis, that a pixel is part of.
  @inline(__always)
  fileprivate func windows(around pixel: Int, count: Int) -> Range<Int> {
    let first = max(0, pixel + padding - kernel + stride) / stride
    return first..<max(first, min(count, (pixel + padding) / stride + 1))
  }
}
