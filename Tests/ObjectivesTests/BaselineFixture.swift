// The inputs that Tests/Reference/baselines.py makes, and those of the printed golden numbers.

import Autodiff
import Foundation
import Objectives
import Tensors
import TestSupport

/// rows(n, d; o) = 4 pat(·; o) pat(·; o + 31) + pat(·; o + 5).
func rows(_ n: Int, _ d: Int, offset: Int = 0, scale: Double = 1) -> Tensor<Double> {
  let product = zip(pattern(n * d, offset: offset), pattern(n * d, offset: offset + 31))
  let shift = pattern(n * d, offset: offset + 5)
  return Tensor([n, d], zip(product, shift).map { scale * (4 * $0.0 * $0.1 + $1) })
}

/// sin(a i j + φ), i and j from 1: inputs anybody can make again.
func sines(_ n: Int, _ d: Int, _ a: Double, _ φ: Double, scale: Double = 1) -> Tensor<Double> {
  Tensor(
    [n, d], (0..<n * d).map { scale * sin(a * Double($0 / d + 1) * Double($0 % d + 1) + φ) })
}

/// Each row over its length.
func unit(_ x: Tensor<Double>) -> Tensor<Double> { lengthNormalized(Variable(x)).value }

/// The largest deviation of a loss and its gradients from the fixture.
func deviation(
  _ name: String, _ loss: Variable<Double>, _ tracked: Variable<Double>...
) throws -> Double {
  let fixture = try Fixture("baselines")
  loss.backward()
  var worst = relativeError([loss.value.scalar], try fixture.values("\(name) loss"))
  for (i, x) in tracked.enumerated() {
    let error = relativeError(
      x.gradient?.scalars ?? [], try fixture.values("\(name) gradient \(i)"))
    if !(error <= worst) { worst = error }
  }
  return worst
}

/// Whether two numbers agree to the 12 digits that were printed.
func agrees(_ ours: Double, _ printed: Double) -> Bool { abs(ours - printed) < 6e-13 }
