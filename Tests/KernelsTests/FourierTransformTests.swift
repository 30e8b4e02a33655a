import Kernels
import Testing

@Suite("Fourier transform") struct FourierTransformTests {
  /// A deterministic signal with no symmetry, different in every lane.
  static func signal<S: KernelScalar>(_ count: Int, seed: Int) -> [S] {
    (0..<count).map { S((37 * ($0 + seed) + 11) % 101 + ($0 * $0) % 7) / 101 - S(0.5) }
  }

  static func worst<S: KernelScalar>(_ a: Buffer<S>, _ b: Buffer<S>) -> S {
    zip(a.array, b.array).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  static func errorAgainstReference<S: KernelScalar>(_ n: Int, inverse: Bool, _: S.Type) -> S {
    let total = 2 * n * S.Vector.scalarCount
    let (x, y): ([S], [S]) = (signal(total, seed: 3), signal(total, seed: 50))
    let fast = (Buffer(x), Buffer(y))
    let slow = (Buffer(x), Buffer(y))
    fourierTransform(
      FourierTransform(count: n), real: fast.0, imaginary: fast.1, signals: 2, inverse: inverse)
    fourierTransformReference(
      count: n, real: slow.0, imaginary: slow.1, signals: 2, inverse: inverse)
    return max(worst(fast.0, slow.0), worst(fast.1, slow.1))
  }

  @Test("every length from 1 to 64, 104 and 232 agrees with the sum that defines it, in Double")
  func ladderInDouble() {
    for n in Array(1...64) + [104, 232] {
      #expect(
        Self.errorAgainstReference(n, inverse: false, Double.self) < 1e-14 * Double(n), "\(n)")
      #expect(Self.errorAgainstReference(n, inverse: true, Double.self) < 1e-14, "inverse, \(n)")
    }
  }

  @Test("Float agrees with the definition", arguments: [1, 2, 3, 4, 5, 13, 29, 40, 52, 60, 104])
  func ladderInFloat(n: Int) {
    #expect(Self.errorAgainstReference(n, inverse: false, Float.self) < 4e-6 * Float(n))
    #expect(Self.errorAgainstReference(n, inverse: true, Float.self) < 4e-6)
  }

  @Test(
    "the inverse undoes the transform and energy is kept", arguments: [(40, 52), (13, 26), (1, 6)])
  func roundTrip(rows: Int, columns: Int) {
    let total = rows * columns * Double.Vector.scalarCount
    let x: [Double] = Self.signal(total, seed: 1)
    let y: [Double] = Self.signal(total, seed: 9)
    let (real, imaginary) = (Buffer(x), Buffer(y))
    let transform = FourierTransform2D<Double>(rows: rows, columns: columns)
    fourierTransform2D(transform, real: real, imaginary: imaginary)
    let energy = zip(x, y).reduce(0) { $0 + $1.0 * $1.0 + $1.1 * $1.1 }
    let spectral = zip(real.array, imaginary.array).reduce(0) { $0 + $1.0 * $1.0 + $1.1 * $1.1 }
    #expect(abs(spectral / Double(rows * columns) / energy - 1) < 1e-13)
    fourierTransform2D(transform, real: real, imaginary: imaginary, inverse: true)
    #expect(max(Self.worst(real, Buffer(x)), Self.worst(imaginary, Buffer(y))) < 1e-14)
  }

  @Test("a shift in space is a turn in frequency", arguments: [12, 35, 104])
  func shift(n: Int) {
    let lanes = Double.Vector.scalarCount
    let x: [Double] = Self.signal(n * lanes, seed: 4)
    let by = 5
    let shifted = (0..<n * lanes).map { x[($0 + (n - by) * lanes) % (n * lanes)] }
    let (a, b) = (Buffer(x), Buffer(repeating: Double(0), count: n * lanes))
    let (c, d) = (Buffer(shifted), Buffer(repeating: Double(0), count: n * lanes))
    let transform = FourierTransform<Double>(count: n)
    fourierTransform(transform, real: a, imaginary: b, signals: 1)
    fourierTransform(transform, real: c, imaginary: d, signals: 1)
    for k in 0..<n {
      let w = rootOfUnity(k * by, of: n)
      for i in k * lanes..<(k + 1) * lanes {
        #expect(abs(c[i] - (a[i] * w.real - b[i] * w.imaginary)) < 1e-12)
        #expect(abs(d[i] - (a[i] * w.imaginary + b[i] * w.real)) < 1e-12)
      }
    }
  }

  @Test("the transform of a sum is the sum of the transforms")
  func linearity() {
    let (n, lanes) = (52, Double.Vector.scalarCount)
    let transform = FourierTransform<Double>(count: n)
    func spectrum(_ x: [Double]) -> [Double] {
      let (real, imaginary) = (Buffer(x), Buffer(repeating: Double(0), count: x.count))
      fourierTransform(transform, real: real, imaginary: imaginary, signals: 1)
      return real.array + imaginary.array
    }
    let x: [Double] = Self.signal(n * lanes, seed: 4)
    let y: [Double] = Self.signal(n * lanes, seed: 31)
    let sum = spectrum(zip(x, y).map { 2 * $0 - 3 * $1 })
    let parts = zip(spectrum(x), spectrum(y)).map { 2 * $0 - 3 * $1 }
    #expect(zip(sum, parts).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test("quarter turns are exact and mirrored roots are equal to the bit")
  func roots() {
    #expect(rootOfUnity(26, of: 104) == (0, -1))
    #expect(rootOfUnity(-52, of: 104) == (-1, 0))
    for k in 0..<104 {
      let (a, b) = (rootOfUnity(k, of: 104), rootOfUnity(104 - k, of: 104))
      #expect(a.real == b.real && a.imaginary == -b.imaginary)
      let c = rootOfUnity(52 - k, of: 104)
      #expect(c.real == -a.real && c.imaginary == a.imaginary)
    }
  }
}
