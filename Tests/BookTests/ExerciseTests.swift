// The exercises of docs/book and their answers, which the chapters quote.
//
// Read       docs/book/01-tensors.md and the chapters after it

import Autodiff
import Datasets
import Images
import Kernels
import Networks
import Objectives
import Randomness
import Representations
import Tensors
import Testing
import Training

@testable import Book

@Suite("Exercises of the book") struct ExerciseTests {
  private let key = RandomKey(seed: 0)

  /// The largest difference of two tensors of one shape.
  private func distance(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double {
    (a - b).reshaped([a.count]).map(.absolute).maximum(over: 0).scalar
  }

  @Test("chapter 1: first steps")
  func firstSteps() {
    // docs: region first
    let a = Tensor<Double>([2, 3], [1, 2, 3, 4, 5, 6])
    var b = a  // shares a's storage …
    b[0, 0] = 100  // … until it is written to
    #expect(a[0, 0] == 1 && b[0, 0] == 100)

    let row = Tensor<Double>([3], [10, 20, 30])
    #expect((a + row).scalars == [11, 22, 33, 14, 25, 36])  // row repeats
    #expect(a.sum(over: 0).scalars == [5, 7, 9])

    let key = RandomKey(seed: 0)
    let w = Tensor<Double>.normal([4, 4], key: key.child("weight"))
    #expect(w == Tensor<Double>.normal([4, 4], key: key.child("weight")))  // a name, not a state
    // docs: end first
  }

  @Test("chapter 1: columns of mean 0 and variance 1")
  func standardise() {
    let x = Tensor<Double>.normal([50, 4], key: key) * Tensor([4], [1, 10, 0.1, 3]) + 7
    // docs: region exercise1
    let centred = x - x.mean(over: 0, keepingAxes: true)
    let deviation = (centred * centred).mean(over: 0, keepingAxes: true).map(.squareRoot)
    let y = centred / deviation
    // docs: end exercise1
    #expect(distance(y.mean(over: 0), .zeros([4])) < 1e-13)
    #expect(distance((y * y).mean(over: 0), .ones([4])) < 1e-13)
  }

  @Test("chapter 2: four partial sums are another grouping")
  func grouping() {
    // docs: region exercise2
    let terms = Tensor<Float>.normal([1024], key: RandomKey(seed: 2)).scalars
    let inOrder = terms.reduce(0, +)
    var partial: [Float] = [0, 0, 0, 0]
    for (k, term) in terms.enumerated() { partial[k % 4] += term }
    let inFour = (partial[0] + partial[1]) + (partial[2] + partial[3])
    #expect(inOrder != inFour)  // other bits …
    #expect((inOrder - inFour).magnitude < 1e-4)  // … of the same sum
    // docs: end exercise2
  }

  @Test("chapter 3: log-sum-exp with a pullback of its own")
  func logSumExp() throws {
    // docs: region exercise3
    func logSumExp(_ x: Variable<Double>) -> Variable<Double> {
      let top = x.value.reshaped([x.value.count]).maximum(over: 0)
      let e = (x.value - top).map(.exponential)
      let sum = e.sum()
      return Variable(
        sum.map(.logarithm) + top,
        pullbacks: [(x, { dY in dY * e / sum })])  // dX = dY · softmax(x)
    }

    let x = Variable(tracking: Tensor<Double>.normal([7], key: RandomKey(seed: 3)))
    logSumExp(x).backward()
    let ours = try #require(x.gradient)

    x.exponential().sum().logarithm().backward()  // composed of what exists
    let theirs = try #require(x.gradient)
    // docs: end exercise3
    #expect(distance(ours, theirs) < 1e-15)
    let report = checkGradient("logSumExp", at: [x.value], key: key) { logSumExp($0[0]) }
    #expect(report.worstError < 1e-8)
  }

  @Test("chapter 4: a gradient that is wrong by a thousandth is found")
  func tampered() {
    // docs: region exercise4
    let x = Tensor<Double>.normal([4, 3], key: RandomKey(seed: 4))
    func spoiled(_ gradients: [Tensor<Double>]) -> [Tensor<Double>] {
      gradients.map { $0 * 1.001 }
    }
    let report = checkGradient("softmax", at: [x], key: RandomKey(seed: 5), tamper: spoiled) {
      softmax($0[0])
    }
    #expect((0.9e-3...1.1e-3).contains(report.worstError))  // honest: below 1e-8
    // docs: end exercise4
  }

  @Test("chapter 5: batch norm's input gradient has no mean and no part along x̂")
  func batchNormGradient() throws {
    // docs: region exercise5
    let x = Variable(tracking: Tensor<Double>.normal([64, 3], key: RandomKey(seed: 5)))
    let (one, zero) = (Variable(Tensor<Double>.ones([3])), Variable(Tensor<Double>.zeros([3])))
    let y = batchNorm(x, gain: one, bias: zero, epsilon: 0).output
    y.backward(.normal([64, 3], key: RandomKey(seed: 6)))
    let dX = try #require(x.gradient)
    let mean = dX.sum(over: 0)  // Σ dX
    let projection = (dX * y.value).sum(over: 0)  // Σ dX x̂
    // docs: end exercise5
    #expect(distance(mean, .zeros([3])) < 1e-13)
    #expect(distance(projection, .zeros([3])) < 1e-12)
    #expect(distance(dX, .zeros([64, 3])) > 0.1)
  }

  @Test("chapter 6: one head of attention by hand")
  func attentionByHand() {
    // docs: region exercise6
    let (tokens, d) = (5, 4)
    let fused = Tensor<Double>.normal([1, tokens, 3 * d], key: RandomKey(seed: 6))
    func part(_ i: Int) -> Variable<Double> {
      Variable(fused.slice(i * d..<(i + 1) * d, axis: 2).reshaped([tokens, d]))
    }
    let (Q, K, V) = (part(0), part(1), part(2))
    let P = softmax(matmul(Q, K, transposeB: true) / Double(d).squareRoot())
    let O = matmul(P, V)
    let expected = selfAttention(Variable(fused), heads: 1)
    // docs: end exercise6
    #expect(distance(O.value, expected.value.reshaped([tokens, d])) < 1e-14)
  }

  @Test("chapter 7: a shift by a pixel moves scattering less than pixels")
  func shift() throws {
    // docs: region exercise7
    let moved = try shiftSensitivities()  // pixels, scattering, gradients, deviation
    #expect(moved[1] < moved[0])
    // docs: end exercise7
    #expect(moved.allSatisfy { $0 > 0 })
  }

  @Test("chapter 8: edges vote into the bins of their gradients")
  func edges() {
    // docs: region exercise8
    func bin(_ isBright: (_ row: Int, _ column: Int) -> Bool) -> Int {
      let pixels = (0..<64).map { isBright($0 / 8, $0 % 8) ? 1.0 : 0.0 }
      let histogram = histogramOfOrientedGradients(Tensor<Double>([1, 8, 8, 1], pixels)).scalars
      return histogram.indices.max { histogram[$0] < histogram[$1] } ?? -1
    }
    #expect(bin { _, column in column >= 4 } == 0)  // a vertical edge
    #expect(bin { row, column in row > column } == 18)  // bright below the main diagonal
    // docs: end exercise8
  }

  @Test("chapter 9: the gradient of distance correlation in closed form")
  func closedForm() throws {
    // docs: region exercise9
    let (n, x) = (12, Tensor<Double>.normal([12, 3], key: RandomKey(seed: 9)))
    let y = Variable(tracking: x * x + Tensor.normal([12, 3], key: RandomKey(seed: 10)))
    let R = distanceCorrelation(Variable(x), y)
    R.backward()
    let ours = try #require(y.gradient)

    let (a, b) = (pairwiseDistances(Variable(x)), pairwiseDistances(Variable(y.value)))
    let (A, B) = (doubleCentred(a).value, doubleCentred(b).value)
    let (mAB, mBB) = ((A * B).mean(), (B * B).mean())
    let G = (A / mAB - B / mBB) * (R.value.scalar / Double(2 * n * n))  // ∂R/∂b
    let identity = Tensor<Double>([n, n], (0..<n * n).map { $0 % (n + 1) == 0 ? 1 : 0 })
    let W = G * 2 / (b.value + identity) * identity.scaled(by: -1, plus: 1)  // 0 on the diagonal
    let closed = y.value * W.sum(over: 1, keepingAxes: true) - matmul(W, y.value)
    // docs: end exercise9
    #expect(distance(ours, closed) < 1e-15)
    #expect(distance(ours, .zeros([n, 3])) > 1e-3)
  }

  @Test(
    "chapter 9: the rule of thumb holds from 16 dimensions on",
    arguments: [(64, 16), (64, 64), (64, 512), (256, 64), (256, 512)])
  func rule(n: Int, p: Int) {
    let batches = IndependentBatches(rows: n, width: p)
    #expect(abs(batches.chance - IndependentBatches.rule(rows: n, width: p)) < 0.01)
    #expect(abs(batches.measured - batches.chance) < 0.01)
    #expect(abs(batches.corrected) < 0.02)
  }

  @Test("chapter 10: the gradient of the hinge in closed form")
  func hinge() throws {
    // docs: region exercise10
    let (n, d, ε) = (16, 4, 1e-4)
    let scales = Tensor<Double>([4], [0.2, 0.6, 1.5, 3])  // two within the margin, two beyond it
    let z = Variable(tracking: Tensor<Double>.normal([n, d], key: RandomKey(seed: 10)) * scales)
    varianceHinge(z, margin: 1, epsilon: ε).backward()
    let ours = try #require(z.gradient)

    let centred = z.value - z.value.mean(over: 0, keepingAxes: true)
    let S = ((centred * centred).sum(over: 0) / Double(n - 1) + ε).map(.squareRoot)  // [d]
    let isWithin = S.scaled(by: -1, plus: 1).map(.isPositive)  // S < γ
    let closed = -(centred * isWithin / S) / Double(d * (n - 1))
    // docs: end exercise10
    #expect(distance(ours, closed) < 1e-16)
    #expect(isWithin.scalars == [1, 1, 0, 0])
  }

  @Test("chapter 11: large crops fit rarely")
  func crops() {
    // docs: region exercise11
    var stream = RandomStream(RandomKey(seed: 11))
    let crop = RandomResizedCrop(area: 0.08...1)
    let areas = (0..<10_000).map { _ in
      let box = crop.draw(width: 96, height: 96, from: &stream)
      return Double(box.width * box.height) / (96 * 96)
    }
    let mean = areas.reduce(0, +) / 10_000
    #expect(mean < 0.52)  // and not (0.08 + 1) / 2
    // docs: end exercise11
    #expect(mean > 0.4)
  }

  @Test("chapter 12: with 8 batches to a step the released schedule never comes down")
  func horizon() {
    // docs: region exercise12
    let batches = 1000 * 5004
    let schedule = Schedule.warmupCosine(warmupSteps: batches / 100, totalSteps: batches)
    let last = schedule.learningRate(step: batches / 8 - 1, base: 1e-4)
    #expect((0.966...0.968).contains(last / 1e-4))
    // docs: end exercise12
  }

  @Test("chapter 13: SEED's gradient in closed form")
  func seed() throws {
    // docs: region exercise13
    let (n, d, τS, τT) = (3, 5, 0.2, 0.1)
    let key = RandomKey(seed: 13)
    let queue = SEEDQueue<Double>(capacity: 8, width: d, key: key.child("queue"))
    let t = Tensor<Double>.normal([n, d], key: key.child("teacher"))
    let student = Variable(tracking: Tensor<Double>.normal([n, d], key: key.child("student")))
    let temperatures = SEEDTemperatures(student: τS, teacher: τT)
    seedLoss(student, teacher: t, queue: queue, temperatures: temperatures).total.backward()
    let ours = try #require(student.gradient)

    let length = (student.value * student.value).sum(over: 1, keepingAxes: true).map(.squareRoot)
    let s = student.value / length
    let t̂ = lengthNormalized(Variable(t)).value
    var closed: [Double] = []
    for i in 0..<n {
      let (si, ti) = (s.slice(i..<i + 1, axis: 0), t̂.slice(i..<i + 1, axis: 0))  // [1, d]
      let D = Tensor.concatenated([ti, queue.entries], axis: 0)  // its dictionary [K + 1, d]
      func probabilities(_ x: Tensor<Double>, _ τ: Double) -> Tensor<Double> {
        softmax(Variable(matmul(x, D, transposeB: true) / τ)).value  // [1, K + 1]
      }
      let g = matmul(probabilities(si, τS) - probabilities(ti, τT), D) / (Double(n) * τS)
      let along = (g * si).sum().scalar
      closed += ((g - si * along) / length[i, 0]).scalars
    }
    // docs: end exercise13
    #expect(distance(ours, Tensor([n, d], closed)) < 1e-14)
    #expect(distance(ours, .zeros([n, d])) > 1e-3)
  }
}
