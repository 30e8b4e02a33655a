// Whether Winograd's algorithm computes a convolution, and in which tiles.
//
// Formula    products of a pair of channels = tiles · values,   values = (m + 2)², with stride 2 (2m + 1)²
// Choice     m = 3, 4 or 6: whichever multiplies least. Large tiles need fewer products for a pixel (2.8, 2.25
//            and 1.8), but hang over the edges of maps that they do not fit, and a filter has (m + 2)² values to
//            be made: tiles must be enough to pay for them. Maps of 48 × 48 have tiles of 6 × 6, those of 32 × 32
//            tiles of 4 × 4, those of 6 × 6, with sixteen images, tiles of 3 × 3.
// Order      The choice depends on the extents alone: the same bits at any number of threads.
// Read       WinogradTransforms.swift, WinogradStride.swift ← this file → WinogradConvolution.swift,
//            WinogradFilterGradient.swift
// Tests      Tests/KernelsTests/WinogradTests.swift

/// Whether convolutions on tensors may use Winograd's algorithm.
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
  /// m: outputs along the side of a tile.
  let side: Int
  /// Tiles of a batch.
  let tiles: Int
  /// Values of all pairs of channels of the filter.
  private let filterValues: Int

  /// Scalars of which a core's second-level cache, and a share of the third, holds one after the other.
  static let cached = 700_000
  /// Channels whose values the second-level cache holds, all of a panel, beside what they make.
  static let channelsAtOnce = 96

  /// Whether the filter's values are made where they are used, panel by panel, and never written to memory.
  ///
  /// In the last stages of a network there are many weights and few tiles: the values of 512 × 512 filters are
  /// 26 MB, those of all tiles of 16 images a tenth of it, which the third-level cache holds.
  var goesByPanels: Bool { filterValues > Self.cached && tiles <= 192 }

  /// The plan for a convolution, nil where a direct one is better or the only one.
  init?(_ g: ConvolutionGeometry) {
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
      guard tiles >= (filterValues > Self.cached ? 48 : 96), tiles * values * values < least else {
        continue
      }
      least = tiles * values * values
      best = (m, tiles, filterValues)
    }
    // At most 6 products a pixel instead of 9.
    guard let best, least <= 6 * g.batch * g.outHeight * g.outWidth else { return nil }
    (side, tiles, filterValues) = best
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
