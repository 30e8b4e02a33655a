// Convolution: the gradient of its filter.
//
// Formula    dW[u,v,c,o] = Σ b,i,j  dY[b,i,j,o] · x[b, s·i + d·u − p, s·j + d·v − p, c]
// Idea       For one tap, an outer product a pixel: neighbouring input channels down the tile,
//            neighbouring output channels across. With no dilation and no padding the channels of neighbouring taps
//            in a kernel row follow each other in memory, so (v, c) is one run of rows.
// Blocks     About 288 output pixels (more of few channels) are walked at a time, whole rows of one image
//            or of several, so that their part of x and dY stays in the second-level cache while all of dW passes by.
//            x is read where it lies: a list for each tap says where, for those pixels only that find the tap inside the
//            image, so that zeros are neither stored nor multiplied (of few channels, as in a network's first layer, they
//            are: x is copied with its border). A block of dY with many channels is
//            copied, into the order in which a tile walks it. Meanwhile the next block is asked for; where
//            channels are so many that the cache holds one block only, the rows of a tile are copied
//            instead, pixel after pixel, before all outputs pass by.
// Order      Pixels are summed upwards, block by block; threads split taps, channels and outputs, never pixels.
// Read       TileWalk.swift, FilterGradientBlocks.swift ← this file → Autodiff/Conv2D.swift

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
  guard g.batch > 0 else {
    return filterGradient.pointer.update(repeating: 0, count: filterGradient.count)
  }
  // Of few channels a tap column is no tile: with the zeros around the images written out, all of a row are one.
  let isNarrow = g.padding > 0 && g.channels < TileHeight.main && g.groups * g.dilation == 1
  let walk =
    isNarrow
    ? FilterGradientWalk(
      g.withoutPadding, input: g.withBorder(input), outputGradient: outputGradient)
    : FilterGradientWalk(g, input: input, outputGradient: outputGradient)
  let pieces = walk.pieces()
  let shares = min(pieces.count, ThreadTeam.count)
  parallelFor(shares) { share in
    let mine = pieces[share * pieces.count / shares..<(share + 1) * pieces.count / shares]
    walk.add(mine, to: filterGradient.pointer)
  }
}

/// A filter gradient: its pieces, and the blocks of pixels over which they are summed.
struct FilterGradientWalk<S: KernelScalar> {
  /// Neighbouring rows of dW that one tile sums: part of the (v, c) run of a kernel row.
  struct Piece {
    let group: Int
    let kernelRow: Int
    /// First kernel column and, within its run, first scalar and how many.
    let kernelColumn: Int
    let first: Int
    let count: Int
    /// Which outputs of the group.
    let outputs: Range<Int>
  }

  let g: ConvolutionGeometry
  let x: Buffer<S>
  let dY: Buffer<S>
  /// Rows of output, all images together, and how many are walked at a time.
  let rows: Int
  let rowsABlock: Int

  init(_ g: ConvolutionGeometry, input: Buffer<S>, outputGradient: Buffer<S>) {
    self.g = g
    x = input
    dY = outputGradient
    rows = g.batch * g.outHeight
    // Few channels: more pixels, or a block would be over before the processor has begun to read ahead.
    let pixels = max(288, min(512, (1 << 16) / (g.channels + g.outChannels)))
    rowsABlock = min(rows, max(1, pixels / g.outWidth))
  }

  /// Whether a block of dY is copied: its pixels must lie far apart, and be used often.
  var copiesGradient: Bool {
    g.outPerGroup >= (TileHeight.isLow ? 4 : 8) * lanes(g.outPerGroup)
      && g.kernelHeight * g.kernelWidth * g.channelsPerGroup >= 128
  }

  /// Whether what the next block reads is asked for while this one is summed: the second-level cache must
  /// hold both. (64 → 256 channels, two threads: 173 without, 206 with it.)
  private var readsNextBlock: Bool { g.channels + g.outChannels <= 1024 }

  /// Whether the channels of a piece are copied, pixel after pixel, before all outputs pass by.
  ///
  /// Pixels 4 KiB apart share a set of the first-level cache, and would be read from the second for each tile of
  /// outputs (1024 → 256 channels, two threads: 173, copied 200). A step of a low tile is so short that to look up its place
  /// takes a tenth of it, and copies are always worth it (512 → 128, one thread: 78, copied 90).
  var copiesStrips: Bool {
    copiesGradient && (TileHeight.isLow || !readsNextBlock) && g.padding == 0
  }

  /// Lanes of the tile that takes what is left of a group's outputs.
  func lanes(_ left: Int) -> Int {
    left > S.Vector.scalarCount ? 2 * S.Vector.scalarCount : S.Vector.scalarCount
  }

  /// Scalars a pixel of copied dY takes: whole tiles.
  var copiedPixel: Int {
    let half = S.Vector.scalarCount
    return g.groups * ((g.outPerGroup + half - 1) / half) * half
  }

  /// Rows of dW in the order of memory, cut into tiles.
  ///
  /// A filter of few rows, as in a network's first layer, is cut across too, or threads could not share it; one
  /// with more outputs than rows, too, so that each thread reads its own part of the larger operand.
  func pieces() -> [Piece] {
    let joined = g.dilation == 1 && g.groups == 1 && g.padding == 0
    let runs = joined ? 1 : g.kernelWidth
    let length = joined ? g.kernelWidth * g.channels : g.channelsPerGroup
    let isFlat = g.groups * g.kernelHeight * runs * length < 12 * 16
    let tile = lanes(g.outPerGroup)
    var across = g.outPerGroup
    if isFlat {
      across = tile
    } else if g.outPerGroup > g.kernelHeight * runs * length {
      let tiles = (g.outPerGroup + tile - 1) / tile
      across = max(1, tiles / ThreadTeam.count) * tile
    }
    // One run of rows is cut into equal parts for the threads before it is cut into tiles.
    let isAlone = !isFlat && across == g.outPerGroup && g.groups * g.kernelHeight * runs == 1
    let parts = isAlone ? min(ThreadTeam.count, max(1, length / (4 * TileHeight.main))) : 1
    var pieces: [Piece] = []
    for output in stride(from: 0, to: g.outPerGroup, by: across) {
      for group in 0..<g.groups {
        for u in 0..<g.kernelHeight {
          for v in 0..<runs {
            for part in 0..<parts {
              var first = length * part / parts
              let end = length * (part + 1) / parts
              while first < end {
                let count = TileHeight.next(end - first)
                pieces.append(
                  Piece(
                    group: group, kernelRow: u, kernelColumn: v, first: first, count: count,
                    outputs: output..<min(g.outPerGroup, output + across)))
                first += count
              }
            }
          }
        }
      }
    }
    return pieces
  }

  /// Sums some pieces of dW over all blocks: the first block writes, the others add.
  @inline(__always)
  func add(_ pieces: ArraySlice<Piece>, to dW: UnsafeMutablePointer<S>) {
    let outputs = pieces.reduce(0..<0) {
      $0.isEmpty
        ? $1.outputs
        : min($0.lowerBound, $1.outputs.lowerBound)..<max($0.upperBound, $1.outputs.upperBound)
    }
    let copy =
      copiesGradient ? Buffer<S>(uninitialized: rowsABlock * g.outWidth * copiedPixel) : nil
    let strip =
      copiesStrips
      ? Buffer<S>(uninitialized: rowsABlock * g.outWidth * TileHeight.main) : nil
    withUnsafeTemporaryAllocation(of: ListedWalk.Place.self, capacity: listed) { places in
      var lists = PixelLists(places)
      for first in stride(from: 0, to: rows, by: rowsABlock) {
        let count = min(rowsABlock, rows - first)
        list(first..<first + count, in: &lists)
        if let copy { copyGradient(outputs, first: first, count: count, to: copy.pointer) }
        // A shorter last block is not worth asking for: then it is this one again.
        let next = first + 2 * count <= rows ? first + count : first
        let block = Block(
          pixels: count * g.outWidth, lists: lists.byTap,
          x: UnsafePointer(x.pointer + imagePlace(first)),
          ahead: imagePlace(next) - imagePlace(first),
          dY: UnsafePointer(copy?.pointer ?? dY.pointer + first * g.outWidth * g.outChannels),
          next: dY.pointer + next * g.outWidth * g.outChannels,
          isFirst: first == 0)
        // A tile is two lines wide: every other piece asks for the other one, or for what else comes next.
        for (n, piece) in pieces.enumerated() {
          add(piece, block, line: n % 2, strip: strip?.pointer, to: dW)
        }
      }
    }
  }

  /// A block of pixels.
  struct Block {
    let pixels: Int
    /// For each tap, where in x the pixels lie that find it inside the image.
    let lists: [UnsafeBufferPointer<ListedWalk.Place>]
    let x: UnsafePointer<S>
    /// From this block's part of x to the next one's.
    let ahead: Int
    /// Copied, or where it lies.
    let dY: UnsafePointer<S>
    /// Where the next block of dY lies, not copied.
    let next: UnsafePointer<S>
    let isFirst: Bool
  }

  @inline(__always)
  private func add(
    _ piece: Piece, _ block: Block, line: Int, strip: UnsafeMutablePointer<S>?,
    to dW: UnsafeMutablePointer<S>
  ) {
    let a =
      block.x + (piece.kernelRow * g.width + piece.kernelColumn) * g.dilation * g.channels
      + piece.group * g.channelsPerGroup + piece.first
    let c =
      dW
      + ((piece.kernelRow * g.kernelWidth + piece.kernelColumn) * g.channelsPerGroup + piece.first)
      * g.outChannels + piece.group * g.outPerGroup
    let copied = copiesGradient
    let pixels = block.pixels
    let places = places(piece, block)
    if let strip { copy(a, places, to: strip) }
    let b = block.dY + piece.group * (copied ? copiedPixel / g.groups * pixels : g.outPerGroup)
    let next = block.next + piece.group * g.outPerGroup + line * S.Vector.scalarCount
    var o = piece.outputs.lowerBound
    while o < piece.outputs.upperBound {
      let left = g.outPerGroup - o
      let lanes = lanes(left)
      let walk = ListedWalk(
        places: places, b: copied ? lanes : g.outChannels,
        ahead: readsNextBlock ? block.ahead : 16 * g.stride * g.channels, next: next + o,
        nextStep: readsNextBlock ? g.outChannels * MemoryLayout<S>.stride : 0,
        asksNext: line == 1)
      let from = copied ? b + o * pixels : b + o
      if lanes == S.Vector.scalarCount {
        walk.run(
          Together<Vector1<S>>.self, rows: piece.count, columns: left, a: a, b: from, c: c + o,
          cRow: g.outChannels, adding: !block.isFirst)
      } else if let strip {
        FlatWalk(count: pixels, steps: PackedSteps()).run(
          Together<Beside<Vector1<S>>>.self, rows: piece.count, columns: left,
          a: UnsafePointer(strip), b: from, c: c + o, cRow: g.outChannels, adding: !block.isFirst,
          next: o + lanes < piece.outputs.upperBound ? c + o + lanes : nil)
      } else {
        walk.run(
          Together<Beside<Vector1<S>>>.self, rows: piece.count, columns: left, a: a, b: from,
          c: c + o, cRow: g.outChannels, adding: !block.isFirst)
      }
      o += lanes
    }
  }
}
