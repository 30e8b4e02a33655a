// BYOL against squared distances of normalised rows in PyTorch, and against printed numbers.
//
// Made by    Tests/Reference/baselines.py

import Autodiff
import Objectives
import TestSupport
import Testing

@Suite("BYOL") struct BYOLTests {
  @Test("loss and gradients agree with PyTorch")
  func againstReference() throws {
    let (p1, p2) = (Variable(tracking: rows(6, 5)), Variable(tracking: rows(6, 5, offset: 9)))
    let loss = byolLoss(
      predictions: (p1, p2), targets: (rows(6, 5, offset: 17), rows(6, 5, offset: 44)))
    #expect(try deviation("byol", loss, p1, p2) < 1e-13)
  }

  @Test("golden: sines")
  func golden() throws {
    let p1 = Variable(tracking: sines(6, 5, 0.37, 0.1))
    let loss = byolLoss(
      predictions: (p1, Variable(sines(6, 5, 0.41, 0.25))),
      targets: (sines(6, 5, 0.47, 0.35), sines(6, 5, 0.59, 0.45)))
    loss.backward()
    let gradient = try #require(p1.gradient).scalars
    #expect(agrees(loss.value.scalar, 2.740817476739))
    #expect(agrees(gradient[0], -0.067876875861) && agrees(norm(gradient), 0.443365209003))
  }

  @Test("it is symmetric in the views, and each prediction aims at the other view")
  func symmetry() {
    let p = (first: Variable(rows(6, 5)), second: Variable(rows(6, 5, offset: 9)))
    let z = (first: rows(6, 5, offset: 17), second: rows(6, 5, offset: 44))
    let loss = byolLoss(predictions: p, targets: z).value.scalar
    let swapped = byolLoss(
      predictions: (p.second, p.first), targets: (z.second, z.first)
    ).value.scalar
    #expect(abs(loss - swapped) < 1e-15)
    let aimed = byolLoss(predictions: p, targets: (p.second.value, p.first.value)).value.scalar
    #expect(abs(aimed) < 1e-14)
  }
}
