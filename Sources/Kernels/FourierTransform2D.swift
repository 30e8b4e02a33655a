// The Fourier transform of images: along the rows, then along the columns.
//
// Formula    X[p, q] = Σᵣ Σ꜀ x[r, c] exp(−2πi (pr / rows + qc / columns))
// Shapes     real and imaginary part: [rows, columns, lanes] each
// Read       FourierTransform.swift ← this file → WaveletModulus.swift
// Tests      Tests/KernelsTests/FourierTransformTests.swift

/// Tables for images of one size.
public final class FourierTransform2D<Scalar: KernelScalar>: Sendable {
  /// Extent along the first axis.
  public var rows: Int { alongColumn.count }
  /// Extent along the second axis.
  public var columns: Int { alongRow.count }
  let alongRow: FourierTransform<Scalar>
  let alongColumn: FourierTransform<Scalar>

  /// Computes the tables for images of `rows` × `columns`, both at least 1.
  public init(rows: Int, columns: Int) {
    alongRow = FourierTransform(count: columns)
    alongColumn = FourierTransform(count: rows)
  }

  /// Vectors of scratch either direction needs.
  var scratchVectors: Int { max(alongRow.scratchVectors, alongColumn.scratchVectors) }
}

/// Transforms one group of images in place.
///
/// - Parameters:
///   - transform: Tables for the size.
///   - real: `[rows, columns, lanes]` real parts.
///   - imaginary: `[rows, columns, lanes]` imaginary parts.
///   - inverse: Whether to go back, dividing by `rows · columns`.
@specialized(where S == Float)
@specialized(where S == Double)
public func fourierTransform2D<S: KernelScalar>(
  _ transform: FourierTransform2D<S>, real: Buffer<S>, imaginary: Buffer<S>, inverse: Bool = false
) {
  let (rows, columns, lanes) = (transform.rows, transform.columns, S.Vector.scalarCount)
  requireExtent(real, rows * columns * lanes, "fourierTransform2D, real part")
  requireExtent(imaginary, rows * columns * lanes, "fourierTransform2D, imaginary part")
  let workspace = Buffer<S>(uninitialized: transform.scratchVectors * lanes)
  let whole = ComplexLanes<S>(real: real.vectors, imaginary: imaginary.vectors, stride: 1)
  let image = inverse ? whole.exchanged : whole
  for r in 0..<rows {
    let row = image.advanced(by: r * columns)
    transform.alongRow.forward(row, into: row, scratch: workspace.vectors)
  }
  for c in 0..<columns {
    var column = image.advanced(by: c)
    column.stride = columns
    transform.alongColumn.forward(column, into: column, scratch: workspace.vectors)
  }
  guard inverse else { return }
  let scale = S.Vector(repeating: 1 / S(rows * columns))
  for k in 0..<rows * columns {
    whole.real[k] *= scale
    whole.imaginary[k] *= scale
  }
}
