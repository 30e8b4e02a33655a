// Convolution: the gradient of its filter.
//
// Formula    dW[u,v,c,o] = Σ b,i,j  dY[b,i,j,o] · x[b, s·i + d·u − p, s·j + d·v − p, c]
// Idea       For one tap, an outer product a pixel: neighbouring input channels down the tile,
//            neighbouring output channels across. Both operands already lie in that order; the
//            input is padded once. With no dilation the channels of neighbouring taps in a kernel
//            row follow each other in memory, so (v, c) is one run. Only where dY has many channels,
//            so that a tile's part of a pixel is a small piece of it, a block of dY is copied into
//            the order in which it is walked.
// Order      Pixels are walked image by image, block by block (both slices of a block stay in the
//            second-level cache); threads split the taps and channels, never the pixels.
// Read       TileWalk.swift ← this file → Autodiff/Conv2D.swift

/// The gradient of a convolution's filter.
///
/// - Parameters:
///   - g: Extents, stride, padding and groups.
///   - outputGradient: dY, `g.outputShape`.
///   - input: x, `g.inputShape`.
///   - filterGradient: dW, `g.filterShape`; every element is written.
@specialized(where S == Float)
@specialized(where S == Double)
public func convolutionFilterGradient<S: KernelScalar>(
  _ g: ConvolutionGeometry, outputGradient: Buffer<S>, input: Buffer<S>,
  into filterGradient: Buffer<S>
) {
  g.check(input: input.count, filter: filterGradient.count, output: outputGradient.count)
  if g.isDepthwise {
    return depthwiseConvolutionFilterGradient(
      g, outputGradient: outputGradient, input: input, into: filterGradient)
  }
  let padded = paddedImages(g, input)
  let walk = FilterGradientWalk(g, padded: padded, outputGradient: outputGradient.pointer)
  let dW = filterGradient.pointer
  dW.update(repeating: 0, count: filterGradient.count)

  // Pieces: (group, kernel row, run of (v, c)) in shares of whole tiles.
  let pieces = walk.pieces()
  let shares = min(pieces.count, (walk.copies ? 1 : 4) * ThreadTeam.count)
  parallelFor(shares) { share in
    let mine = pieces[share * pieces.count / shares..<(share + 1) * pieces.count / shares]
    let copy = walk.copies ? Buffer<S>(uninitialized: walk.copyCount) : nil
    for image in 0..<g.batch {
      var row = 0
      while row < g.outHeight {
        let count = min(walk.rowsABlock, g.outHeight - row)
        if let copy { walk.copyBlock(image: image, row: row, rows: count, to: copy.pointer) }
        for piece in mine {
          walk.add(piece, image: image, row: row, rows: count, copy: copy?.pointer, to: dW)
        }
        row += count
      }
    }
  }
  withExtendedLifetime(padded.buffer) {}
}

/// A batch of images with zeros around them, or the images as they lie when no padding is asked for.
private struct PaddedImages<S: KernelScalar> {
  let buffer: Buffer<S>
  let height: Int
  let width: Int
}

@inline(__always)
private func paddedImages<S: KernelScalar>(
  _ g: ConvolutionGeometry, _ input: Buffer<S>
) -> PaddedImages<S> {
  guard g.padding > 0 else {
    return PaddedImages(buffer: input, height: g.height, width: g.width)
  }
  let p = g.padding
  let height = g.height + 2 * p
  let width = g.width + 2 * p
  let c = g.channels
  let padded = Buffer<S>(uninitialized: g.batch * height * width * c)
  let from = input.pointer
  let to = padded.pointer
  parallelRuns(g.batch * height, grain: 16) { run in
    for line in run {
      let row = line % height - p
      let out = to + line * width * c
      if row < 0 || row >= g.height {
        out.update(repeating: 0, count: width * c)
      } else {
        out.update(repeating: 0, count: p * c)
        (out + p * c).update(
          from: from + (line / height * g.height + row) * g.width * c, count: g.width * c)
        (out + (p + g.width) * c).update(repeating: 0, count: p * c)
      }
    }
  }
  return PaddedImages(buffer: padded, height: height, width: width)
}

private struct FilterGradientWalk<S: KernelScalar> {
  /// Neighbouring rows of dW that one tile sums: part of the (v, c) run of a kernel row.
  struct Piece {
    let group: Int
    let kernelRow: Int
    /// First kernel column and, within its run, first scalar and how many.
    let kernelColumn: Int
    let first: Int
    let count: Int
  }

  let g: ConvolutionGeometry
  let x: UnsafePointer<S>
  let dY: UnsafePointer<S>
  let height: Int
  let width: Int
  let rowsABlock: Int

  init(_ g: ConvolutionGeometry, padded: PaddedImages<S>, outputGradient: UnsafeMutablePointer<S>) {
    self.g = g
    x = UnsafePointer(padded.buffer.pointer)
    dY = UnsafePointer(outputGradient)
    height = padded.height
    width = padded.width
    let bytesARow =
      (g.stride * padded.width * g.channels + g.outWidth * g.outChannels) * MemoryLayout<S>.stride
    rowsABlock = max(1, min(g.outHeight, 256 * 1024 / bytesARow))
  }

  /// Lanes of the widest tile.
  private var lanes: Int { 2 * S.Vector.scalarCount }
  /// Whether a pixel of dY is so long that its pieces are worth copying together.
  var copies: Bool { g.groups == 1 && g.outChannels % lanes == 0 && g.outChannels >= 8 * lanes }
  /// Scalars of a copied block.
  var copyCount: Int { rowsABlock * g.outWidth * g.outChannels }

  /// Copies a block of dY to [channels of a tile][pixel][lane].
  @inline(__always)
  func copyBlock(image: Int, row: Int, rows: Int, to copy: UnsafeMutablePointer<S>) {
    let half = S.Vector.scalarCount
    let pixels = rows * g.outWidth
    let first = dY + (image * g.outHeight + row) * g.outWidth * g.outChannels
    for pixel in 0..<pixels {
      var from = first + pixel * g.outChannels
      var to = copy + pixel * lanes
      for _ in 0..<g.outChannels / lanes {
        to.vector = from.vector
        (to + half).vector = (from + half).vector
        from += lanes
        to += pixels * lanes
      }
    }
  }

  func pieces() -> [Piece] {
    let joined = g.dilation == 1 && g.groups == 1
    let runs = joined ? 1 : g.kernelWidth
    let length = joined ? g.kernelWidth * g.channels : g.channelsPerGroup
    var pieces: [Piece] = []
    for group in 0..<g.groups {
      for u in 0..<g.kernelHeight {
        for v in 0..<runs {
          var first = 0
          while first < length {
            let count = TileHeight.next(length - first)
            pieces.append(
              Piece(group: group, kernelRow: u, kernelColumn: v, first: first, count: count))
            first += count
          }
        }
      }
    }
    return pieces
  }

  @inline(__always)
  func add(
    _ piece: Piece, image: Int, row: Int, rows: Int, copy: UnsafeMutablePointer<S>?,
    to dW: UnsafeMutablePointer<S>
  ) {
    let a =
      x
      + ((image * height + row * g.stride + piece.kernelRow * g.dilation) * width
        + piece.kernelColumn * g.dilation) * g.channels + piece.group * g.channelsPerGroup
      + piece.first
    let c =
      dW
      + ((piece.kernelRow * g.kernelWidth + piece.kernelColumn) * g.channelsPerGroup + piece.first)
      * g.outChannels + piece.group * g.outPerGroup
    // dY as it lies, or as it was copied: then a tile's channels of all pixels are neighbours.
    let step = copy == nil ? g.outChannels : lanes
    var b =
      copy.map { UnsafePointer($0) }
      ?? dY + (image * g.outHeight + row) * g.outWidth * g.outChannels + piece.group * g.outPerGroup
    // Where neither side skips pixels between rows, a block is one long row.
    let flat = g.stride == 1 && width == g.outWidth
    let walk = TileWalk(
      outer: flat ? 1 : rows, inner: flat ? rows * g.outWidth : g.outWidth,
      aOuter: g.stride * width * g.channels, bOuter: g.outWidth * step,
      steps: PixelSteps(a: g.stride * g.channels, b: step))
    var o = 0
    while o < g.outPerGroup {
      let left = g.outPerGroup - o
      if left > lanes / 2 {
        walk.run(
          Beside<Vector1<S>>.self, rows: piece.count, columns: left, a: a, b: b, c: c + o,
          cRow: g.outChannels, adding: true)
        b += copy == nil ? lanes : rows * g.outWidth * lanes
        o += lanes
      } else {
        walk.run(
          Vector1<S>.self, rows: piece.count, columns: left, a: a, b: b, c: c + o,
          cRow: g.outChannels, adding: true)
        o += lanes / 2
      }
    }
  }
}
