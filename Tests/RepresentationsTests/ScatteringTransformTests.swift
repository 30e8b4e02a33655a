import Kernels
import Representations
import Tensors
import Testing

@Suite("Scattering transform") struct ScatteringTransformTests {
  static func transform<S>(of c: ScatteringCase, _: S.Type) throws -> ScatteringTransform<S> {
    try ScatteringTransform<S>(
      scales: c.scales, orientations: c.orientations, height: c.height, width: c.width,
      maximumOrder: c.order)
  }

  @Test("golden: agrees with an independent program for several J, L and sizes, in both scalars")
  func golden() throws {
    for c in try Fixtures.load().scattering {
      let name = "\(c.height) × \(c.width), J \(c.scales), L \(c.orientations)"
      let exact = try Self.transform(of: c, Double.self)(
        fixtureImages(c.batch, c.height, c.width, of: Double.self))
      #expect(exact.shape == [c.batch, c.count / c.batch], "\(name)")
      #expect(c.worstError(of: exact) < 1e-10, "\(name)")
      let single = try Self.transform(of: c, Float.self)(
        fixtureImages(c.batch, c.height, c.width, of: Float.self))
      #expect(c.worstError(of: single) < 2e-5, "\(name)")
      let y = exact.scalars
      for (at, value) in zip(c.indices, c.kymatio) {
        #expect(abs(y[at] - value) < 1e-6, "kymatio, \(name), coefficient \(at)")
      }
    }
  }

  @Test("golden: the numbers of case G3")
  func goldenG3() throws {
    let S = try ScatteringTransform<Double>(height: 32, width: 32)(g3Image()).scalars
    func at(_ path: Int) -> Double { S[path * 64 + 4 * 8 + 4] }
    let values: [(path: Int, value: Double)] = [
      (0, 0.483_628_917_1), (1, 0.035_373_589_9), (9, 0.016_229_045_0), (17, 0.001_018_258_4),
      (80, 0.000_234_167_0),
    ]
    for (path, value) in values { #expect(abs(at(path) - value) < 1e-10, "path \(path)") }
    #expect(abs(S[0..<81 * 64].reduce(0, +) - 96.569938) < 1e-6)
  }

  @Test("paths are ordered by order, then first, then second wavelet")
  func paths() throws {
    let paths = try ScatteringTransform<Float>(height: 32, width: 32).paths
    #expect(paths.count == 81)
    #expect(
      paths.map(\.order) == [0] + Array(repeating: 1, count: 16) + Array(repeating: 2, count: 64))
    #expect(paths[1 + 8 + 3].first == ScatteringPath.Wavelet(scale: 1, orientation: 3))
    #expect(paths[17 + 8 * 5 + 2].first == ScatteringPath.Wavelet(scale: 0, orientation: 5))
    #expect(paths[17 + 8 * 5 + 2].second == ScatteringPath.Wavelet(scale: 1, orientation: 2))
    let deeper = try ScatteringTransform<Float>(scales: 3, orientations: 4, height: 32, width: 32)
    #expect(deeper.paths.count == 1 + 4 * 3 + 16 * 3)
  }

  @Test("a constant image is its own average, and no wavelet sees it")
  func constant() throws {
    let S = try ScatteringTransform<Double>(scales: 3, height: 40, width: 24)
    let y = S(Tensor([1, 40, 24, 1], repeating: 2)).scalars
    let pixels = S.outputHeight * S.outputWidth
    // φ̂(0) = π / 3.1415: kymatio's rounding of π shows here.
    #expect(y[0..<pixels].allSatisfy { abs($0 - 2 * Double.pi / 3.1415) < 1e-5 })
    #expect(y[pixels...].allSatisfy { abs($0) < 1e-14 })
  }

  @Test("a shift by one pixel moves the coefficients less than the pixels")
  func translation() throws {
    let scattering = try ScatteringTransform<Double>(scales: 3, height: 64, width: 64)
    func blob(at centre: Double) -> Tensor<Double> {
      Tensor(
        [1, 64, 64, 1],
        (0..<64 * 64).map {
          let (i, j) = (Double($0 / 64) - 31, Double($0 % 64) - centre)
          return i * i + j * j < 40 ? 1 : 0
        })
    }
    func change(_ f: (Tensor<Double>) -> Tensor<Double>) -> Double {
      let (x, y) = (f(blob(at: 30)).scalars, f(blob(at: 31)).scalars)
      let difference = zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return (difference / x.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }
    #expect(change { scattering($0) } < 0.4 * change { rawPixels($0) })
  }

  @Test("an image's coefficients do not depend on the batch around it")
  func batches() throws {
    let scattering = try ScatteringTransform<Float>(height: 16, width: 20)
    let many = fixtureImages(19, 16, 20, of: Float.self)
    let all = scattering(many)
    for image in [0, 7, 18] {
      let pixels = 16 * 20 * 3
      let one = scattering(
        Tensor([1, 16, 20, 3], Array(many.scalars[image * pixels..<(image + 1) * pixels])))
      let features = one.count
      #expect(one.scalars == Array(all.scalars[image * features..<(image + 1) * features]))
    }
    #expect(scattering(Tensor.zeros([0, 16, 20, 3])).shape == [0, all.shape[1]])
  }

  @Test("a setting that cannot be met is refused with its remedy")
  func messages() {
    let error = #expect(throws: RepresentationError.self) {
      try ScatteringTransform<Float>(scales: 5, height: 20, width: 64)
    }
    #expect(error?.description.contains("J = 5") == true)
    #expect(error?.description.contains("To mend: J in 1...4.") == true)
    for (J, L, height, order) in [
      (0, 8, 32, 2), (2, 0, 32, 2), (1, 8, 1, 2), (2, 8, 32, 3), (2, 8, -4, 2),
    ] {
      #expect(throws: RepresentationError.self) {
        try ScatteringTransform<Float>(
          scales: J, orientations: L, height: height, width: 32, maximumOrder: order)
      }
    }
  }
}
