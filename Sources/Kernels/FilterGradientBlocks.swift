// What a filter gradient's pieces read: a block of pixels where it lies, and lists of them.
//
// Idea       A piece sums outer products over all pixels of a block, so a list of their places is all that it needs to know
//            of images, rows, strides and padding. Pixels whose tap lies in the zeros around the image are no part of its
//            list: what they would add is an exact 0.
// Read       TileWalk.swift, ConvolutionGeometry.swift, CorrelationWindow.swift ← this file → ConvolutionFilterGradient.swift

// MARK: Pixels of a tap

/// The pixels of a block, listed for each tap: those that find it inside the image.
struct PixelLists {
  typealias Places = UnsafeBufferPointer<ListedWalk.Place>

  let places: UnsafeMutableBufferPointer<ListedWalk.Place>
  private(set) var done = 0
  /// A list for each tap, row after row of taps.
  var byTap: [Places] = []
  /// For rows of one image: a list for each tap column, of all rows.
  var byColumn: [Places] = []
  /// How many rows are listed, and the first one's place in its image.
  var count = 0
  var top = 0

  init(_ places: UnsafeMutableBufferPointer<ListedWalk.Place>) { self.places = places }

  @inline(__always)
  mutating func add(a: Int, b: Int) {
    places[done] = ListedWalk.Place(a: a, b: b)
    done += 1
  }

  @inline(__always)
  mutating func clear() {
    done = 0
    byTap = []
    byColumn = []
  }

  /// What has been added since `first`.
  @inline(__always)
  func list(from first: Int) -> Places { Places(rebasing: places[first..<done]) }
}

extension FilterGradientWalk {
  /// Tap rows and columns that have lists of their own: without padding every pixel finds all taps.
  private var listedRows: Int { g.padding > 0 ? g.kernelHeight : 1 }
  private var listedColumns: Int { g.padding > 0 ? g.kernelWidth : 1 }
  /// Places that the lists of a block take at most.
  var listed: Int { listedRows * listedColumns * rowsABlock * g.outWidth }

  /// The pixels of a block that find the tap of a piece.
  @inline(__always)
  func places(_ piece: Piece, _ block: Block) -> PixelLists.Places {
    block.lists[g.padding > 0 ? piece.kernelRow * g.kernelWidth + piece.kernelColumn : 0]
  }

  /// Lists, for each tap, the pixels of some rows that find it inside the image.
  func list(_ rows: Range<Int>, in lists: inout PixelLists) {
    let top = rows.lowerBound % g.outHeight
    let isSame = lists.count == rows.count
    if rows.count < g.outHeight && top + rows.count <= g.outHeight {
      if !isSame || lists.byColumn.isEmpty { listColumns(rows, in: &lists) }
      cutColumns(top..<top + rows.count, in: &lists)
    } else if !isSame || lists.top != top {
      listTaps(rows, in: &lists)
    }
    (lists.count, lists.top) = (rows.count, top)
  }

  /// Rows of one image: what each tap column meets is the same in every block.
  private func listColumns(_ rows: Range<Int>, in lists: inout PixelLists) {
    lists.clear()
    for v in 0..<listedColumns {
      let first = lists.done
      add(rows, column: v, inside: 0..<g.outHeight, to: &lists)
      lists.byColumn.append(lists.list(from: first))
    }
  }

  /// … and of it a tap row leaves out the image's first rows or its last.
  private func cutColumns(_ rows: Range<Int>, in lists: inout PixelLists) {
    lists.byTap.removeAll(keepingCapacity: true)
    for u in 0..<listedRows {
      let inside = outputs(of: u, size: g.height, count: g.outHeight).clamped(to: rows)
      for all in lists.byColumn {
        let row = all.count / rows.count
        let (first, end) = (
          inside.lowerBound - rows.lowerBound, inside.upperBound - rows.lowerBound
        )
        lists.byTap.append(PixelLists.Places(rebasing: all[first * row..<end * row]))
      }
    }
  }

  /// Rows of several images: if they are whole ones, they are listed but once.
  private func listTaps(_ rows: Range<Int>, in lists: inout PixelLists) {
    lists.clear()
    for u in 0..<listedRows {
      let inside = outputs(of: u, size: g.height, count: g.outHeight)
      for v in 0..<listedColumns {
        let first = lists.done
        add(rows, column: v, inside: inside, to: &lists)
        lists.byTap.append(lists.list(from: first))
      }
    }
  }

  /// The output rows, or columns, that find a tap inside the image.
  @inline(__always)
  private func outputs(of tap: Int, size: Int, count: Int) -> Range<Int> {
    stepsInside(size, from: g.dilation * tap - g.padding, step: g.stride, count: count)
  }

  /// Adds the pixels of some rows, if they lie at `inside` in their image, that find a tap column inside.
  @inline(__always)
  private func add(
    _ rows: Range<Int>, column: Int, inside: Range<Int>, to lists: inout PixelLists
  ) {
    let columns = outputs(of: column, size: g.width, count: g.outWidth)
    let border = g.padding * (g.width + 1) * g.channels
    for row in rows where inside.contains(row % g.outHeight) {
      let a = imagePlace(row) - imagePlace(rows.lowerBound) - border
      let b = (row - rows.lowerBound) * g.outWidth
      for j in columns { lists.add(a: a + j * g.stride * g.channels, b: b + j) }
    }
  }
}

// MARK: Borders

extension ConvolutionGeometry {
  /// The same convolution of images whose borders of zeros are written out.
  var withoutPadding: ConvolutionGeometry {
    ConvolutionGeometry(
      input: [batch, height + 2 * padding, width + 2 * padding, channels], filter: filterShape,
      stride: stride, dilation: dilation, groups: groups)
  }

  /// Copies images with their borders of zeros.
  @inline(__always)
  func withBorder<S: KernelScalar>(_ x: Buffer<S>) -> Buffer<S> {
    let region = Region(
      top: -padding, bottom: height + padding, left: -padding, right: width + padding)
    let size = region.rows * region.columns * channels
    let copy = Buffer<S>(uninitialized: batch * size)
    parallelFor(batch) { n in
      region.copy(
        x.pointer + n * height * width * channels, height: height, width: width,
        channels: channels, used: 0..<channels, to: copy.pointer + n * size)
    }
    return copy
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

  /// Where the rows that an output row reads begin in x, if there is no padding.
  @inline(__always)
  func imagePlace(_ row: Int) -> Int {
    (row / g.outHeight * g.height + row % g.outHeight * g.stride) * g.width * g.channels
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
