// The Fourier transform of real images: half the work, and half the numbers.
//
// Formula    X[−p, −q] = conj X[p, q] for real x, so columns 0 … columns / 2 say everything
// Idea       Two real rows a, b travel as one complex row z = a + ib and are told apart afterwards:
//            A[q] = (Z[q] + conj Z[−q]) / 2,  B[q] = (Z[q] − conj Z[−q]) / 2i.
// Shapes     image [rows, columns, lanes] → half spectrum [rows, columns / 2 + 1, 2, lanes], where the
//            axis of extent 2 is real, imaginary
// Read       FourierTransform2D.swift ← this file → WaveletModulus.swift
// Tests      Tests/KernelsTests/WaveletModulusTests.swift

extension FourierTransform2D {
  /// Number of scalars in the half spectrum of one group of real images.
  public var halfSpectrumCount: Int {
    rows * (columns / 2 + 1) * 2 * Scalar.Vector.scalarCount
  }

  /// Number of scalars in one group of real images.
  public var imageCount: Int { rows * columns * Scalar.Vector.scalarCount }

  /// The half spectrum in `buffer` as complex numbers, row by row.
  func halfSpectrum(_ buffer: Buffer<Scalar>) -> ComplexLanes<Scalar> {
    ComplexLanes(real: buffer.vectors, imaginary: buffer.vectors + 1, stride: 2)
  }
}

/// The half spectrum of one group of real images.
///
/// - Parameters:
///   - transform: Tables for the size; both extents even.
///   - image: `[rows, columns, lanes]`.
///   - spectrum: Receives `[rows, columns / 2 + 1, 2, lanes]`.
@specialized(where S == Float)
@specialized(where S == Double)
public func realFourierTransform2D<S: KernelScalar>(
  _ transform: FourierTransform2D<S>, image: Buffer<S>, into spectrum: Buffer<S>
) {
  let (rows, columns, lanes) = (transform.rows, transform.columns, S.Vector.scalarCount)
  let half = columns / 2 + 1
  require(
    rows % 2 == 0 && columns % 2 == 0,
    "realFourierTransform2D: \(rows) × \(columns). To mend: pad both extents to even numbers.")
  requireExtent(image, transform.imageCount, "realFourierTransform2D, image")
  requireExtent(spectrum, transform.halfSpectrumCount, "realFourierTransform2D, spectrum")
  let workspace = Buffer<S>(uninitialized: (2 * columns + transform.scratchVectors) * lanes)
  let Z = ComplexLanes<S>(real: workspace.vectors, imaginary: workspace.vectors + 1, stride: 2)
  let scratch = workspace.vectors + 2 * columns
  let x = image.vectors
  let X = transform.halfSpectrum(spectrum)
  for r in stride(from: 0, to: rows, by: 2) {
    let pair = ComplexLanes<S>(real: x + r * columns, imaginary: x + (r + 1) * columns, stride: 1)
    transform.alongRow.forward(pair, into: Z, scratch: scratch)
    let (A, B) = (X.advanced(by: r * half), X.advanced(by: (r + 1) * half))
    for q in 0..<half {
      let (z, mirror) = (Z[q], Z[q == 0 ? 0 : columns - q])
      A[q] = ComplexVector(
        (z.real + mirror.real) * 0.5, (z.imaginary - mirror.imaginary) * 0.5)
      B[q] = ComplexVector(
        (z.imaginary + mirror.imaginary) * 0.5, (mirror.real - z.real) * 0.5)
    }
  }
  for q in 0..<half {
    var column = X.advanced(by: q)
    column.stride = 2 * half
    transform.alongColumn.forward(column, into: column, scratch: scratch)
  }
}
