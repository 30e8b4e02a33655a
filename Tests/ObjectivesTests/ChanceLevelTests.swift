// The closed form of the chance level against all pairings, one by one.

import Autodiff
import Kernels
import Objectives
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("Chance level") struct ChanceLevelTests {
  /// All orders of 0..<n.
  private func orders(_ n: Int) -> [[Int]] {
    if n == 0 { return [[]] }
    return orders(n - 1).flatMap { order in
      (0...order.count).map { at in
        var longer = order
        longer.insert(n - 1, at: at)
        return longer
      }
    }
  }

  @Test(
    "it is the root mean square over all pairings of the rows", arguments: DistanceNumerics.allCases
  )
  func exact(numerics: DistanceNumerics) {
    let x = Tensor([6, 3], pattern(18))
    let y = Tensor([6, 2], pattern(12, offset: 31))
    let A = CentredDistances(Variable(x), numerics: numerics)
    let squares = orders(6).map { order in
      let B = CentredDistances(Variable(y.gathered(rows: order)), numerics: numerics)
      let R = distanceCorrelation(A, B).value.scalar
      return R * R
    }
    #expect(squares.count == 720)
    let expected = (squares.reduce(0, +) / 720).squareRoot()
    let level = chanceLevel(A, CentredDistances(Variable(y), numerics: numerics))
    #expect(abs(level - expected) < 1e-12 && level > 0.3 && level < 0.9)
  }

  @Test("independent batches are at chance, dependent ones above it")
  func meaning() {
    let x = Tensor<Double>.normal([64, 64], key: RandomKey(seed: 1))
    let y = Tensor<Double>.normal([64, 64], key: RandomKey(seed: 2))
    let A = CentredDistances(Variable(x))
    let (B, C) = (CentredDistances(Variable(y)), CentredDistances(Variable(x + y)))
    #expect(abs(distanceCorrelation(A, B).value.scalar - chanceLevel(A, B)) < 0.01)
    #expect(distanceCorrelation(A, C).value.scalar > chanceLevel(A, C) + 0.03)
  }

  @Test("the bias-corrected estimate is 0 by chance, exactly so over all pairings")
  func corrected() {
    let A = CentredDistances(Variable(Tensor([6, 3], pattern(18))), estimator: .unbiased)
    let y = Tensor([6, 2], pattern(12, offset: 31))
    let sum = orders(6).reduce(0.0) { sum, order in
      let B = CentredDistances(Variable(y.gathered(rows: order)), estimator: .unbiased)
      return sum + distanceCorrelation(A, B).value.scalar
    }
    #expect(abs(sum / 720) < 1e-14)
    #expect(chanceLevel(A, A) == 0)
  }

  @Test("the objective gives it beside each term, in the term's own sense")
  func terms() throws {
    let z = Tensor<Double>.normal([16, 8], key: RandomKey(seed: 3))
    let Φ = RepresentationBatch(
      name: "full_img", values: Tensor<Double>.normal([16, 40], key: RandomKey(seed: 4)))
    var settings = ObjectiveSettings()
    func chance() -> [(name: String, value: Double)] {
      mvmrObjective(
        z: Variable(z), augmented: Variable(z), representations: [Φ], settings: settings
      ).chance
    }
    let maximised = chance()
    #expect(maximised.map(\.name) == ["DC_zz", "DC_full_img"])
    settings.representationSign = .releasedCode
    let minimised = chance()
    #expect(minimised[0].value == maximised[0].value)
    #expect(abs(minimised[1].value + maximised[1].value - 1) < 1e-15)
  }

  @Test("degenerate batches have the chance level 0")
  func degenerate() {
    let constant = CentredDistances(Variable(Tensor<Double>([5, 2], repeating: 3)))
    let x = CentredDistances(Variable(Tensor<Double>([5, 2], pattern(10))))
    let one = CentredDistances(Variable(Tensor<Double>([1, 2], [1, 2])))
    #expect(chanceLevel(constant, x) == 0 && chanceLevel(one, one) == 0)
  }
}
