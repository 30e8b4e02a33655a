import Kernels
import Representations
import Tensors
import Testing

@Suite("Histogram of oriented gradients") struct HistogramOfOrientedGradientsTests {
  @Test("golden: agrees with an independent program, both variants, both scalars")
  func golden() throws {
    for c in try Fixtures.load().gradients {
      let variant: GradientVoting = c.released ? .releasedCode : .interpolated
      let exact = histogramOfOrientedGradients(
        fixtureImages(c.batch, c.height, c.width, of: Double.self), bins: c.bins, pool: c.cell,
        variant: variant)
      #expect(exact.shape == [c.batch, c.count / c.batch])
      #expect(c.worstError(of: exact) < 1e-12, "\(c.height) × \(c.width), \(variant)")
      let single = histogramOfOrientedGradients(
        fixtureImages(c.batch, c.height, c.width, of: Float.self), bins: c.bins, pool: c.cell,
        variant: variant)
      #expect(c.worstError(of: single) < 1e-5, "\(c.height) × \(c.width), \(variant)")
    }
  }

  @Test("golden: the numbers of case G3")
  func goldenG3() {
    // Channel 0, cell (1, 1) of 4 × 4.
    func cell(_ y: [Double], _ bin: Int) -> Double { y[bin * 16 + 5] }
    let paper = histogramOfOrientedGradients(g3Image()).scalars
    for (bin, value) in [
      (8, 0.534589), (9, 0.680694), (10, 0.135780), (11, 0.131508), (14, 0.165869), (15, 0.140158),
      (0, 0), (23, 0),
    ] { #expect(abs(cell(paper, bin) - value) < 1e-6, "bin \(bin)") }
    #expect(abs(paper.reduce(0, +) - 85.579474) < 1e-6)
    let released = histogramOfOrientedGradients(g3Image(), variant: .releasedCode).scalars
    for (bin, value) in [
      (0, 0), (1, 0.26729), (2, -0.06416), (3, 1.21528), (4, -0.66841), (5, 0), (20, 0),
      (21, 0.30603), (22, -0.05603), (23, 0),
    ] { #expect(abs(cell(released, bin) - value) < 1e-5, "released, bin \(bin)") }
  }

  @Test("in the released variant the bins of every cell sum to 1")
  func releasedSum() {
    let y = histogramOfOrientedGradients(
      fixtureImages(2, 24, 40, of: Double.self), variant: .releasedCode
    ).scalars
    for histogram in 0..<2 * 3 {
      for cell in 0..<15 {
        let sum = (0..<24).reduce(0) { $0 + y[(histogram * 24 + $1) * 15 + cell] }
        #expect(abs(sum - 1) < 1e-12)
      }
    }
  }

  @Test("a ramp votes with its slope, in the bin of its direction", arguments: 0..<4)
  func ramp(eighth: Int) {
    // Slope 1/4 a pixel along 0°, 45°, 90°, 135°; the Sobel-like weights sum to 8.
    let (di, dj) = [(0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (1.0, -1.0)][eighth]
    let image = Tensor<Double>(
      [1, 24, 24, 1], (0..<576).map { (di * Double($0 / 24) + dj * Double($0 % 24)) / 4 })
    let y = histogramOfOrientedGradients(image).scalars
    let m = 8 * (di * di + dj * dj).squareRoot() / 4
    for bin in 0..<24 {
      #expect(abs(y[bin * 9 + 4] - (bin == 6 * eighth ? m : 0)) < 1e-12, "bin \(bin)")
    }
  }

  @Test("an image without numbers keeps its harm to its own cells")
  func notANumber() {
    var scalars = fixtureImages(1, 16, 16, of: Float.self).scalars
    let clean = histogramOfOrientedGradients(Tensor([1, 16, 16, 3], scalars)).scalars
    scalars[0] = .nan
    let y = histogramOfOrientedGradients(Tensor([1, 16, 16, 3], scalars)).scalars
    #expect(y.count == clean.count && y.contains { $0.isNaN })
    #expect(zip(y, clean).enumerated().allSatisfy { $0 % 4 == 0 || $1.0 == $1.1 })
  }
}
