// SEED, SimReg and the baselines at zero vectors, constant batches and a batch of one: finite, in both
// number types, as docs/singular-points.md says.

import Autodiff
import Foundation
import Kernels
import Objectives
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("Singular points of the baselines") struct SingularBaselineTests {
  enum Batch: CaseIterable { case zeros, zeroRow, constant, one, oneZero, equal }

  private func batch<S: KernelScalar>(_ kind: Batch, offset: Int) -> Tensor<S> {
    let x = rows(4, 3, offset: offset)
    let special: Tensor<Double> =
      switch kind {
      case .zeros: .zeros([4, 3])
      case .zeroRow: x * Tensor([4, 1], [1, 0, 1, 1])
      case .constant: Tensor([4, 3], repeating: 0.1)
      case .one: x.slice(0..<1, axis: 0)
      case .oneZero: .zeros([1, 3])
      case .equal: rows(4, 3)
      }
    return special.converted(to: S.self)
  }

  private func checkAll<S: KernelScalar>(_ kind: Batch, _: S.Type) throws {
    let key = RandomKey(seed: 2)
    let queue = SEEDQueue<S>(capacity: 5, width: 3, key: key)
    let (a, b): (Tensor<S>, Tensor<S>) = (batch(kind, offset: 0), batch(kind, offset: 9))
    let losses: [(String, (Variable<S>, Variable<S>) -> Variable<S>)] = [
      ("SEED", { x, _ in seedLoss(x, teacher: b, queue: queue).total }),
      (
        "SEED, released",
        { x, _ in seedLoss(x, teacher: b, queue: queue, temperatures: .releasedCode).total }
      ),
      ("SimReg", { x, _ in simRegLoss(x, teacher: b) }),
      ("VICReg", { x, y in vicRegLoss(x, y).total }),
      ("Barlow Twins", { x, y in barlowTwinsLoss(x, y).total }),
      ("BYOL", { x, y in byolLoss(predictions: (x, y), targets: (a, b)) }),
      (
        "SimSiam",
        { x, y in simSiamLoss(predictions: (x, y), projections: (Variable(a), Variable(b))) }
      ),
    ]
    for (name, loss) in losses {
      let (x, y) = (Variable(tracking: a), Variable(tracking: b))
      let value = loss(x, y)
      value.backward()
      #expect(value.value.isFinite, "\(name), \(kind)")
      #expect(try #require(x.gradient).isFinite, "\(name), \(kind)")
      #expect(y.gradient?.isFinite != false, "\(name), \(kind)")
    }
  }

  @Test(
    "every loss and gradient is finite for zero vectors, constant batches and a batch of one",
    arguments: Batch.allCases)
  func finite(kind: Batch) throws {
    try checkAll(kind, Double.self)
    try checkAll(kind, Float.self)
  }

  @Test("a row of zeros has the cosine 0: SimReg 2, BYOL 4, SimSiam 0")
  func zeroRows() {
    let (zero, x) = (Tensor<Double>.zeros([3, 4]), rows(3, 4))
    #expect(simRegLoss(Variable(zero), teacher: x).value.scalar == 2)
    #expect(simRegLoss(Variable(x), teacher: zero).value.scalar == 2)
    let p = (Variable(zero), Variable(x))
    #expect(byolLoss(predictions: p, targets: (zero, x)).value.scalar == 4)
    let z = (Variable(zero), Variable(x))
    #expect(simSiamLoss(predictions: p, projections: z).value.scalar == 0)
  }

  @Test("a student, or a teacher, of zeros finds all equally similar: SEED's part is even")
  func evenSEED() throws {
    let queue = SEEDQueue<Double>(capacity: 7, width: 4, key: RandomKey(seed: 2))
    let (zero, x) = (Tensor<Double>.zeros([3, 4]), rows(3, 4))
    let student = seedLoss(Variable(zero), teacher: x, queue: queue)
    #expect(abs(student.total.value.scalar - log(8)) < 1e-14)
    let teacher = seedLoss(Variable(zero), teacher: zero, queue: queue)
    #expect(abs(teacher.total.value.scalar - log(8)) < 1e-14)
    #expect(abs(teacher.terms[1].value) < 1e-14)
    var filled = queue
    filled.append(zero)
    #expect(filled.entries.slice(0..<3, axis: 0) == zero)
  }

  @Test("constant batches and a batch of one: VICReg's hinge alone is left, Barlow Twins costs d")
  func collapsed() throws {
    for n in [1, 5] {
      let x = Variable(tracking: Tensor<Double>([n, 3], repeating: 0.25))
      let y = Variable(Tensor<Double>([n, 3], repeating: 0.25))
      let value = vicRegLoss(x, y)
      value.total.backward()
      #expect(abs(value.total.value.scalar - 25 * 0.99) < 1e-12)
      #expect(x.gradient == .zeros([n, 3]))
      let z = Variable(tracking: x.value)
      let barlow = barlowTwinsLoss(z, y).total
      barlow.backward()
      #expect(abs(barlow.value.scalar - 3) < 1e-12)
      #expect(try #require(z.gradient) == .zeros([n, 3]))
    }
  }
}
