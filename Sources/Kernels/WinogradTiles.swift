// The tiles of Winograd's algorithm: where they lie in images, and their values in planes.
//
// Formula    values = Bᵀ x B for a patch of pixels, or A dY Aᵀ for a tile of m × m outputs
// Layout     One plane for each of the values, [tile, channel], or panels of channels one after the other: a
//            matrix, so that the sum over channels or over tiles is a matrix product. Planes lie a cache line further
//            apart than they are long.
// Edges      Patches reach beyond the image: there zeros are read. Tiles that hang over are written in part.
// Prefetch   While a tile is transformed, the pixels of the next are asked for (Prefetch.swift): the rows of a patch lie
//            kilobytes apart. 64 channels at 48 × 48: forward 617 → 670 GFLOP/s, filter gradient 495 → 630.
// Read       WinogradTransforms.swift ← this file → WinogradConvolution.swift, WinogradFilterGradient.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// Images as tiles see them: where each pixel begins.
struct ImageGrid<S: KernelScalar> {
  let pointer: UnsafeMutablePointer<S>
  let height: Int
  let width: Int
  let channels: Int
  /// Scalars from an image, a row or a pixel to the next.
  let imageStep: Int
  let rowStep: Int
  let columnStep: Int

  /// Images as they lie, channels last.
  @inline(__always)
  init(_ buffer: Buffer<S>, _ height: Int, _ width: Int, _ channels: Int) {
    pointer = buffer.pointer
    (self.height, self.width, self.channels) = (height, width, channels)
    (imageStep, rowStep, columnStep) = (height * width * channels, width * channels, channels)
  }

  /// A matrix: "images" of `rows` pixels, one below the other, each two halves of its channels wide.
  @inline(__always)
  init(_ buffer: Buffer<S>, rows: Int, _ channels: Int, imageStep: Int, rowStep: Int) {
    pointer = buffer.pointer
    (height, width, self.channels) = (rows, 2, channels / 2)
    (self.imageStep, self.rowStep, columnStep) = (imageStep, rowStep, channels / 2)
  }

  /// Where a pixel begins.
  @inline(__always)
  func place(_ image: Int, _ row: Int, _ column: Int) -> UnsafeMutablePointer<S> {
    pointer + image * imageStep + row * rowStep + column * columnStep
  }
}

/// The taps of a filter, a square of matrices: those of a 3×3 filter, or the quarters of a matrix.
struct FilterTaps<S: KernelScalar> {
  /// The first tap, and from one row or column of taps to the next.
  let first: UnsafeMutablePointer<S>
  private let rowStep: Int
  private let columnStep: Int
  /// Taps along a side.
  private let side: Int
  /// From one line of a tap to the next.
  let leading: Int
  /// Whether a line holds the source channels of one target channel: in the input gradient, which exchanges them.
  let isTransposed: Bool

  @inline(__always)
  init(_ filter: Buffer<S>, _ g: ConvolutionGeometry, isTurned: Bool = false) {
    let (C, O) = (g.channels, g.outChannels)
    isTransposed = isTurned
    leading = O
    side = g.isMatrixProduct ? 2 : 3
    if g.isMatrixProduct {
      first = filter.pointer
      (rowStep, columnStep) = isTurned ? (O / 2, C / 2 * O) : (C / 2 * O, O / 2)
    } else {
      first = filter.pointer + (isTurned ? 8 * C * O : 0)
      (rowStep, columnStep) = isTurned ? (-3 * C * O, -C * O) : (3 * C * O, C * O)
    }
  }

  @inline(__always) var count: Int { side * side }
  /// Where a tap begins, from the first one.
  @inline(__always)
  func offset(of tap: Int) -> Int { tap / side * rowStep + tap % side * columnStep }
}

/// The tiles that cover a batch of images.
struct TileGrid<F: WinogradForm> {
  let count: Int
  private let across: Int
  private let down: Int

  init(batch: Int, height: Int, width: Int) {
    (down, across) = ((height + F.side - 1) / F.side, (width + F.side - 1) / F.side)
    count = batch * down * across
  }

  /// Image, row and column of a tile, counted in tiles.
  @inline(__always)
  subscript(tile: Int) -> (image: Int, row: Int, column: Int) {
    (tile / (across * down), tile / across % down, tile % across)
  }
}

/// Room for what lies between the columns and the rows of a transform, on the stack: nine by nine vectors with
/// stride 2, fewer without.
@inline(__always)
func withRoom<S: KernelScalar>(
  _: S.Type, _ body: (UnsafeMutablePointer<S.Vector>) -> Void
) {
  withUnsafeTemporaryAllocation(of: S.Vector.self, capacity: 81) { room in
    guard let base = room.baseAddress else { return }
    body(base)
  }
}

/// The values of tiles: one plane for each value, [tile, channel], or block after block of channels [tile, channel].
final class ValuePlanes<S: KernelScalar, F: WinogradForm> {
  let channels: Int
  /// Scalars from a tile to the next: the channels of a block, or a line of cache more.
  let rowStep: Int
  private let tiles: Int
  /// Scalars from one plane to the next: not a power of two, or all planes would share a line of cache.
  private let pitch: Int
  private let buffer: Buffer<S>

  /// Room for some tiles; `block` channels lie side by side, or all.
  @inline(__always)
  init(tiles: Int, channels: Int, block: Int? = nil) {
    self.channels = channels
    self.tiles = tiles
    // Rows of a tile a multiple of 1 KiB apart would share a few sets of the first-level cache.
    rowStep =
      block ?? (channels * MemoryLayout<S>.stride % 1024 == 0 ? channels + 16 : channels)
    pitch = (channels + rowStep - 1) / rowStep * tiles * rowStep + 16
    buffer = Buffer(uninitialized: F.points * pitch)
  }

  /// Where the first tile has a channel of a plane.
  @inline(__always) func plane(_ point: Int, channel: Int = 0) -> UnsafeMutablePointer<S> {
    buffer.pointer + point * pitch + channel / rowStep * (tiles * rowStep) + channel % rowStep
  }

  /// Transforms the patches of some tiles; what lies outside an image is 0.
  ///
  /// Tile `first` of the grid is plane row 0; patches begin `step` pixels apart, the first of an image at `origin`.
  /// Channel 0 of the planes is channel `firstChannel` of the image.
  func fill<T: PatchTransform>(
    _: T.Type, _ range: Range<Int>, from image: ImageGrid<S>, _ tiles: TileGrid<F>, first: Int,
    firstChannel: Int = 0, origin: Int, step: Int
  ) {
    let lanes = S.Vector.scalarCount
    let zeros = Buffer<S>(repeating: 0, count: channels)
    /// Where the pixels of a tile's patch lie.
    @inline(__always)
    func find(_ tile: Int, _ places: UnsafeMutablePointer<UnsafeMutablePointer<S>>) {
      let (n, row, column) = tiles[tile]
      for i in 0..<T.inputs {
        for j in 0..<T.inputs {
          let (y, x) = (row * step + origin + i, column * step + origin + j)
          let isInside = y >= 0 && y < image.height && x >= 0 && x < image.width
          places[i * T.inputs + j] =
            isInside
            ? image.place(n, y, x) + firstChannel : zeros.pointer
        }
      }
    }
    let pixels = T.inputs * T.inputs
    withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<S>.self, capacity: 2 * pixels) { room in
      guard var places = room.baseAddress else { return }
      var next = places + pixels
      withRoom(S.self) { between in
        find(first + range.lowerBound, places)
        for t in range {
          find(min(first + t + 1, tiles.count - 1), next)
          for c in stride(from: 0, to: channels, by: lanes) {
            let out = plane(0, channel: c) + t * rowStep
            T.apply(
              between: between,
              from: {
                prefetchToReadLater(next[$0] + c)
                return (places[$0] + c).vector
              },
              to: { (out + $0 * pitch).vector = $1 })
          }
          swap(&places, &next)
        }
      }
    }
    withExtendedLifetime(zeros) {}
  }

  /// Transforms the values of some tiles back and writes the pixels that lie inside the image, or adds to them.
  ///
  /// Channel 0 of the planes is channel `firstChannel` of the image; those beyond its last are dropped.
  func write(
    _ range: Range<Int>, to image: ImageGrid<S>, _ tiles: TileGrid<F>, first: Int,
    firstChannel: Int = 0, adding: Bool
  ) {
    let lanes = S.Vector.scalarCount
    /// Where a tile's first pixel lies.
    @inline(__always)
    func place(_ tile: Int) -> UnsafeMutablePointer<S> {
      let (n, row, column) = tiles[min(tile, tiles.count - 1)]
      return image.place(n, row * F.side, column * F.side) + firstChannel
    }
    withRoom(S.self) { between in
      for t in range {
        let (_, row, column) = tiles[first + t]
        let (rows, columns) = (
          min(F.side, image.height - row * F.side), min(F.side, image.width - column * F.side)
        )
        let out = place(first + t)
        let next = place(first + t + 1)
        for c in stride(from: 0, to: min(channels, image.channels - firstChannel), by: lanes) {
          let from = UnsafePointer(plane(0, channel: c) + t * rowStep)
          F.ValuesToOutputs.apply(between: between, from: { (from + $0 * pitch).vector }) {
            let (i, j) = ($0 / F.side, $0 % F.side)
            if i < rows && j < columns {
              let pixel = i * image.rowStep + j * image.columnStep + c
              prefetchToWrite(next + pixel)
              (out + pixel).vector = adding ? (out + pixel).vector + $1 : $1
            }
          }
        }
      }
    }
  }
}
