// The scattering transform: wavelets, modulus, wavelets, modulus, blur. Nothing in it is learned.
//
// Source     MV-MR, hand-crafted features ("ScatNet"); Bruna & Mallat, IEEE TPAMI 35, 2013;
//            coefficients and their order as kymatio 0.3, `Scattering2D(J, shape, L)`
// Formula    U₀ = x, padded by reflection
//            U₁[j₁, θ₁]          = |U₀ ⋆ ψ[j₁, θ₁]|               every 2^j₁-th pixel
//            U₂[j₁, θ₁, j₂, θ₂]  = |U₁[j₁, θ₁] ⋆ ψ[j₂, θ₂]|       every 2^j₂-th pixel, j₂ > j₁
//            Sₘ = Uₘ ⋆ φ                                          every 2^J-th pixel, one cropped off
//                                                                 on each side
// Shapes     x [batch, height, width, channels] → S [batch, channels · paths · h′ · w′],
//            h′ = ⌊height / 2^J⌋, w′ = ⌊width / 2^J⌋; channel slowest, then path, row, column
// Cost       J = 2, L = 8: 8 transforms of full size there and back, 72 of a quarter of the pixels
// Errata     none in the paper; see MorletFilterBank.swift for kymatio's constants
// Read       MorletFilterBank.swift, Kernels/WaveletModulus.swift ← this file → Representation.swift
// Tests      Tests/RepresentationsTests/ScatteringTransformTests.swift

import Kernels
import Tensors

/// The path of one scattering coefficient: which wavelets the image met on the way.
public struct ScatteringPath: Sendable, Equatable {
  /// Scale and orientation of a wavelet.
  public struct Wavelet: Sendable, Equatable {
    /// j: the wavelet spans about 2^j pixels; 0 ≤ j < J.
    public let scale: Int
    /// θ: 0 ≤ θ < L.
    public let orientation: Int

    /// The wavelet ψ of a scale and an orientation.
    public init(scale: Int, orientation: Int) {
      self.scale = scale
      self.orientation = orientation
    }
  }
  /// (j₁, θ₁), absent at order 0.
  public let first: Wavelet?
  /// (j₂, θ₂), absent below order 2.
  public let second: Wavelet?
  /// Number of wavelets met: 0, 1 or 2.
  public var order: Int { first == nil ? 0 : second == nil ? 1 : 2 }
}

/// The scattering transform for images of one size, with its filters.
public struct ScatteringTransform<Scalar: KernelScalar>: Sendable {
  /// J: coefficients average over about 2^J pixels.
  public let scales: Int
  /// L: number of orientations, spread over half a turn.
  public let orientations: Int
  /// Height of an image in pixels.
  public let height: Int
  /// Width of an image in pixels.
  public let width: Int
  /// The path of each coefficient image, in the order of the output.
  public let paths: [ScatteringPath]
  /// h′, rows of a coefficient image.
  public var outputHeight: Int { height >> scales }
  /// w′, columns of a coefficient image.
  public var outputWidth: Int { width >> scales }

  /// For each padded row and column the image row and column it copies.
  private let paddedRows: [Int]
  private let paddedColumns: [Int]
  /// For each resolution r (pixels of 2^r): transform tables and the blur's two matrices.
  private let transforms: [FourierTransform2D<Scalar>]
  private let blurs: [(rows: PanelMatrix<Scalar>, columns: PanelMatrix<Scalar>)]
  /// ψ̂ as [r][j · L + θ]; a wavelet is kept at the resolutions it is used at, r = 0 or r < j.
  private let wavelets: [[Buffer<Scalar>?]]
  /// Index of the first path through a first wavelet j₁ · L + θ₁ and a second.
  private let secondOrderStart: [Int]

  /// Builds the filters, in `Double`.
  ///
  /// - Parameters:
  ///   - scales: J, at least 1; 2^J at most the smaller side.
  ///   - orientations: L, in 1…256.
  ///   - height: Height of the images in pixels, at most 4096.
  ///   - width: Width of the images in pixels, at most 4096.
  ///   - maximumOrder: 1 or 2.
  /// - Throws: `RepresentationError` when an argument is outside its range.
  public init(
    scales: Int = 2, orientations: Int = 8, height: Int, width: Int, maximumOrder: Int = 2
  ) throws(RepresentationError) {
    try Self.validate(scales, orientations, height, width, maximumOrder)
    self.scales = scales
    self.orientations = orientations
    self.height = height
    self.width = width
    paddedRows = Self.reflected(height, scales)
    paddedColumns = Self.reflected(width, scales)
    let (rows, columns) = (paddedRows.count, paddedColumns.count)
    let bank = MorletFilterBank(
      scales: scales, orientations: orientations, rows: rows, columns: columns)
    let resolutions = 0..<scales
    transforms = resolutions.map { FourierTransform2D(rows: rows >> $0, columns: columns >> $0) }
    let (h, w) = (height >> scales, width >> scales)
    blurs = resolutions.map { r in
      (
        Self.blur(bank.blur(extent: rows, resolution: r), 1 << (scales - r), h, bank.blurScale),
        Self.blur(bank.blur(extent: columns, resolution: r), 1 << (scales - r), w, 1)
      )
    }
    var wavelets = resolutions.map { _ in [Buffer<Scalar>?]() }
    for j in 0..<scales {
      for θ in 0..<orientations {
        let ψ = bank.wavelet(scale: j, orientation: θ)
        for r in resolutions {
          let used = r == 0 || (maximumOrder == 2 && r < j)
          wavelets[r].append(used ? Buffer(bank.cropped(ψ, to: r).map { Scalar($0) }) : nil)
        }
      }
    }
    self.wavelets = wavelets
    (paths, secondOrderStart) = Self.tree(scales, orientations, maximumOrder)
  }

  /// The coefficients of a batch.
  ///
  /// - Parameter images: `[batch, height, width, channels]`, of this transform's height and width.
  /// - Returns: `[batch, channels · paths · h′ · w′]`.
  public func callAsFunction(_ images: Tensor<Scalar>) -> Tensor<Scalar> {
    require(
      images.rank == 4 && images.shape[1] == height && images.shape[2] == width,
      """
      ScatteringTransform: images of another size.
        images \(images.shape), filters for [batch, \(height), \(width), channels].
        To mend: build a ScatteringTransform for this height and width, channels last.
      """)
    let (batch, channels) = (images.shape[0], images.shape[3])
    let features = channels * paths.count * outputHeight * outputWidth
    let output = Buffer<Scalar>(uninitialized: batch * features)
    let lanes = Scalar.Vector.scalarCount
    let planes = batch * channels
    let groups = (planes + lanes - 1) / lanes
    // A few groups at a time, so that the spectra kept between the two passes stay few.
    for first in stride(from: 0, to: groups, by: 8) {
      let some = Array(first..<min(groups, first + 8))
      let fields = some.map { _ in Buffer<Scalar>(uninitialized: transforms[0].imageCount) }
      let spectra = some.map { _ in Buffer<Scalar>(uninitialized: transforms[0].halfSpectrumCount) }
      parallelFor(some.count) { i in
        gatherPlanes(
          images: images.buffer, height: height, width: width, channels: channels,
          firstPlane: some[i] * lanes, planes: planes, rows: paddedRows, columns: paddedColumns,
          into: fields[i])
        realFourierTransform2D(transforms[0], image: fields[i], into: spectra[i])
        blur(fields[i], resolution: 0, path: 0, group: some[i], planes, into: output)
      }
      let branches = scales * orientations
      parallelFor(some.count * branches) { i in
        scatter(
          spectra[i / branches], first: i % branches, group: some[i / branches], planes,
          into: output)
      }
    }
    return Tensor(shape: [batch, features], buffer: output)
  }

  /// U₁ for one first wavelet, its blur, and everything that follows from it.
  private func scatter(
    _ U0: Buffer<Scalar>, first: Int, group: Int, _ planes: Int, into output: Buffer<Scalar>
  ) {
    guard let ψ = wavelets[0][first] else { return }
    let j1 = first / orientations
    let fine = transforms[j1]
    let U1 = Buffer<Scalar>(uninitialized: fine.imageCount)
    waveletModulus(spectrum: U0, fine: transforms[0], filter: ψ, coarse: fine, into: U1)
    blur(U1, resolution: j1, path: 1 + first, group: group, planes, into: output)
    var path = secondOrderStart[first]
    guard path < secondOrderStart[first + 1] else { return }
    let spectrum = Buffer<Scalar>(uninitialized: fine.halfSpectrumCount)
    realFourierTransform2D(fine, image: U1, into: spectrum)
    for j2 in j1 + 1..<scales {
      let coarse = transforms[j2]
      let U2 = Buffer<Scalar>(uninitialized: coarse.imageCount)
      for ψ in wavelets[j1][j2 * orientations..<(j2 + 1) * orientations] {
        guard let ψ else { continue }
        waveletModulus(spectrum: spectrum, fine: fine, filter: ψ, coarse: coarse, into: U2)
        blur(U2, resolution: j2, path: path, group: group, planes, into: output)
        path += 1
      }
    }
  }

  /// S = U ⋆ φ, subsampled and cropped, into the planes of one group.
  private func blur(
    _ U: Buffer<Scalar>, resolution: Int, path: Int, group: Int, _ planes: Int,
    into output: Buffer<Scalar>
  ) {
    let pixels = outputHeight * outputWidth
    let lanes = Scalar.Vector.scalarCount
    separableLowPass(
      image: U, rows: blurs[resolution].rows, columns: blurs[resolution].columns, into: output,
      start: (group * lanes * paths.count + path) * pixels, planeStride: paths.count * pixels,
      planes: min(lanes, planes - group * lanes))
  }
}

extension ScatteringTransform {
  /// Rows of h, one for each output pixel kept: h(k(i + 1) − r), scaled.
  private static func blur(
    _ h: [Double], _ k: Int, _ outputs: Int, _ scale: Double
  ) -> PanelMatrix<Scalar> {
    PanelMatrix(rows: outputs, columns: h.count) { i, r in
      scale * h[((k * (i + 1) - r) % h.count + h.count) % h.count]
    }
  }

  /// Padding as index table: P(n) = (⌊n / 2^J⌋ + 2) 2^J entries, mirrored without repeating the edge.
  private static func reflected(_ extent: Int, _ scales: Int) -> [Int] {
    let padded = ((extent >> scales) + 2) << scales
    let before = (padded - extent) / 2
    let period = 2 * (extent - 1)
    return (0..<padded).map { at in
      let place = (at - before + period) % period
      return min(place, period - place)
    }
  }

  /// All paths in output order, and where each first wavelet's second-order paths start.
  private static func tree(_ J: Int, _ L: Int, _ maximumOrder: Int) -> (
    [ScatteringPath], starts: [Int]
  ) {
    let wavelets = (0..<J * L).map { ScatteringPath.Wavelet(scale: $0 / L, orientation: $0 % L) }
    var paths = [ScatteringPath(first: nil, second: nil)]
    paths += wavelets.map { ScatteringPath(first: $0, second: nil) }
    var starts = [paths.count]
    for first in wavelets {
      if maximumOrder == 2 {
        paths += wavelets.filter { $0.scale > first.scale }
          .map { ScatteringPath(first: first, second: $0) }
      }
      starts.append(paths.count)
    }
    return (paths, starts)
  }

  private static func validate(
    _ J: Int, _ L: Int, _ height: Int, _ width: Int, _ maximumOrder: Int
  ) throws(RepresentationError) {
    guard (1...4096).contains(height), (1...4096).contains(width) else {
      throw RepresentationError(
        "ScatteringTransform: images of \(height) × \(width) pixels. "
          + "To mend: a height and a width in 1...4096.")
    }
    let smaller = min(height, width)
    let largest = Int.bitWidth - 1 - smaller.leadingZeroBitCount  // ⌊log₂ smaller⌋
    guard J >= 1, J <= largest else {
      throw RepresentationError(
        "ScatteringTransform: scales J = \(J) for images of \(height) × \(width) pixels; "
          + "coefficients average over 2^J pixels, so 2^J must be at most \(smaller). To mend: "
          + (largest < 1 ? "larger images." : "J in 1...\(largest)."))
    }
    guard (1...256).contains(L) else {
      throw RepresentationError(
        "ScatteringTransform: orientations L = \(L). To mend: L in 1...256; the paper's is 8.")
    }
    guard maximumOrder == 1 || maximumOrder == 2 else {
      throw RepresentationError(
        "ScatteringTransform: maximum order \(maximumOrder). To mend: 1 or 2; the paper's is 2.")
    }
  }
}
