// Distance correlation against the dcor package and its own identities (specification: eq. (2), (3)).
//
// Made by    Tests/Reference/objectives.py

import Autodiff
import Kernels
import Objectives
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("Distance correlation") struct DistanceCorrelationTests {
  @Test(
    "value and covariance agree with the dcor package",
    arguments: [(6, 1, 1), (9, 3, 2), (30, 5, 40), (25, 64, 64), (50, 2, 1)])
  func package(n: Int, p: Int, q: Int) throws {
    let x = Tensor([n, p], zip(pattern(n * p), pattern(n * p, offset: 50)).map { $0 * $1 })
    let y = Tensor([n, q], pattern(n * q, offset: 19))
    let expected = try Fixture("objectives").values("dcor \(n) \(p) \(q)")
    let covariance = distanceCovarianceSquared(
      CentredDistances(Variable(x)), CentredDistances(Variable(y)))
    #expect(abs(value(x, y) - expected[0]) < 1e-12)
    #expect(abs(covariance.value.scalar - expected[1]) < 1e-13)
  }

  @Test("the tiny golden batch")
  func golden() {
    let x = Tensor<Double>([4, 2], [0, 0, 1, 0, 0, 2, 3, 1])
    let y = Tensor<Double>([4, 1], [1, 2, 4, 8])
    let (A, B) = (CentredDistances(Variable(x)), CentredDistances(Variable(y)))
    func close(_ v: Variable<Double>, _ expected: Double) -> Bool {
      abs(v.value.scalar - expected) < 6e-11
    }
    #expect(close(distanceCovarianceSquared(A, B), 2.1314486667))
    #expect(close(distanceCovarianceSquared(A, A), 1.2261443056))
    #expect(close(distanceCovarianceSquared(B, B), 4.765625))
    #expect(close(distanceCorrelation(A, B), 0.9390140190))
    #expect(
      close(distanceCorrelation(Variable(x), Variable(y), numerics: .clamped), 0.9388397719))
  }

  let x = Tensor<Double>.normal([20, 6], key: RandomKey(seed: 1))
  let y = Tensor<Double>.normal([20, 3], key: RandomKey(seed: 2))

  @Test("it is symmetric and lies in 0…1")
  func symmetry() {
    #expect(abs(value(x, y) - value(y, x)) < 1e-15)
    #expect(value(x, y) > 0.1 && value(x, y) < 1)
  }

  @Test("moving, rotating and scaling either batch changes nothing")
  func invariance() {
    let reference = value(x, y)
    #expect(abs(value(x + 5, y) - reference) < 1e-13)
    #expect(abs(value(x, y - 100) - reference) < 1e-12)
    #expect(abs(value(matmul(x, rotation(6)), matmul(y, rotation(3))) - reference) < 1e-13)
    for scale in [1e-100, 1e-3, -7, 1e100] {
      #expect(abs(value(x * scale, y) - reference) < 1e-13, "scaled by \(scale)")
      #expect(abs(value(x * scale, y / scale) - reference) < 1e-13, "scaled by \(scale)")
    }
  }

  @Test("in Float, scaling by what an embedding may shrink or grow to changes nothing")
  func singleScaling() {
    let (a, b) = (x.converted(to: Float.self), y.converted(to: Float.self))
    let reference = value(x, y)
    for scale in [Float(1e-12), 1e-6, 1e6, 1e12] {
      let scaled = distanceCorrelation(Variable(a * scale), Variable(b * scale)).value.scalar
      #expect(abs(Double(scaled) - reference) < 1e-5, "scaled by \(scale): \(scaled)")
    }
  }

  @Test("a scaled isometry correlates exactly, and only then")
  func isometry() {
    #expect(abs(value(x, matmul(x, rotation(6)) * 3 + 2) - 1) < 1e-14)
    #expect(abs(value(x, x * -0.5 + 1) - 1) < 1e-14)
    let line = Tensor<Double>.normal([256, 1], key: RandomKey(seed: 3))
    let parabola = value(line, line * line)
    #expect(parabola > 0.45 && parabola < 0.65)
  }

  @Test("independent wide batches are biased towards 1, as documented")
  func bias() {
    func independent(_ p: Int) -> Double {
      value(
        .normal([64, p], key: RandomKey(seed: 4)), .normal([64, p], key: RandomKey(seed: 5)))
    }
    #expect(abs(independent(2) - 0.28) < 0.08)
    #expect(abs(independent(64) - 0.89) < 0.02)
    #expect(abs(independent(512) - 0.985) < 0.005)
  }

  @Test(
    "a batch without distances has no correlation and no gradient",
    arguments: DistanceNumerics.allCases)
  func degenerate(numerics: DistanceNumerics) {
    let constant = Tensor<Double>([20, 3], repeating: 0.3)
    for other in [x, constant] {
      let (a, b) = (Variable(tracking: constant), Variable(tracking: other))
      let correlation = distanceCorrelation(a, b, numerics: numerics)
      #expect(correlation.value.scalar.isFinite && abs(correlation.value.scalar) < 1e-6)
      (1 - correlation).backward()
      #expect(a.gradient.map { $0 == .zeros($0.shape) } ?? true)
      #expect(b.gradient.map { $0 == .zeros($0.shape) } ?? true)
    }
    let one = Variable(tracking: Tensor<Double>([1, 3], [1, 2, 3]))
    #expect(distanceCorrelation(one, one, numerics: numerics).value.scalar == 0)
  }

  @Test("equal rows have distance exactly 0 and a finite gradient")
  func duplicates() {
    let twice = x.gathered(rows: [0, 1, 1, 2, 3, 0])
    let distances = pairwiseDistances(Variable(twice)).value
    #expect(distances[1, 2] == 0 && distances[0, 5] == 0 && distances[3, 3] == 0)
    #expect(distances[0, 1] > 0 && distances == distances.transposed())
    let a = Variable(tracking: twice)
    distanceCorrelation(a, Variable(y.slice(0..<6, axis: 0))).backward()
    #expect(a.gradient?.isFinite == true)
    #expect(a.gradient.map { norm($0.scalars) > 0 } == true)
  }

  @Test("clamped distances are at least 0.01")
  func clamped() {
    let distances = pairwiseDistances(Variable(x * 1e-5), numerics: .clamped).value
    #expect(distances.scalars.allSatisfy { $0 == 0.01 })
  }

  @Test("a NaN shows instead of passing for a constant batch")
  func notANumber() {
    var broken = x
    broken[3, 2] = .nan
    #expect(value(broken, y).isNaN && value(y, broken).isNaN)
  }

  @Test("batches of different length say so")
  func message() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = distanceCorrelation(
        Variable(Tensor<Double>.zeros([3, 2])), Variable(Tensor<Double>.zeros([4, 2])))
    }
    let text = String(decoding: exit.standardErrorContent, as: UTF8.self)
    #expect(text.contains("x has 3 rows, y 4") && text.contains("To mend:"))
  }

  private func value(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Double {
    distanceCorrelation(Variable(x), Variable(y)).value.scalar
  }

  /// An orthogonal matrix: the reflection I − 2vvᵀ/⟨v, v⟩.
  private func rotation(_ n: Int) -> Tensor<Double> {
    let v = pattern(n, offset: 3)
    let length = v.reduce(0) { $0 + $1 * $1 }
    return Tensor(
      [n, n],
      (0..<n * n).map { i in (i / n == i % n ? 1 : 0) - 2 * v[i / n] * v[i % n] / length })
  }
}
