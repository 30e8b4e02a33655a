import Kernels
import Testing

@Suite("Wavelet modulus") struct WaveletModulusTests {
  static let lanes = Double.Vector.scalarCount

  static func worst(_ a: [Double], _ b: [Double]) -> Double {
    #expect(a.count == b.count)
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(
    "the half spectrum is the left half of the whole one", arguments: [(4, 6), (10, 8), (2, 2)])
  func halfSpectrum(rows: Int, columns: Int) {
    let transform = FourierTransform2D<Double>(rows: rows, columns: columns)
    let image: [Double] = FourierTransformTests.signal(transform.imageCount, seed: 7)
    let half = Buffer<Double>(uninitialized: transform.halfSpectrumCount)
    realFourierTransform2D(transform, image: Buffer(image), into: half)
    let (real, imaginary) = (Buffer(image), Buffer(repeating: 0.0, count: image.count))
    fourierTransform2D(transform, real: real, imaginary: imaginary)
    for r in 0..<rows {
      for q in 0...columns / 2 {
        for lane in 0..<Self.lanes {
          let at = ((r * (columns / 2 + 1) + q) * 2) * Self.lanes + lane
          let whole = (r * columns + q) * Self.lanes + lane
          #expect(abs(half[at] - real[whole]) < 1e-13)
          #expect(abs(half[at + Self.lanes] - imaginary[whole]) < 1e-13)
        }
      }
    }
  }

  @Test("agrees with the circular convolution it abbreviates", arguments: [1, 2, 4])
  func ladder(k: Int) {
    let (rows, columns) = (8, 12)
    let fine = FourierTransform2D<Double>(rows: rows, columns: columns)
    let coarse = FourierTransform2D<Double>(rows: rows / k, columns: columns / k)
    let image = Buffer<Double>(FourierTransformTests.signal(fine.imageCount, seed: 2))
    let filter = Buffer<Double>(FourierTransformTests.signal(rows * columns, seed: 5))
    let spectrum = Buffer<Double>(uninitialized: fine.halfSpectrumCount)
    let modulus = Buffer<Double>(uninitialized: coarse.imageCount)
    realFourierTransform2D(fine, image: image, into: spectrum)
    waveletModulus(spectrum: spectrum, fine: fine, filter: filter, coarse: coarse, into: modulus)
    let expected = waveletModulusReference(
      image: image, rows: rows, columns: columns, filter: filter, subsampling: k)
    #expect(Self.worst(modulus.array, expected.array) < 1e-13)
  }

  @Test(
    "the low-pass is the product A U Bᵀ, lane by lane", arguments: [(1, 1), (3, 5), (8, 4), (6, 9)])
  func lowPass(outputRows: Int, outputColumns: Int) {
    let (rows, columns) = (7, 10)
    func a(_ i: Int, _ r: Int) -> Double { Double((5 * i + 3 * r) % 11 - 4) }
    func b(_ j: Int, _ c: Int) -> Double { Double((7 * j + 2 * c) % 13 - 6) }
    let A = PanelMatrix<Double>(rows: outputRows, columns: rows, element: a)
    let B = PanelMatrix<Double>(rows: outputColumns, columns: columns, element: b)
    let image: [Double] = FourierTransformTests.signal(rows * columns * Self.lanes, seed: 3)
    let stride = outputRows * outputColumns + 2
    let planes = Self.lanes - 1
    let output = Buffer<Double>(repeating: -1, count: stride * planes + 1)
    separableLowPass(
      image: Buffer(image), rows: A, columns: B, into: output, start: 1, planeStride: stride,
      planes: planes)
    for plane in 0..<planes {
      for i in 0..<outputRows {
        for j in 0..<outputColumns {
          var sum = 0.0
          for r in 0..<rows {
            for c in 0..<columns {
              sum += a(i, r) * b(j, c) * image[(r * columns + c) * Self.lanes + plane]
            }
          }
          #expect(abs(output[1 + plane * stride + i * outputColumns + j] - sum) < 1e-9)
        }
      }
      #expect(output[(plane + 1) * stride] == -1)  // between the planes nothing is touched
    }
  }
}
