// Whether Winograd's algorithms compute a convolution, in which tiles and in which pieces of work.
//
// Formula    products of a pair of channels = tiles · values,   values = (m + 2)², with stride 2 (2m + 1)²
// Choice     m = 3, 4 or 6: whichever multiplies least. Large tiles need fewer products for a pixel (2.8, 2.25
//            and 1.8), but hang over the edges of maps that they do not fit, and a filter has (m + 2)² values to
//            be made: tiles must be enough to pay for them. Maps of 48 × 48 have tiles of 6 × 6, those of 32 × 32
//            tiles of 4 × 4, those of 6 × 6, with sixteen images, tiles of 3 × 3. A 1×1 convolution of many channels
//            is a product of matrices, with one kind of tile (StrassenProduct.swift).
// Order      The choice depends on the extents alone: the same bits at any number of threads.
// Read       WinogradTransforms.swift, WinogradStride.swift, StrassenProduct.swift ← this file →
//            WinogradConvolution.swift, WinogradFilterGradient.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// Whether convolutions on tensors may use Winograd's algorithms.
///
/// Nobody gets it who does not ask: `Winograd.$isAllowed.withValue(true) { … }`.
public enum Winograd {
  /// The choice of this task.
  @TaskLocal public static var isAllowed = false

  /// Whether a convolution of a number type shall use it: never one of `Double`.
  public static func serves<S: KernelScalar>(_ g: ConvolutionGeometry, _: S.Type) -> Bool {
    isAllowed && S.self == Float.self && g.suitsWinograd
  }
}

extension ConvolutionGeometry {
  /// Whether Winograd's algorithm applies, and saves more multiplications than its transforms cost.
  public var suitsWinograd: Bool { WinogradPlan(self) != nil }
}

/// How Winograd's algorithm computes one convolution.
struct WinogradPlan {
  /// m: outputs along the side of a tile; 2 if tiles are pairs of pixels (StrassenProduct.swift).
  let side: Int
  /// Images of the batch, as tiles see them.
  let images: Int
  /// In which pieces the sum over channels is done.
  let pieces: Pieces

  /// Pieces of work.
  enum Pieces {
    /// Some tiles, from their pixels to their outputs: what lies between stays in the second-level cache, and the
    /// filter's values pass through it.
    case tiles(Int)
    /// As many tiles as the third-level cache holds; a large filter's values pass once for them.
    case chunks
    /// A panel of outputs, all tiles: the filter's values are made where they are used, and never written to memory.
    ///
    /// In the last stages of a network there are many weights and few tiles: the values of 512 × 512 filters are
    /// 26 MB, those of all tiles of 16 images a tenth of it, which the third-level cache holds.
    case panels
  }

  /// Scalars of a filter's values that are many: they are better made where they are used.
  private static let many = 700_000
  /// Scalars that pass through a core's second-level cache once for every dozen tiles, from the third.
  private static let passing = 1_300_000

  /// The plan for a convolution, nil where a direct one is better or the only one.
  init?(_ g: ConvolutionGeometry) {
    if g.isMatrixProduct {
      self.init(product: g)
    } else {
      self.init(window: g)
    }
  }

  /// Filters of 3 × 3.
  private init?(window g: ConvolutionGeometry) {
    guard g.kernelHeight == 3, g.kernelWidth == 3, g.stride <= 2, g.dilation == 1, g.groups == 1,
      g.stride == 1 ? g.padding <= 2 : g.padding == 1, g.channels % 16 == 0,
      g.outChannels % 16 == 0, g.channels >= 32, g.outChannels >= 32
    else { return nil }
    var least = Int.max
    var best: (side: Int, tiles: Int, filterValues: Int)?
    for m in g.stride == 1 ? [3, 4, 6] : [3, 4] {
      let tiles = g.batch * ((g.outHeight + m - 1) / m) * ((g.outWidth + m - 1) / m)
      let values = g.stride == 1 ? m + 2 : 2 * m + 1
      let filterValues = (m + 2) * (m + 2) * g.channels * g.outChannels
      // A filter's transform costs less where it is used in cache.
      guard tiles >= (filterValues > Self.many ? 48 : 96), tiles * values * values < least else {
        continue
      }
      least = tiles * values * values
      best = (m, tiles, filterValues)
    }
    // At most 6 products a pixel instead of 9.
    guard let best, least <= 6 * g.batch * g.outHeight * g.outWidth else { return nil }
    (side, images) = (best.side, g.batch)
    pieces =
      best.filterValues > Self.many && best.tiles <= 192
      ? .panels : best.filterValues <= Self.passing ? .tiles(12) : .chunks
  }

  /// Matrix products: seven eighths of the multiplications, for which every operand passes through sums.
  ///
  /// With fewer than 256 channels the sums cost what the products save.
  private init?(product g: ConvolutionGeometry) {
    let rows = g.batch * g.outHeight * g.outWidth
    guard g.channels % 32 == 0, g.outChannels % 32 == 0, g.channels >= 256, g.outChannels >= 256,
      rows >= 192, g.stride == 1 || g.outWidth % 2 == 0
    else { return nil }
    (side, images) = (2, rows / g.matrixRows)
    pieces = g.channels * g.outChannels > Self.many && rows <= 768 ? .panels : .tiles(24)
  }

  /// The plan for a convolution that must suit the algorithm.
  init(proving g: ConvolutionGeometry) {
    guard let plan = WinogradPlan(g) else {
      fatalError(
        "Winograd: \(g) does not suit it. To mend: ask `suitsWinograd`, or compute directly.")
    }
    self = plan
  }
}
