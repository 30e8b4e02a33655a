// The bias-corrected estimate against the dcor package, and what it is for.
//
// Made by    Tests/Reference/objectives.py

import Autodiff
import Kernels
import Objectives
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("Bias-corrected distance correlation") struct UnbiasedDistanceCorrelationTests {
  private func value(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Double {
    distanceCorrelation(Variable(x), Variable(y), estimator: .unbiased).value.scalar
  }

  @Test(
    "value and covariance agree with the dcor package",
    arguments: [(6, 1, 1), (9, 3, 2), (30, 5, 40), (25, 64, 64), (50, 2, 1)])
  func package(n: Int, p: Int, q: Int) throws {
    let x = Tensor([n, p], zip(pattern(n * p), pattern(n * p, offset: 50)).map { $0 * $1 })
    let y = Tensor([n, q], pattern(n * q, offset: 19))
    let expected = try Fixture("objectives").values("dcor corrected \(n) \(p) \(q)")
    let (A, B) = (
      CentredDistances(Variable(x), estimator: .unbiased),
      CentredDistances(Variable(y), estimator: .unbiased)
    )
    #expect(abs(value(x, y) - expected[0]) < 1e-12)
    #expect(abs(distanceCovarianceSquared(A, B).value.scalar - expected[1]) < 1e-13)
  }

  @Test("independent normal batches read 0 where the paper's estimate reads 0.96")
  func independent() {
    var (corrected, biased) = ([Double](), [Double]())
    for seed in 0..<20 {
      let key = RandomKey(seed: UInt64(seed))
      let x = Tensor<Double>.normal([64, 200], key: key.child("x"))
      let y = Tensor<Double>.normal([64, 200], key: key.child("y"))
      corrected.append(value(x, y))
      biased.append(distanceCorrelation(Variable(x), Variable(y)).value.scalar)
    }
    // Each has a deviation of about 0.02, so the mean of twenty one of 0.005.
    #expect(abs(corrected.reduce(0, +) / 20) < 0.015)
    #expect(corrected.contains { $0 < 0 } && corrected.allSatisfy { abs($0) < 0.1 })
    #expect(biased.allSatisfy { abs($0 - 0.96) < 0.01 }, "\(biased)")
  }

  @Test("a scaled isometry reads 1, and dependence reads more than independence")
  func dependent() {
    let x = Tensor<Double>.normal([40, 30], key: RandomKey(seed: 1))
    #expect(abs(value(x, x * -3 + 2) - 1) < 1e-13)
    let noise = Tensor<Double>.normal([40, 30], key: RandomKey(seed: 2))
    #expect(value(x, x + noise) > 0.2)
  }

  @Test("rows and columns of a U-centred matrix sum to 0, and its diagonal is 0")
  func centring() {
    let a = Tensor<Double>([7, 7], pattern(49))
    let y = unbiasedCentred(Variable(a + a.transposed())).value
    #expect(y.sum(over: 0).scalars.allSatisfy { abs($0) < 1e-15 })
    #expect(y.sum(over: 1).scalars.allSatisfy { abs($0) < 1e-15 })
    #expect((0..<7).allSatisfy { y[$0, $0] == 0 })
  }

  @Test("fewer than four rows, and constant batches, give 0 with zero gradient", arguments: 1...4)
  func degenerate(rows: Int) {
    let data = rows < 4 ? pattern(rows * 3) : [Double](repeating: 0.7, count: 12)
    let x = Variable(tracking: Tensor<Double>([rows, 3], data))
    let y = Variable(tracking: Tensor<Double>([rows, 2], pattern(rows * 2, offset: 5)))
    let R = distanceCorrelation(x, y, estimator: .unbiased)
    #expect(R.value.scalar == 0)
    (1 - R).backward()
    #expect(x.gradient.map { $0 == .zeros($0.shape) } ?? true)
  }
}
