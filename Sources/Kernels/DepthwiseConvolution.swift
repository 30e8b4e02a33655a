// Depthwise convolution: each channel has a filter of its own.
//
// Formula    y[b,i,j,c] = Σ u,v  x[b, s·i + d·u − p, s·j + d·v − p, c] · w[u,v,c]
// Idea       No sum over channels, so there is nothing for a tile to share: vectors run along the
//            channels and every tap is one multiply-add. Bound by memory, not by arithmetic.
// Read       ConvolutionGeometry.swift ← this file → Convolution.swift

@inline(__always)
func depthwiseConvolution<S: KernelScalar>(
  _ g: ConvolutionGeometry, input: Buffer<S>, filter: Buffer<S>, into output: Buffer<S>
) {
  let x = UnsafePointer(input.pointer)
  let w = UnsafePointer(filter.pointer)
  let y = output.pointer
  parallelFor(g.batch * g.outHeight) { line in
    let b = line / g.outHeight
    let i = line % g.outHeight
    for j in 0..<g.outWidth {
      let out = y + (line * g.outWidth + j) * g.channels
      out.update(repeating: 0, count: g.channels)
      g.forEachTap(row: i, column: j) { tap, m, n in
        addProducts(
          x + ((b * g.height + m) * g.width + n) * g.channels, w + tap * g.channels, to: out,
          count: g.channels)
      }
    }
  }
}

@inline(__always)
func depthwiseConvolutionInputGradient<S: KernelScalar>(
  _ g: ConvolutionGeometry, outputGradient: Buffer<S>, filter: Buffer<S>,
  into inputGradient: Buffer<S>, adding: Bool
) {
  let dY = UnsafePointer(outputGradient.pointer)
  let w = UnsafePointer(filter.pointer)
  let dX = inputGradient.pointer
  // One image a piece: the windows of neighbouring output rows overlap.
  parallelFor(g.batch) { b in
    let image = dX + b * g.height * g.width * g.channels
    if !adding { image.update(repeating: 0, count: g.height * g.width * g.channels) }
    for i in 0..<g.outHeight {
      for j in 0..<g.outWidth {
        let from = dY + ((b * g.outHeight + i) * g.outWidth + j) * g.channels
        g.forEachTap(row: i, column: j) { tap, m, n in
          addProducts(
            from, w + tap * g.channels, to: image + (m * g.width + n) * g.channels,
            count: g.channels)
        }
      }
    }
  }
}

@inline(__always)
func depthwiseConvolutionFilterGradient<S: KernelScalar>(
  _ g: ConvolutionGeometry, outputGradient: Buffer<S>, input: Buffer<S>,
  into filterGradient: Buffer<S>
) {
  let dY = UnsafePointer(outputGradient.pointer)
  let x = UnsafePointer(input.pointer)
  let dW = filterGradient.pointer
  dW.update(repeating: 0, count: filterGradient.count)
  // Threads split the channels, so that every sum runs over the pixels in one order.
  let lanes = S.Vector.scalarCount
  parallelRuns(g.channels, grain: 4 * lanes) { run in
    for b in 0..<g.batch {
      for i in 0..<g.outHeight {
        for j in 0..<g.outWidth {
          let from = dY + ((b * g.outHeight + i) * g.outWidth + j) * g.channels + run.lowerBound
          g.forEachTap(row: i, column: j) { tap, m, n in
            addProducts(
              from, x + ((b * g.height + m) * g.width + n) * g.channels + run.lowerBound,
              to: dW + tap * g.channels + run.lowerBound, count: run.count)
          }
        }
      }
    }
  }
}

/// y[i] += a[i] · b[i].
@inline(__always)
private func addProducts<S: KernelScalar>(
  _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, to y: UnsafeMutablePointer<S>, count: Int
) {
  let lanes = S.Vector.scalarCount
  var i = 0
  while i + lanes <= count {
    (y + i).vector = (y + i).vector.addingProduct((a + i).vector, (b + i).vector)
    i += lanes
  }
  while i < count {
    y[i] = y[i].addingProduct(a[i], b[i])
    i += 1
  }
}

extension ConvolutionGeometry {
  /// Visits the taps of one output pixel that fall inside the image: tap number, input row, column.
  @inline(__always)
  fileprivate func forEachTap(row i: Int, column j: Int, _ body: (Int, Int, Int) -> Void) {
    for u in 0..<kernelHeight {
      let m = stride * i + dilation * u - padding
      guard m >= 0, m < height else { continue }
      for v in 0..<kernelWidth {
        let n = stride * j + dilation * v - padding
        guard n >= 0, n < width else { continue }
        body(u * kernelWidth + v, m, n)
      }
    }
  }
}
