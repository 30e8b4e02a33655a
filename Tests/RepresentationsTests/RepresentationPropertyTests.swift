// What the fixed mappings must do for any image whatever: shifts, energies, brightness.

import Kernels
import Randomness
import Representations
import Tensors
import Testing

@Suite("Properties of representations") struct RepresentationPropertyTests {
  static let images = (0..<4).map {
    Tensor<Double>.normal([2, 32, 32, 3], key: RandomKey(seed: UInt64($0)).child("images"))
  }

  private func energy(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }

  @Test("scattering keeps no more energy than the padded image has")
  func energyBound() throws {
    let scattering = try ScatteringTransform<Double>(height: 32, width: 32)
    let impulse = Tensor<Double>([1, 32, 32, 1], (0..<1024).map { $0 == 16 * 33 ? 1 : 0 })
    let wave = Tensor<Double>([1, 32, 32, 1], (0..<1024).map { $0 % 2 == 0 ? 1 : -1 })
    for x in Self.images + [impulse, wave, Tensor([1, 32, 32, 1], repeating: 1)] {
      let S = scattering(x).scalars
      // One coefficient stands for 4 × 4 pixels. Padding to 40 × 40 repeats at most half of the image.
      let kept = 16 * energy(S)
      #expect(kept <= 40.0 * 40 / (32 * 32) * energy(x.scalars) * 1.05, "\(kept)")
      #expect(kept > 0)
    }
  }

  @Test("scattering is a contraction: features are no farther apart than images")
  func contraction() throws {
    let scattering = try ScatteringTransform<Double>(height: 32, width: 32)
    for (x, y) in zip(Self.images, Self.images.dropFirst()) {
      let apart = energy((scattering(x) - scattering(y)).scalars)
      #expect(16 * apart <= 40.0 * 40 / (32 * 32) * energy((x - y).scalars) * 1.05)
      #expect(apart > 0)
    }
  }

  @Test(
    "moving a figure by 4 pixels moves its scattering by one place", arguments: [(4, 0), (0, 4)])
  func covariance(down: Int, across: Int) throws {
    let scattering = try ScatteringTransform<Double>(height: 64, width: 64)
    func figure(_ i: Int, _ j: Int) -> Tensor<Double> {
      var scalars = [Double](repeating: 0, count: 4096)
      for k in 0..<25 { scalars[(i + k / 5) * 64 + j + k % 5] = Double((7 * k) % 11) / 10 }
      return Tensor([1, 64, 64, 1], scalars)
    }
    let before = scattering(figure(28, 28)).scalars
    let after = scattering(figure(28 + down, 28 + across)).scalars
    let step = (down * 16 + across) / 4
    var worst = 0.0
    for path in 0..<81 {
      for row in 2..<13 {
        for column in 2..<13 {
          let at = path * 256 + row * 16 + column
          worst = max(worst, abs(after[at + step] - before[at]))
        }
      }
    }
    // Inside, where no reflection of the border reaches.
    #expect(worst < 1e-5 * (before.max() ?? 0), "\(worst)")
  }

  @Test("brightness: oriented gradients stay, in the released variant only away from the border")
  func gradientsUnderShift() {
    for x in Self.images {
      func change(_ variant: GradientVoting, inside: Bool) -> Double {
        let a = histogramOfOrientedGradients(x, variant: variant).scalars
        let b = histogramOfOrientedGradients(x + 2.5, variant: variant).scalars
        var worst = 0.0
        for at in a.indices {
          let (row, column) = (at / 4 % 4, at % 4)
          if inside && !((1...2).contains(row) && (1...2).contains(column)) { continue }
          worst = max(worst, abs(a[at] - b[at]))
        }
        return worst
      }
      #expect(change(.interpolated, inside: false) < 1e-12)
      #expect(change(.releasedCode, inside: true) < 1e-12)
      #expect(change(.releasedCode, inside: false) > 0.1)  // zeros beyond the border make edges
    }
  }

  @Test("contrast: oriented gradients of the paper scale with it, and are never negative")
  func gradientsUnderScale() {
    for x in Self.images {
      let a = histogramOfOrientedGradients(x).scalars
      let b = histogramOfOrientedGradients(x * 4).scalars
      #expect(zip(a, b).allSatisfy { abs(4 * $0 - $1) < 1e-12 && $0 >= 0 })
    }
  }

  @Test("brightness: local deviation stays")
  func deviationUnderShift() {
    for x in Self.images {
      let a = localStandardDeviation(x).scalars
      let b = localStandardDeviation(x + 2.5).scalars
      #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 && $0 >= 1e-4 })
    }
  }

  @Test("D2: on the golden image the two histograms are 1.855 lengths of the paper's apart")
  func releasedGradients() {
    let paper = histogramOfOrientedGradients(g3Image())
    let released = histogramOfOrientedGradients(g3Image(), variant: .releasedCode)
    let ratio = (energy((released - paper).scalars) / energy(paper.scalars)).squareRoot()
    #expect(abs(ratio - 1.855) < 0.001, "\(ratio)")
    let negative = Double(released.scalars.filter { $0 < 0 }.count) / Double(released.count)
    #expect(abs(negative - 0.228) < 0.002, "\(negative)")
    #expect(paper.scalars.allSatisfy { $0 >= 0 })
    let flat = Tensor<Double>([1, 8, 8, 1], repeating: 0.5)
    #expect(histogramOfOrientedGradients(flat).scalars.allSatisfy { $0 == 0 })
    let inside = Tensor<Double>([1, 24, 24, 1], repeating: 0.5)
    let votes = histogramOfOrientedGradients(inside, variant: .releasedCode).scalars
    #expect((0..<24).allSatisfy { votes[$0 * 9 + 4] == ($0 == 0 ? 1 : 0) })
  }
}
