// Losses where a derivative does not exist: finite values and gradients, as docs/singular-points.md says.

import Autodiff
import Kernels
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("Singular points of losses") struct SingularObjectiveTests {
  @Test("duplicate rows: distance 0, and no gradient between the two", arguments: [1, 3])
  func duplicates(width: Int) throws {
    let x = Variable(
      tracking: Tensor<Double>([3, width], (0..<3 * width).map { $0 < 2 * width ? 1 : 4 }))
    let a = pairwiseDistances(x)
    #expect(a.value[0, 1] == 0 && a.value[0, 2] == 3 * Double(width).squareRoot())
    a.backward(Tensor([3, 3], [0, 1, 0, 1, 0, 0, 0, 0, 0]))  // looks at that pair alone
    #expect(try #require(x.gradient) == .zeros([3, width]))
  }

  @Test("all rows equal, a batch of one, a batch of two: finite in both estimates")
  func small() throws {
    let y: Tensor<Double> = Tensor([4, 2], pattern(8))
    for rows in 1...4 {
      for constant in [false, true] {
        for estimator in CorrelationEstimator.allCases {
          for numerics in DistanceNumerics.allCases {
            let data = constant ? [Double](repeating: 0.1, count: rows * 3) : pattern(rows * 3)
            let x = Variable(tracking: Tensor([rows, 3], data))
            let R = distanceCorrelation(
              x, Variable(y.slice(0..<rows, axis: 0)), numerics: numerics, estimator: estimator)
            (1 - R).backward()
            #expect(R.value.isFinite && x.gradient.map(\.isFinite) != false)
            if constant || rows == 1 { #expect(abs(R.value.scalar) < 1e-6) }
          }
        }
      }
    }
  }

  @Test("two distinct rows correlate exactly whatever they are: the value says nothing at N = 2")
  func two() {
    let x = Variable(Tensor<Double>([2, 3], pattern(6)))
    let y = Variable(Tensor<Double>([2, 1], [5, -1]))
    #expect(abs(distanceCorrelation(x, y).value.scalar - 1) < 1e-14)
    #expect(distanceCorrelation(x, y, estimator: .unbiased).value.scalar == 0)
  }

  @Test("zero variance: the hinge is γ − √ε, its gradient 0", arguments: [0, 1e-4])
  func deviation(epsilon: Double) throws {
    let z = Variable(tracking: Tensor<Double>([5, 3], repeating: 2))
    let hinge = varianceHinge(z, margin: 1, epsilon: epsilon)
    hinge.backward()
    #expect(abs(hinge.value.scalar - (1 - epsilon.squareRoot())) < 1e-15)
    #expect(try #require(z.gradient) == .zeros([5, 3]))
  }

  @Test("a deviation exactly at the margin has slope 0")
  func margin() throws {
    let z = Variable(tracking: Tensor<Double>([2, 1], [0, 2.0.squareRoot()]))
    let S = standardDeviation(z, epsilon: 0)
    let hinge = varianceHinge(z, margin: S.value.scalars[0], epsilon: 0)
    hinge.backward()
    let gradient = try #require(z.gradient)
    #expect(hinge.value.scalar == 0 && gradient == .zeros([2, 1]))
  }

  @Test("a row of zeros has no direction: it stays 0, with a finite gradient")
  func zeroRow() throws {
    let z = Variable(tracking: Tensor<Double>([2, 2], [0, 0, 3, 4]))
    let y = lengthNormalized(z)
    (y * y).sum().backward()
    let gradient = try #require(z.gradient)
    #expect(y.value.scalars[0] == 0 && gradient.isFinite)
  }
}
