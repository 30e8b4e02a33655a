import Kernels
import Representations
import Tensors
import Testing

@Suite("Local standard deviation") struct LocalStandardDeviationTests {
  @Test("golden: agrees with kornia's box blur, both scalars")
  func golden() throws {
    for c in try Fixtures.load().deviations {
      let exact = localStandardDeviation(fixtureImages(c.batch, c.height, c.width, of: Double.self))
      #expect(exact.shape == [c.batch, c.count / c.batch])
      #expect(c.worstError(of: exact) < 1e-10, "\(c.height) × \(c.width)")
      let single = localStandardDeviation(fixtureImages(c.batch, c.height, c.width, of: Float.self))
      #expect(c.worstError(of: single) < 1e-5, "\(c.height) × \(c.width)")
    }
  }

  @Test("golden: the numbers of case G3")
  func goldenG3() {
    let y = localStandardDeviation(g3Image()).scalars
    #expect(abs(y[0] - 0.1158100) < 1e-7 && abs(y[330] - 0.3140243) < 1e-7)
    #expect(abs(y.reduce(0, +) - 824.7142) < 5e-4)
  }

  @Test("a constant image has the deviation 1e-4, however bright, also in Float")
  func constant() {
    for brightness: Float in [0, 0.3, 2.64, -1000] {
      let y = localStandardDeviation(Tensor([1, 5, 9, 3], repeating: brightness)).scalars
      #expect(y.allSatisfy { abs($0 - 1e-4) < 1e-10 })
    }
  }

  @Test("adding a constant changes nothing and scaling scales")
  func invariance() {
    let x = fixtureImages(1, 12, 10, of: Double.self)
    let moved = Tensor(x.shape, x.scalars.map { 4 * $0 + 3 })
    for (a, b) in zip(localStandardDeviation(x).scalars, localStandardDeviation(moved).scalars) {
      #expect(abs(16 * (a * a - 1e-8) - (b * b - 1e-8)) < 1e-12)
    }
  }
}
