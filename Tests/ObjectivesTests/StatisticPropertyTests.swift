// What distance correlation must do for any batches whatever, tried on many.
//
// Source     Székely, Rizzo & Bakirov, Ann. Statist. 35, 2007, theorems 3 and 4

import Autodiff
import Kernels
import Objectives
import Randomness
import Tensors
import Testing

@Suite("Properties of distance correlation") struct StatisticPropertyTests {
  /// Batches of many shapes, some with dependence, some with far-off means and uneven scales.
  static let batches = (0..<24).map { seed -> (x: Tensor<Double>, y: Tensor<Double>) in
    let key = RandomKey(seed: UInt64(seed)).child("properties")
    let n = [2, 3, 5, 12, 33][seed % 5]
    let (p, q) = ([1, 4, 70][seed % 3], [3, 1, 9, 50][seed % 4])
    let x = Tensor<Double>.normal([n, p], key: key.child("x"))
    let y = Tensor<Double>.normal([n, q], key: key.child("y"))
    let common = x.sum(over: 1, keepingAxes: true) * Double(seed % 4)
    return (x * [1, 1e-6, 1e5][seed % 3] + 10, y + common)
  }

  private func R(
    _ x: Tensor<Double>, _ y: Tensor<Double>, _ estimator: CorrelationEstimator = .biased
  ) -> Double {
    distanceCorrelation(Variable(x), Variable(y), estimator: estimator).value.scalar
  }

  /// A random orthogonal matrix: reflections one after the other.
  private func rotation(_ n: Int, _ key: RandomKey) -> Tensor<Double> {
    var Q = Tensor<Double>([n, n], (0..<n * n).map { $0 / n == $0 % n ? 1 : 0 })
    for i in 0..<3 {
      let v = Tensor<Double>.normal([n, 1], key: key.child(i))
      Q = Q - matmul(v, matmul(v, Q, transposeA: true)) * (2 / (v * v).sum().scalar)
    }
    return Q
  }

  @Test("it lies in 0…1 (bias-corrected: −1…1) and is symmetric")
  func range() {
    for (x, y) in Self.batches {
      #expect((0...1 + 1e-14).contains(R(x, y)) && abs(R(x, y) - R(y, x)) < 1e-14)
      let corrected = R(x, y, .unbiased)
      #expect((-1 - 1e-14...1 + 1e-14).contains(corrected))
      #expect(abs(corrected - R(y, x, .unbiased)) < 1e-14)
    }
  }

  @Test("a batch correlates with itself exactly")
  func itself() {
    for (x, y) in Self.batches {
      #expect(abs(R(x, x) - 1) < 1e-13 && abs(R(y, y) - 1) < 1e-13)
      if x.shape[0] > 3 { #expect(abs(R(x, x, .unbiased) - 1) < 1e-13) }
    }
  }

  @Test(
    "moving, rotating and scaling either argument changes nothing",
    arguments: CorrelationEstimator.allCases)
  func similarity(estimator: CorrelationEstimator) {
    for (i, (x, y)) in Self.batches.enumerated() {
      let key = RandomKey(seed: UInt64(i)).child("similarity")
      let shift = Tensor<Double>.normal([1, x.shape[1]], key: key.child("shift"))
      let Q = rotation(x.shape[1], key.child("x"))
      let P = rotation(y.shape[1], key.child("y"))
      let reference = R(x, y, estimator)
      // Rounding: x is up to 10⁷ times as far from the origin as its rows are from each other.
      let tolerance = i % 3 == 1 ? 1e-7 : 1e-11
      #expect(abs(R(x + shift, y - 7, estimator) - reference) < tolerance, "moved \(i)")
      #expect(abs(R(matmul(x, Q), matmul(y, P), estimator) - reference) < tolerance, "turned \(i)")
      #expect(abs(R(x * 3e4, y * 0.125, estimator) - reference) < tolerance, "scaled \(i)")
    }
  }

  @Test(
    "taking the rows of both in another order changes nothing, of one alone it does",
    arguments: CorrelationEstimator.allCases)
  func order(estimator: CorrelationEstimator) {
    var changed = 0
    for (i, (x, y)) in Self.batches.enumerated() {
      var stream = RandomStream(RandomKey(seed: UInt64(i)).child("order"))
      let rows = stream.permutation(x.shape[0])
      let moved = R(x.gathered(rows: rows), y.gathered(rows: rows), estimator)
      #expect(abs(moved - R(x, y, estimator)) < 1e-13)
      if abs(R(x.gathered(rows: rows), y, estimator) - R(x, y, estimator)) > 1e-3 { changed += 1 }
    }
    #expect(changed > 8)
  }

  @Test("the gradient does not move the batch as a whole, nor turn or scale it")
  func gradient() throws {
    for (x, y) in Self.batches where x.shape[0] > 3 {
      let v = Variable(tracking: x)
      distanceCorrelation(v, Variable(y)).backward()
      let g = try #require(v.gradient)
      let size = (g * g).sum().scalar.squareRoot() * Double(x.count).squareRoot()
      #expect(g.sum(over: 0).scalars.allSatisfy { abs($0) <= 1e-9 * size })
      let centred = x - x.mean(over: 0, keepingAxes: true)
      let scale = (centred * centred).sum().scalar.squareRoot() * size
      #expect(abs((g * centred).sum().scalar) <= 1e-9 * scale)
    }
  }
}
