// One step of the scattering cascade: convolve with a wavelet, keep every k-th pixel, take the modulus.
//
// Source     Bruna & Mallat, IEEE TPAMI 35, 2013; the order of operations of kymatio's Scattering2D
// Formula    U = |F⁻¹ sub_k(X ψ̂)|
//            sub_k(Y)[p, q] = k⁻² Σ_{a, b < k} Y[p + a rows / k, q + b columns / k]
// Idea       Product, sub_k and the inverse transform along a row happen while the row is in the
//            first cache; the modulus is taken as a column leaves its transform. ψ̂ is real.
//            Of X only half is stored: X[p, q] for q > columns / 2 is conj X[−p, columns − q].
// Shapes     X [rows, columns / 2 + 1, 2, lanes], ψ̂ [rows, columns] → U [rows / k, columns / k, lanes]
// Read       RealFourierTransform2D.swift ← this file → SeparableLowPass.swift
// Tests      Tests/KernelsTests/WaveletModulusTests.swift

/// |F⁻¹ sub_k(X ψ̂)| for one group of images.
///
/// - Parameters:
///   - spectrum: X, the half spectrum of real images at the finer resolution.
///   - fine: Tables of the finer resolution.
///   - filter: ψ̂, `[rows, columns]` of the finer resolution, real.
///   - coarse: Tables of the resolution of the result; its extents divide the finer ones by one k.
///   - modulus: Receives U, `[rows / k, columns / k, lanes]`.
@specialized(where S == Float)
@specialized(where S == Double)
public func waveletModulus<S: KernelScalar>(
  spectrum: Buffer<S>, fine: FourierTransform2D<S>, filter: Buffer<S>,
  coarse: FourierTransform2D<S>, into modulus: Buffer<S>
) {
  let (rows, columns, lanes) = (coarse.rows, coarse.columns, S.Vector.scalarCount)
  let k = fine.rows / rows
  require(
    fine.rows == k * rows && fine.columns == k * columns && fine.columns % 2 == 0,
    """
    waveletModulus: \(rows) × \(columns) is not \(fine.rows) × \(fine.columns) subsampled.
      To mend: divide both (even) extents by the same whole number.
    """)
  requireExtent(spectrum, fine.halfSpectrumCount, "waveletModulus, spectrum")
  requireExtent(filter, fine.rows * fine.columns, "waveletModulus, filter")
  requireExtent(modulus, coarse.imageCount, "waveletModulus, result")
  let complexCount = 2 * rows * columns
  let workspace = Buffer<S>(
    uninitialized: (complexCount + 2 * max(rows, columns) + coarse.scratchVectors) * lanes)
  let Y = ComplexLanes<S>(real: workspace.vectors, imaginary: workspace.vectors + 1, stride: 2)
  let line = Y.advanced(by: rows * columns)
  let scratch = workspace.vectors + complexCount + 2 * max(rows, columns)
  let X = fine.halfSpectrum(spectrum)
  for p in 0..<rows {
    filterRow(X, fine, filter.pointer, row: p, rows, columns, k, into: line)
    let row = Y.advanced(by: p * columns)
    coarse.alongRow.forward(line.exchanged, into: row.exchanged, scratch: scratch)
  }
  // k⁻² of sub_k and (rows · columns)⁻¹ of the inverse transform, together.
  let scale = S.Vector(repeating: 1 / S(fine.rows * fine.columns))
  let U = modulus.vectors
  for q in 0..<columns {
    var column = Y.advanced(by: q)
    column.stride = 2 * columns
    coarse.alongColumn.forward(column.exchanged, into: line.exchanged, scratch: scratch)
    for p in 0..<rows {
      let y = line[p]
      let square = (y.real * y.real).addingProduct(y.imaginary, y.imaginary)
      U[p * columns + q] = square.squareRoot() * scale
    }
  }
}

/// Row `p` of k² sub_k(X ψ̂), four columns at a time so that an address serves four products.
@inline(__always)
private func filterRow<S: KernelScalar>(
  _ X: ComplexLanes<S>, _ fine: FourierTransform2D<S>, _ filter: UnsafePointer<S>,
  row p: Int, _ rows: Int, _ columns: Int, _ k: Int, into line: ComplexLanes<S>
) {
  let middle = fine.columns / 2 % columns
  var q = 0
  while q < columns {
    // Four columns if, in every copy b, they lie on one side of the middle; else one.
    let four = q + 4 <= columns && (q >= middle || q + 3 <= middle)
    let zero = ComplexVector<S>(.zero, .zero)
    var (y0, y1, y2, y3) = (zero, zero, zero, zero)
    for a in 0..<k {
      let P = p + a * rows
      let row = X.advanced(by: P * (fine.columns / 2 + 1))
      let mirrored = X.advanced(by: (P == 0 ? 0 : fine.rows - P) * (fine.columns / 2 + 1))
      for b in 0..<k {
        let Q = q + b * columns
        let f = filter + P * fine.columns + Q
        if 2 * (Q + (four ? 3 : 0)) <= fine.columns {
          let x = row.advanced(by: Q)
          y0 = y0.adding(f[0], times: x[0])
          guard four else { continue }
          y1 = y1.adding(f[1], times: x[1])
          y2 = y2.adding(f[2], times: x[2])
          y3 = y3.adding(f[3], times: x[3])
        } else {
          let x = mirrored.advanced(by: fine.columns - Q)
          y0 = y0.adding(f[0], times: x[0].conjugate)
          guard four else { continue }
          y1 = y1.adding(f[1], times: x[-1].conjugate)
          y2 = y2.adding(f[2], times: x[-2].conjugate)
          y3 = y3.adding(f[3], times: x[-3].conjugate)
        }
      }
    }
    line[q] = y0
    if four { (line[q + 1], line[q + 2], line[q + 3]) = (y1, y2, y3) }
    q += four ? 4 : 1
  }
}

/// The definition, a sum over frequencies for every pixel: what `waveletModulus` is tested against.
///
/// - Parameters:
///   - image: `[rows, columns, lanes]`, the images themselves.
///   - rows: Extent along the first axis.
///   - columns: Extent along the second axis.
///   - filter: ψ̂, `[rows, columns]`.
///   - k: Subsampling, a divisor of both extents.
/// - Returns: `[rows / k, columns / k, lanes]`.
/// - Complexity: O((rows · columns)²).
public func waveletModulusReference<S: KernelScalar>(
  image: Buffer<S>, rows: Int, columns: Int, filter: Buffer<S>, subsampling k: Int
) -> Buffer<S> {
  let lanes = S.Vector.scalarCount
  let (x, f) = (image.array, filter.array)
  // ψ(u) = (rows · columns)⁻¹ Σ ψ̂ exp(+2πi …), then a circular convolution at every k-th pixel.
  var wavelet = [(S, S)](repeating: (0, 0), count: rows * columns)
  for (u, _) in wavelet.enumerated() {
    for (v, weight) in f.enumerated() {
      let a = rootOfUnity(-(u / columns) * (v / columns), of: rows)
      let b = rootOfUnity(-(u % columns) * (v % columns), of: columns)
      let w = weight / S(rows * columns)
      wavelet[u].0 += w * S(a.real * b.real - a.imaginary * b.imaginary)
      wavelet[u].1 += w * S(a.real * b.imaginary + a.imaginary * b.real)
    }
  }
  let result = Buffer<S>(uninitialized: rows / k * (columns / k) * lanes)
  for i in 0..<rows / k {
    for j in 0..<columns / k {
      for lane in 0..<lanes {
        var sum = (S(0), S(0))
        for u in 0..<rows * columns {
          let r = (k * i - u / columns + rows) % rows
          let c = (k * j - u % columns + columns) % columns
          let value = x[(r * columns + c) * lanes + lane]
          sum.0 += value * wavelet[u].0
          sum.1 += value * wavelet[u].1
        }
        result[(i * (columns / k) + j) * lanes + lane] =
          (sum.0 * sum.0 + sum.1 * sum.1).squareRoot()
      }
    }
  }
  return result
}
