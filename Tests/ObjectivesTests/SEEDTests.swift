// SEED's loss against PyTorch, against printed numbers, and against its own limits.
//
// Made by    Tests/Reference/baselines.py
// Tolerance  1e-12: a softmax at τ_T = 0.01 multiplies the rounding of a cosine by 100. At 1e-4 it is 10⁴,
//            but there the target is one-hot and does not move.

import Autodiff
import Foundation
import Kernels
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("SEED") struct SEEDTests {
  static let settings: [(name: String, temperatures: SEEDTemperatures)] = [
    ("paper", .paper), ("released", .releasedCode),
    ("soft", SEEDTemperatures(student: 0.5, teacher: 0.3)),
  ]

  @Test("loss, divergence and gradient agree with PyTorch", arguments: settings)
  func againstReference(name: String, temperatures: SEEDTemperatures) throws {
    let student = Variable(tracking: rows(5, 6))
    let value = seedLoss(
      student, teacher: rows(5, 6, offset: 9), queue: try queue(11, 6, 60),
      temperatures: temperatures)
    let divergence = try Fixture("baselines").values("seed \(name) divergence")
    #expect(relativeError([value.terms[1].value], divergence) < 1e-12)
    #expect(value.terms.map(\.name) == ["SEED", "KL"])
    #expect(try deviation("seed \(name)", value.total, student) < 1e-12)
  }

  @Test(
    "S1: golden: sines, at the temperatures of paper and code",
    arguments: [
      (0.1, 4.676629645957, 4.037434408771, 1.129791512794, -0.109275985025),
      (0.01, 4.550683632094, 4.517315040018, 1.152982440634, -0.089997390864),
      (1e-4, 4.544884126350, 4.544884126350, 1.152722707048, -0.089133584951),
    ])
  func golden(τ: Double, loss: Double, divergence: Double, length: Double, first: Double) throws {
    let student = Variable(tracking: sines(4, 8, 0.37, 0.1))
    let value = seedLoss(
      student, teacher: sines(4, 8, 0.53, 0.2), queue: try goldenQueue(0.29, 0.3),
      temperatures: SEEDTemperatures(student: 0.2, teacher: τ))
    #expect(agrees(value.total.value.scalar, loss) && agrees(value.terms[1].value, divergence))
    value.total.backward()
    let gradient = try #require(student.gradient).scalars
    #expect(agrees(norm(gradient), length) && agrees(gradient[0], first))
  }

  @Test("with a sharp teacher it is InfoNCE with the teacher's embedding as the positive")
  func infoNCE() throws {
    let (s, t, q) = (unit(rows(5, 6)), unit(rows(5, 6, offset: 9)), try queue(11, 6, 60))
    let own = (s * t).sum(over: 1, keepingAxes: true)
    let others = matmul(Variable(s), Variable(q.entries), transposeB: true).value
    let logits = Tensor.concatenated([own, others], axis: 1) / 0.2
    let expected = crossEntropy(Variable(logits), labels: [0, 0, 0, 0, 0]).value.scalar
    let ours = seedLoss(
      Variable(s), teacher: t, queue: q, temperatures: .releasedCode
    ).total.value.scalar
    #expect(abs(ours - expected) < 1e-12)
  }

  @Test("a student that is its teacher has no divergence and, at one temperature, no gradient")
  func agreement() throws {
    let student = Variable(tracking: rows(5, 6) * 3)
    let value = seedLoss(
      student, teacher: rows(5, 6), queue: try queue(11, 6, 60),
      temperatures: SEEDTemperatures(student: 0.2, teacher: 0.2))
    value.total.backward()
    #expect(abs(value.terms[1].value) < 1e-14 && value.total.value.scalar > 0.1)
    #expect(try #require(student.gradient).scalars.allSatisfy { abs($0) < 1e-14 })
  }

  @Test("the order of the queue does not matter, the image's own embedding does")
  func order() throws {
    let q = try queue(11, 6, 60)
    let turned = try SEEDQueue(
      entries: q.entries.gathered(rows: Array((0..<11).reversed())), position: 0)
    let t = rows(5, 6, offset: 9)
    func loss(_ teacher: Tensor<Double>, _ queue: SEEDQueue<Double>) -> Double {
      seedLoss(Variable(rows(5, 6)), teacher: teacher, queue: queue).total.value.scalar
    }
    #expect(abs(loss(t, q) - loss(t, turned)) < 1e-13)
    #expect(abs(loss(t, q) - loss(t.gathered(rows: [1, 2, 3, 4, 0]), q)) > 0.01)
  }

  @Test("small patches have a queue of their own and count once together")
  func patches() throws {
    let (student, patch) = (
      Variable(tracking: rows(5, 6)), Variable(tracking: rows(15, 6, offset: 13))
    )
    let value = seedMultiViewLoss(
      whole: SEEDEmbeddings(student: student, teacher: rows(5, 6, offset: 9)),
      patches: SEEDEmbeddings(student: patch, teacher: rows(15, 6, offset: 21)),
      queues: try SEEDMultiViewQueue(whole: queue(11, 6, 60), patches: queue(11, 6, 77)),
      temperatures: SEEDTemperatures(student: 0.2, teacher: 0.1))
    #expect(value.terms.map(\.name) == ["SEED", "KL", "SEED_patches", "KL_patches"])
    #expect(try deviation("seed patches", value.total, student, patch) < 1e-12)
  }

  @Test("golden: sines, with small patches")
  func goldenPatches() throws {
    let value = seedMultiViewLoss(
      whole: SEEDEmbeddings(
        student: Variable(sines(4, 8, 0.37, 0.1)), teacher: sines(4, 8, 0.53, 0.2)),
      patches: SEEDEmbeddings(
        student: Variable(sines(24, 8, 0.31, 0.15)), teacher: sines(24, 8, 0.43, 0.05)),
      queues: try SEEDMultiViewQueue(
        whole: goldenQueue(0.29, 0.3), patches: goldenQueue(0.23, 0.4)))
    #expect(agrees(value.terms[0].value, 4.550683632094))
    #expect(agrees(value.terms[2].value, 4.506445808189))
    #expect(agrees(value.total.value.scalar, 9.057129440282))
  }

  private func queue(_ k: Int, _ d: Int, _ offset: Int) throws -> SEEDQueue<Double> {
    try SEEDQueue(entries: unit(rows(k, d, offset: offset)), position: 0)
  }

  private func goldenQueue(_ a: Double, _ φ: Double) throws -> SEEDQueue<Double> {
    try SEEDQueue(entries: unit(sines(16, 8, a, φ)), position: 0)
  }
}
