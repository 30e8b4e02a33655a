// Convolution: the gradient of its filter.
//
// Formula    dW[u,v,c,o] = Σ b,i,j  dY[b,i,j,o] · x[b, s·i + d·u − p, s·j + d·v − p, c]
// Idea       For one tap, an outer product a pixel: neighbouring input channels down the tile,
//            neighbouring output channels across. With no dilation the channels of neighbouring taps
//            in a kernel row follow each other in memory, so (v, c) is one run of rows.
// Blocks     About 288 output pixels (more of few channels) are walked at a time, whole rows of one image
//            or of several, so that their part of x and dY stays in the second-level cache while all of dW passes by.
//            A block of x is copied with its border of zeros (without padding it is read where it
//            lies); a list says where each pixel's patch begins, one for each tap where a block is whole images, so that
//            zeros are not multiplied. A block of dY with many channels is
//            copied too, into the order in which a tile walks it. Meanwhile the next block is asked for; where
//            channels are so many that the cache holds one block only, the rows of a tile are copied
//            instead, pixel after pixel, before all outputs pass by.
// Order      Pixels are summed upwards, block by block; threads split taps, channels and outputs, never pixels.
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
  guard g.batch > 0 else {
    return filterGradient.pointer.update(repeating: 0, count: filterGradient.count)
  }
  let walk = FilterGradientWalk(g, input: input, outputGradient: outputGradient)
  let pieces = walk.pieces()
  let shares = min(pieces.count, ThreadTeam.count)
  parallelFor(shares) { share in
    let mine = pieces[share * pieces.count / shares..<(share + 1) * pieces.count / shares]
    walk.add(mine, to: filterGradient.pointer)
  }
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
  private var copiesGradient: Bool {
    g.outPerGroup >= 4 * lanes(g.outPerGroup)
      && g.kernelHeight * g.kernelWidth * g.channelsPerGroup >= 128
  }

  /// Whether what the next block reads is asked for while this one is summed: the second-level cache must
  /// hold both. (64 → 256 channels, two threads: 173 without, 206 with it.)
  private var readsNextBlock: Bool { g.channels + g.outChannels <= 1024 }

  /// Whether the channels of a piece are copied, pixel after pixel, before all outputs pass by.
  ///
  /// Pixels 4 KiB apart share a set of the first-level cache, and would be read from the second for each tile of
  /// outputs (1024 → 256 channels, two threads: 173, copied 200).
  private var copiesStrips: Bool { copiesGradient && !readsNextBlock }

  /// Lanes of the tile that takes what is left of a group's outputs.
  private func lanes(_ left: Int) -> Int {
    left > S.Vector.scalarCount ? 2 * S.Vector.scalarCount : S.Vector.scalarCount
  }

  /// Scalars a pixel of copied dY takes: whole tiles.
  private var copiedPixel: Int {
    let half = S.Vector.scalarCount
    return g.groups * ((g.outPerGroup + half - 1) / half) * half
  }

  /// Rows of dW in the order of memory, cut into tiles.
  ///
  /// A filter of few rows, as in a network's first layer, is cut across too, or threads could not share it; one
  /// with more outputs than rows, too, so that each thread reads its own part of the larger operand.
  func pieces() -> [Piece] {
    let joined = g.dilation == 1 && g.groups == 1
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
    let slab = g.padding > 0 ? Buffer<S>(uninitialized: slabRows * paddedWidth * g.channels) : nil
    let copy =
      copiesGradient ? Buffer<S>(uninitialized: rowsABlock * g.outWidth * copiedPixel) : nil
    let strip =
      copiesStrips
      ? Buffer<S>(uninitialized: rowsABlock * g.outWidth * TileHeight.main) : nil
    let lists = 1 + (skipsTaps ? g.kernelHeight * (g.kernelWidth + 1) : 0)
    let capacity = lists * rowsABlock * g.outWidth
    withUnsafeTemporaryAllocation(of: ListedWalk.Place.self, capacity: capacity) { places in
      var byTap: [UnsafeBufferPointer<ListedWalk.Place>] = []
      for first in stride(from: 0, to: rows, by: rowsABlock) {
        let count = min(rowsABlock, rows - first)
        let pixels = count * g.outWidth
        if let slab { copyWithBorder(first: first, count: count, to: slab.pointer) }
        list(first: first, count: count, copied: slab != nil, to: places)
        let all = UnsafeBufferPointer(rebasing: places[..<pixels])
        // Whole images: what a tap reads of them is the same in every block, but for the length of the last.
        if skipsTaps && (first == 0 || count < rowsABlock) {
          byTap = listByTap(
            all, to: UnsafeMutableBufferPointer(rebasing: places[(rowsABlock * g.outWidth)...]))
        }
        if let copy { copyGradient(outputs, first: first, count: count, to: copy.pointer) }
        // A shorter last block is not worth asking for: then it is this one again.
        let next = first + 2 * count <= rows ? first + count : first
        let block = Block(
          rows: first..<first + count, places: all, byTap: byTap,
          x: UnsafePointer(slab?.pointer ?? x.pointer + imagePlace(first)),
          width: slab == nil ? g.width : paddedWidth,
          ahead: slab == nil ? imagePlace(next) - imagePlace(first) : 0,
          dY: UnsafePointer(copy?.pointer ?? dY.pointer + first * g.outWidth * g.outChannels),
          next: dY.pointer + next * g.outWidth * g.outChannels,
          isFirst: first == 0)
        // A tile is two lines wide: every other piece asks for the other one.
        for (n, piece) in pieces.enumerated() {
          add(piece, block, line: n % 2, strip: strip?.pointer, to: dW)
        }
      }
    }
  }

  /// A block of pixels, copied or where it lies.
  private struct Block {
    /// Which rows of output, all images together.
    let rows: Range<Int>
    /// Where the patch of each pixel begins in x.
    let places: UnsafeBufferPointer<ListedWalk.Place>
    /// The same for each tap, of those pixels only for which it lies inside the image.
    let byTap: [UnsafeBufferPointer<ListedWalk.Place>]
    let x: UnsafePointer<S>
    /// Pixels in a row of x.
    let width: Int
    /// From this block's part of x to the next one's.
    let ahead: Int
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
      block.x + (piece.kernelRow * block.width + piece.kernelColumn) * g.dilation * g.channels
      + piece.group * g.channelsPerGroup + piece.first
    let c =
      dW
      + ((piece.kernelRow * g.kernelWidth + piece.kernelColumn) * g.channelsPerGroup + piece.first)
      * g.outChannels + piece.group * g.outPerGroup
    let copied = copiesGradient
    let pixels = block.places.count
    let places = places(piece, block)
    if let strip { copy(a, block.places, to: strip) }
    let b = block.dY + piece.group * (copied ? copiedPixel / g.groups * pixels : g.outPerGroup)
    let next = block.next + piece.group * g.outPerGroup + line * S.Vector.scalarCount
    var o = piece.outputs.lowerBound
    while o < piece.outputs.upperBound {
      let left = g.outPerGroup - o
      let lanes = lanes(left)
      let walk = ListedWalk(
        places: places, b: copied ? lanes : g.outChannels,
        ahead: readsNextBlock ? block.ahead : 16 * g.stride * g.channels, next: next + o,
        nextStep: readsNextBlock ? g.outChannels * MemoryLayout<S>.stride : 0)
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

// MARK: Pixels of a tap

extension FilterGradientWalk {
  /// Whether the pixels of a block are listed for each tap: for blocks of whole images, whose lists are the same.
  private var skipsTaps: Bool { g.padding > 0 && rowsABlock % g.outHeight == 0 && !copiesStrips }

  /// The pixels of a block for which the taps of a piece lie inside the image; the others would add zeros.
  @inline(__always)
  private func places(_ piece: Piece, _ block: Block) -> UnsafeBufferPointer<ListedWalk.Place> {
    if g.padding == 0 || copiesStrips { return block.places }
    if !block.byTap.isEmpty {
      return block.byTap[piece.kernelRow * (g.kernelWidth + 1) + column(piece)]
    }
    // Some rows of one image: a tap row leaves out the first or the last.
    let top = block.rows.lowerBound / g.outHeight * g.outHeight
    guard block.rows.upperBound <= top + g.outHeight else { return block.places }
    let inside = inside(piece.kernelRow, of: g.height, outputs: g.outHeight)
    let rows = (top + inside.lowerBound..<top + inside.upperBound).clamped(to: block.rows)
    let first = (rows.lowerBound - block.rows.lowerBound) * g.outWidth
    return UnsafeBufferPointer(rebasing: block.places[first..<first + rows.count * g.outWidth])
  }

  /// The kernel column of a piece, or one more than there are, if it holds channels of several.
  @inline(__always)
  private func column(_ piece: Piece) -> Int {
    let first = piece.first / g.channelsPerGroup
    let last = (piece.first + piece.count - 1) / g.channelsPerGroup
    return first == last ? piece.kernelColumn + first : g.kernelWidth
  }

  /// The output rows, or columns, that find a tap inside the image.
  private func inside(_ tap: Int, of size: Int, outputs: Int) -> Range<Int> {
    let offset = g.dilation * tap - g.padding
    let first = offset < 0 ? (g.stride - 1 - offset) / g.stride : 0
    let end = offset < size ? min(outputs, (size - 1 - offset) / g.stride + 1) : 0
    return first < end ? first..<end : 0..<0
  }

  /// Lists the pixels for which a tap lies inside: for each tap row those of each column, and those of any column.
  private func listByTap(
    _ all: UnsafeBufferPointer<ListedWalk.Place>,
    to lists: UnsafeMutableBufferPointer<ListedWalk.Place>
  ) -> [UnsafeBufferPointer<ListedWalk.Place>] {
    var done = 0
    var byTap: [UnsafeBufferPointer<ListedWalk.Place>] = []
    for u in 0..<g.kernelHeight {
      let rows = inside(u, of: g.height, outputs: g.outHeight)
      for v in 0...g.kernelWidth {
        let columns =
          v < g.kernelWidth ? inside(v, of: g.width, outputs: g.outWidth) : 0..<g.outWidth
        let first = done
        for place in all {
          let (row, column) = (place.b / g.outWidth % g.outHeight, place.b % g.outWidth)
          guard rows.contains(row) && columns.contains(column) else { continue }
          lists[done] = place
          done += 1
        }
        byTap.append(UnsafeBufferPointer(rebasing: lists[first..<done]))
      }
    }
    return byTap
  }
}

// MARK: Blocks

extension FilterGradientWalk {
  /// Copies the channels of a piece, as many as a tile is high, to [pixel][channel].
  @inline(__always)
  private func copy(
    _ x: UnsafePointer<S>, _ places: UnsafeBufferPointer<ListedWalk.Place>,
    to strip: UnsafeMutablePointer<S>
  ) {
    var out = strip
    for place in places {
      // Whole vectors: what they write too much, the next pixel overwrites, or the margin takes.
      for v in stride(from: 0, to: TileHeight.main, by: S.Vector.scalarCount) {
        (out + v).vector = (x + place.a + v).vector
      }
      // The piece that follows.
      prefetchToReadLater(x + place.a + TileHeight.main + S.Vector.scalarCount)
      out += TileHeight.main
    }
  }

  /// The parts of a block that lie in one image: its output rows, and the padded rows they read.
  @inline(__always)
  private func segments(
    first: Int, count: Int,
    _ body: (_ image: Int, _ outRows: Range<Int>, _ padded: Range<Int>) -> Void
  ) {
    var row = first
    while row < first + count {
      let image = row / g.outHeight
      let top = row % g.outHeight
      let end = min(g.outHeight, top + first + count - row)
      body(image, top..<end, top * g.stride..<(end - 1) * g.stride + reach)
      row += end - top
    }
  }

  /// Rows that the taps of one output row span.
  private var reach: Int { g.dilation * (g.kernelHeight - 1) + 1 }
  private var paddedWidth: Int { g.width + 2 * g.padding }
  /// Padded rows a block reads at most: each of its images adds the reach of its last row.
  private var slabRows: Int {
    let images = (rowsABlock + g.outHeight - 2) / g.outHeight + 1
    return rowsABlock * g.stride + images * reach
  }

  /// Copies the rows of x that a block reads, one image's after the other's, with zeros around them.
  @inline(__always)
  private func copyWithBorder(first: Int, count: Int, to slab: UnsafeMutablePointer<S>) {
    let p = g.padding
    let c = g.channels
    var out = slab
    segments(first: first, count: count) { image, _, padded in
      for row in padded.lowerBound - p..<padded.upperBound - p {
        if row < 0 || row >= g.height {
          out.update(repeating: 0, count: paddedWidth * c)
        } else {
          out.update(repeating: 0, count: p * c)
          (out + p * c).update(
            from: x.pointer + (image * g.height + row) * g.width * c, count: g.width * c)
          (out + (p + g.width) * c).update(repeating: 0, count: p * c)
        }
        out += paddedWidth * c
      }
    }
  }

  /// Where the rows that an output row reads begin, in an x without padding.
  @inline(__always)
  private func imagePlace(_ row: Int) -> Int {
    (row / g.outHeight * g.height + row % g.outHeight * g.stride) * g.width * g.channels
  }

  /// Lists where the first tap of each pixel lies: in the block's part of x, or in its copy.
  @inline(__always)
  private func list(
    first: Int, count: Int, copied: Bool,
    to places: UnsafeMutableBufferPointer<ListedWalk.Place>
  ) {
    let width = copied ? paddedWidth : g.width
    var slabRow = 0
    var t = 0
    segments(first: first, count: count) { image, outRows, padded in
      for i in outRows {
        let row =
          copied
          ? (slabRow + (i - outRows.lowerBound) * g.stride) * width * g.channels
          : imagePlace(image * g.outHeight + i) - imagePlace(first)
        for j in 0..<g.outWidth {
          places[t] = ListedWalk.Place(a: row + j * g.stride * g.channels, b: t)
          t += 1
        }
      }
      slabRow += padded.count
    }
  }

  /// Copies some outputs of a block of dY to [group][channels of a tile][pixel][lane], zero beyond the last
  /// channel.
  @inline(__always)
  private func copyGradient(
    _ outputs: Range<Int>, first: Int, count: Int, to copy: UnsafeMutablePointer<S>
  ) {
    let half = S.Vector.scalarCount
    let pixels = count * g.outWidth
    var out = copy
    for group in 0..<g.groups {
      var o = 0
      while o < g.outPerGroup {
        let left = g.outPerGroup - o
        let lanes = lanes(left)
        guard outputs.contains(o) else {
          out += pixels * lanes
          o += lanes
          continue
        }
        var from = dY.pointer + first * g.outWidth * g.outChannels + group * g.outPerGroup + o
        for _ in 0..<pixels {
          if left >= 2 * half {
            out.vector = from.vector
            (out + half).vector = (from + half).vector
          } else {
            for l in 0..<lanes { out[l] = l < left ? from[l] : 0 }
          }
          out += lanes
          from += g.outChannels
        }
        o += lanes
      }
    }
  }
}
