// What a filter gradient's pieces read: a block of pixels, copied or where it lies, and lists of them.
//
// Idea       A piece sums outer products over all pixels of a block, so a list of their places is all that it needs to know
//            of images, rows, strides and padding. Pixels whose tap lies in the zeros around the image are no part of its
//            list: what they would add is an exact 0.
// Read       TileWalk.swift, ConvolutionGeometry.swift ← this file → ConvolutionFilterGradient.swift

// MARK: Pixels of a tap

extension FilterGradientWalk {
  /// Whether the pixels of a block are listed for each tap: for blocks of whole images, whose lists are the same.
  var skipsTaps: Bool { g.padding > 0 && rowsABlock % g.outHeight == 0 && !copiesStrips }

  /// The pixels of a block for which the taps of a piece lie inside the image; the others would add zeros.
  @inline(__always)
  func places(_ piece: Piece, _ block: Block) -> UnsafeBufferPointer<ListedWalk.Place> {
    if g.padding == 0 || copiesStrips { return block.places }
    if !block.byTap.isEmpty {
      return block.byTap[piece.kernelRow * (g.kernelWidth + 1) + column(piece)]
    }
    // Some rows of one image: a tap row leaves out the first or the last.
    let top = block.rows.lowerBound / g.outHeight * g.outHeight
    guard block.rows.upperBound <= top + g.outHeight else { return block.places }
    let inside = outputs(of: piece.kernelRow, size: g.height, count: g.outHeight)
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
  @inline(__always)
  private func outputs(of tap: Int, size: Int, count: Int) -> Range<Int> {
    stepsInside(size, from: g.dilation * tap - g.padding, step: g.stride, count: count)
  }

  /// Lists the pixels for which a tap lies inside: for each tap row those of each column, and those of any column.
  func listByTap(
    _ all: UnsafeBufferPointer<ListedWalk.Place>,
    to lists: UnsafeMutableBufferPointer<ListedWalk.Place>
  ) -> [UnsafeBufferPointer<ListedWalk.Place>] {
    var done = 0
    var byTap: [UnsafeBufferPointer<ListedWalk.Place>] = []
    for u in 0..<g.kernelHeight {
      let rows = outputs(of: u, size: g.height, count: g.outHeight)
      for v in 0...g.kernelWidth {
        let columns =
          v < g.kernelWidth ? outputs(of: v, size: g.width, count: g.outWidth) : 0..<g.outWidth
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
  func copy(
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
  var paddedWidth: Int { g.width + 2 * g.padding }
  /// Padded rows a block reads at most: each of its images adds the reach of its last row.
  var slabRows: Int {
    let images = (rowsABlock + g.outHeight - 2) / g.outHeight + 1
    return rowsABlock * g.stride + images * reach
  }

  /// Copies the rows of x that a block reads, one image's after the other's, with zeros around them.
  @inline(__always)
  func copyWithBorder(first: Int, count: Int, to slab: UnsafeMutablePointer<S>) {
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
  func imagePlace(_ row: Int) -> Int {
    (row / g.outHeight * g.height + row % g.outHeight * g.stride) * g.width * g.channels
  }

  /// Lists where the first tap of each pixel lies: in the block's part of x, or in its copy.
  @inline(__always)
  func list(
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
  func copyGradient(
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
