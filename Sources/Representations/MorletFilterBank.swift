// The wavelets of the scattering transform, and its blur, as kymatio defines them.
//
// Source     Bruna & Mallat, IEEE TPAMI 35, 2013; the filters of kymatio 0.3, `scattering2d/filter_bank`
// Formula    g(v)  = (2 · 3.1415 σ² / s)⁻¹ Σₑ exp(−vᵀ C v + iξ (v₁ cos θ + v₂ sin θ)),
//                    v = u + (e₁ rows, e₂ columns), e₁, e₂ = −2…2        made periodic
//            C     = R_θ diag(1, s²) R_θᵀ / 2σ²
//            ψ     = g_ξ − κ g₀ with κ = Σ g_ξ / Σ g₀                      sums to zero
//            ψ̂     = Re F(ψ)
//            φ     = g with θ = ξ = 0, s = 1: a Gaussian, so it is the product of a row and a column
// Shapes     ψ̂ [rows, columns] in row-major order; h [rows]
// Errata     3.1415 is kymatio's rounding of π, kept because every coefficient carries it. The row
//            coordinate goes with cos θ. kymatio builds the filters in single precision, this file
//            in double: coefficients differ by about 1e-7.
// Read       this file → ScatteringTransform.swift
// Tests      Tests/RepresentationsTests/ScatteringTransformTests.swift

import Kernels

/// Filters for one padded image size, in double precision.
struct MorletFilterBank {
  let scales: Int
  let orientations: Int
  let rows: Int
  let columns: Int

  private static let roundedPi = 3.1415  // kymatio's gabor_2d
  private static let baseWidth = 0.8  // σ₀ in pixels, kymatio's filter_bank

  /// ψ̂ of scale `j` and orientation `θ` at full resolution.
  func wavelet(scale j: Int, orientation: Int) -> [Double] {
    let σ = Self.baseWidth * Double(1 << j)
    let ξ = 0.75 * .pi / Double(1 << j)  // radians a pixel
    let s = 4 / Double(orientations)
    // Towards zero, as the Python original rounds an odd count.
    let θ = Double((orientations - 2) / 2 - orientation) * .pi / Double(orientations)
    let (wave, envelope) = gabor(σ: σ, θ: θ, ξ: ξ, s: s)
    let total = envelope.reduce(0, +)
    let κ = (real: wave.real.reduce(0, +) / total, imaginary: wave.imaginary.reduce(0, +) / total)
    return realSpectrum(
      zip(wave.real, envelope).map { $0 - κ.real * $1 },
      zip(wave.imaginary, envelope).map { $0 - κ.imaginary * $1 })
  }

  /// g_ξ and g₀, which share their envelope.
  private func gabor(σ: Double, θ: Double, ξ: Double, s: Double) -> (
    wave: (real: [Double], imaginary: [Double]), envelope: [Double]
  ) {
    let (c, d) = (Elementary.cosine(θ), Elementary.sine(θ))
    let C11 = (c * c + s * s * d * d) / (2 * σ * σ)
    let C12 = (c * d - s * s * c * d) / (2 * σ * σ)
    let C22 = (d * d + s * s * c * c) / (2 * σ * σ)
    let norm = 1 / (2 * Self.roundedPi * σ * σ / s)
    var real = [Double](repeating: 0, count: rows * columns)
    var (imaginary, envelope) = (real, real)
    for r in -2 * rows..<3 * rows {
      for k in -2 * columns..<3 * columns {
        let (v1, v2) = (Double(r), Double(k))
        let exponent = C11 * v1 * v1 + 2 * C12 * v1 * v2 + C22 * v2 * v2
        if exponent > 700 { continue }  // below the smallest double that matters
        let height = norm * Elementary.exponential(-exponent)
        let phase = ξ * (v1 * c + v2 * d)
        let at = (r + 2 * rows) % rows * columns + (k + 2 * columns) % columns
        envelope[at] += height
        real[at] += height * Elementary.cosine(phase)
        imaginary[at] += height * Elementary.sine(phase)
      }
    }
    return ((real, imaginary), envelope)
  }

  /// Re F of a complex image.
  private func realSpectrum(_ real: [Double], _ imaginary: [Double]) -> [Double] {
    let lanes = Double.Vector.scalarCount  // the filter travels in the first lane, alone
    var (x, y) = (
      [Double](repeating: 0, count: rows * columns * lanes),
      [Double](repeating: 0, count: rows * columns * lanes)
    )
    for at in 0..<rows * columns { (x[at * lanes], y[at * lanes]) = (real[at], imaginary[at]) }
    let (re, im) = (Buffer(x), Buffer(y))
    fourierTransform2D(FourierTransform2D(rows: rows, columns: columns), real: re, imaginary: im)
    let spectrum = re.array
    return (0..<rows * columns).map { spectrum[$0 * lanes] }
  }

  /// A filter at a resolution of 2^`resolution` pixels: the frequencies that grid can hold.
  ///
  /// kymatio zeroes the others and folds the rest onto the small grid, which meets no overlap: the
  /// frequencies −half…half − 1 stay, in the order of the transform.
  func cropped(_ filter: [Double], to resolution: Int) -> [Double] {
    let (m, n) = (rows >> resolution, columns >> resolution)
    return (0..<m * n).map { at in
      let (p, q) = (at / n, at % n)
      return filter[Self.place(p, m, rows) * columns + Self.place(q, n, columns)]
    }
  }

  /// Where frequency index `p` of a grid of `m` lies on a grid of `rows`.
  private static func place(_ p: Int, _ m: Int, _ rows: Int) -> Int {
    2 * p < m ? p : rows - m + p
  }

  /// h along an axis of `extent` pixels at full resolution: F⁻¹ of φ̂'s factor, cropped to `resolution`.
  ///
  /// Its square on both axes is φ up to `blurScale`.
  func blur(extent: Int, resolution: Int) -> [Double] {
    let σ = Self.baseWidth * Double(1 << (scales - 1))
    let gaussian = (0..<extent).map { r in
      (-2...2).reduce(0.0) { sum, e in
        let v = Double(r + e * extent)
        return sum + Elementary.exponential(-(v * v) / (2 * σ * σ))
      }
    }
    let spectrum = (0..<extent).map { p in
      gaussian.indices.reduce(0.0) { $0 + gaussian[$1] * rootOfUnity(p * $1, of: extent).real }
    }
    let m = extent >> resolution
    return (0..<m).map { x in
      (0..<m).reduce(0.0) {
        $0 + spectrum[Self.place($1, m, extent)] * rootOfUnity($1 * x, of: m).real / Double(m)
      }
    }
  }

  /// The norming constant of φ, 1 / (2 · 3.1415 σ²), to be applied once.
  var blurScale: Double {
    let σ = Self.baseWidth * Double(1 << (scales - 1))
    return 1 / (2 * Self.roundedPi * σ * σ)
  }
}
