// Paper and released code side by side, one choice at a time: how far apart are they?
//
// Batch      Z, Z̃ [8, 5], one representation [8, 9]: the golden batch of the specification
// Numbers    docs/errata.md quotes them; a documentation test compares
// Made by    Tests/Reference/objectives.py

import Autodiff
import Kernels
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("Disagreements of the objective") struct DisagreementTests {
  struct Choice: Sendable, CustomTestStringConvertible {
    let name: String
    /// L with this choice minus L as in the paper.
    let difference: Double
    let choose: @Sendable (inout ObjectiveSettings) -> Void
    var testDescription: String { name }
  }

  static let choices: [Choice] = [
    Choice(name: "none", difference: 0) { _ in },
    Choice(name: "preset", difference: 0.386803926) { $0.numerics = .releasedCode },
    Choice(name: "D1", difference: 0.412316227) { $0.representationSign = .releasedCode },
    Choice(name: "D4", difference: 0.000166548) { $0.epsilon = 0 },
    Choice(name: "D4 biased", difference: 0.078304771) { $0.deviation = .biased },
    Choice(name: "D5", difference: 3.963297716) { $0.squaredDifference = .batch },
    Choice(name: "D6 clamped", difference: 0.002495576) { $0.distances = .clamped },
    Choice(name: "D6 scaled", difference: 0) { $0.inputScale = .releasedCode },
    Choice(name: "D6 both", difference: 0.085643334) {
      ($0.distances, $0.inputScale) = (.clamped, .releasedCode)
    },
    Choice(name: "preset but D1", difference: 0.085809882) {
      ($0.numerics, $0.representationSign) = (.releasedCode, .maximise)
    },
    Choice(name: "preset but D4", difference: 0.386637378) {
      ($0.numerics, $0.epsilon) = (.releasedCode, 1e-4)
    },
    Choice(name: "preset but D6", difference: 0.412482775) {
      ($0.numerics, $0.distances, $0.inputScale) = (.releasedCode, .exact, .unscaled)
    },
    Choice(name: "corrected", difference: 1.122087756) { $0.estimator = .unbiased },
  ]

  private func objective(
    _ settings: ObjectiveSettings, _ z: Variable<Double>, _ augmented: Variable<Double>
  ) -> ObjectiveValue<Double> {
    let Φ = RepresentationBatch(
      name: "full_img", values: Tensor<Double>([8, 9], pattern(72, offset: 3, scale: 2)))
    return mvmrObjective(z: z, augmented: augmented, representations: [Φ], settings: settings)
  }

  @Test("each choice alone agrees with PyTorch, and differs from the paper by", arguments: choices)
  func choice(_ choice: Choice) throws {
    let fixture = try Fixture("objectives")
    var settings = ObjectiveSettings()
    choice.choose(&settings)
    let z = Variable(tracking: Tensor<Double>([8, 5], pattern(40, scale: 2)))
    let augmented = Variable(tracking: Tensor<Double>([8, 5], pattern(40, offset: 7, scale: 2)))
    let paper = objective(ObjectiveSettings(), z.detached(), augmented.detached())
    let value = objective(settings, z, augmented)
    value.total.backward()

    let name = "choice \(choice.name)"
    let ours = [value.total.value.scalar] + value.terms.map(\.value)
    let theirs = try fixture.values("\(name) total") + fixture.values("\(name) terms")
    #expect(relativeError(ours, theirs) < 1e-11)
    let (dZ, dAugmented) = try (#require(z.gradient), #require(augmented.gradient))
    #expect(relativeError(dZ.scalars, try fixture.values("\(name) dZ")) < 1e-10)
    #expect(relativeError(dAugmented.scalars, try fixture.values("\(name) dAugmented")) < 1e-10)
    let difference = value.total.value.scalar - paper.total.value.scalar
    #expect(abs(difference - choice.difference) < 6e-10, "\(difference)")
  }

  @Test("D1: the gradient of the representation's term is turned round, exactly")
  func sign() throws {
    func gradient(_ sign: RepresentationSign) throws -> [Double] {
      var settings = ObjectiveSettings()
      settings.representationSign = sign
      (settings.invarianceWeight, settings.varianceWeight, settings.viewWeight) = (0, 0, 0)
      let augmented = Variable(tracking: Tensor<Double>([8, 5], pattern(40, offset: 7)))
      let z = Variable(Tensor<Double>([8, 5], pattern(40)))
      objective(settings, z, augmented).total.backward()
      return try #require(augmented.gradient).scalars
    }
    #expect(try gradient(.maximise).map { -$0 } == gradient(.releasedCode))
    #expect(norm(try gradient(.maximise)) > 0.01)
  }

  @Test("D4: without ε a collapsed dimension costs 1 instead of 0.99, and neither moves it")
  func collapsed() throws {
    for (epsilon, cost) in [(0.0, 1.0), (1e-4, 0.99)] {
      let z = Variable(tracking: Tensor<Double>([8, 1], repeating: 0.3))
      let hinge = varianceHinge(z, margin: 1, epsilon: epsilon)
      hinge.backward()
      #expect(abs(hinge.value.scalar - cost) < 1e-12)
      #expect(try #require(z.gradient).scalars.allSatisfy { $0 == 0 })
    }
  }

  @Test("D4: the biased deviation is smaller by √(7/8) at a batch of 8")
  func divisor() {
    let z = Variable(Tensor<Double>([8, 5], pattern(40)))
    let unbiased = standardDeviation(z, epsilon: 0).value.scalars
    let biased = standardDeviation(z, epsilon: 0, estimator: .biased).value.scalars
    #expect(relativeError(biased, unbiased.map { $0 * 0.875.squareRoot() }) < 1e-14)
  }

  @Test("D5: dividing by the batch alone gives d times the loss")
  func dimensions() {
    let (a, b) = (
      Tensor<Double>([8, 5], pattern(40)), Tensor<Double>([8, 5], pattern(40, offset: 7))
    )
    let mean = invarianceLoss(Variable(a), Variable(b)).value.scalar
    let batch = invarianceLoss(Variable(a), Variable(b), scale: .batch).value.scalar
    #expect(abs(batch / mean - 5) < 1e-13)
  }

  @Test("D7: a constant batch gives 0, or NaN as in the released code")
  func constant() {
    let constant = CentredDistances(Variable(Tensor<Double>([5, 2], repeating: 3)))
    let x = CentredDistances(Variable(Tensor<Double>([5, 2], pattern(10))))
    #expect(distanceCorrelation(x, constant).value.scalar == 0)
    #expect(distanceCorrelation(x, constant, degenerate: .notANumber).value.scalar.isNaN)
    #expect(abs(distanceCorrelation(x, x, degenerate: .notANumber).value.scalar - 1) < 1e-14)
  }
}
