// SimSiam against cosine_similarity in PyTorch, and against printed numbers.
//
// Made by    Tests/Reference/baselines.py

import Autodiff
import Objectives
import TestSupport
import Testing

@Suite("SimSiam") struct SimSiamTests {
  @Test("loss and gradients agree with PyTorch")
  func againstReference() throws {
    let (p1, p2) = (Variable(tracking: rows(6, 5)), Variable(tracking: rows(6, 5, offset: 9)))
    let loss = simSiamLoss(
      predictions: (p1, p2),
      projections: (Variable(rows(6, 5, offset: 17)), Variable(rows(6, 5, offset: 44))))
    #expect(try deviation("simsiam", loss, p1, p2) < 1e-13)
  }

  @Test("no gradient passes through the projections")
  func stopGradient() throws {
    let (z1, z2) = (Variable(tracking: rows(6, 5)), Variable(tracking: rows(6, 5, offset: 9)))
    let p1 = Variable(tracking: rows(6, 5, offset: 17))
    // p₂ is made from z₂, so z₂ has a gradient, but by way of its own prediction alone.
    simSiamLoss(predictions: (p1, z2 * 2), projections: (z1, z2)).backward()
    #expect(z1.gradient == nil)
    let through = Variable(tracking: rows(6, 5, offset: 9))
    (-0.5 * cosineSimilarity(through, Variable(z1.value)).mean()).backward()
    let (ours, alone) = try (#require(z2.gradient), #require(through.gradient))
    #expect(relativeError(ours.scalars, alone.scalars) < 1e-14)
  }

  @Test("B3: golden: sines; BYOL's loss is 4 + 4 times this")
  func golden() throws {
    let p1 = Variable(tracking: sines(6, 5, 0.37, 0.1))
    let p2 = Variable(sines(6, 5, 0.41, 0.25))
    let (z1, z2) = (sines(6, 5, 0.47, 0.35), sines(6, 5, 0.59, 0.45))
    let loss = simSiamLoss(predictions: (p1, p2), projections: (Variable(z1), Variable(z2)))
    loss.backward()
    #expect(agrees(loss.value.scalar, -0.314795630815))
    #expect(agrees(try #require(p1.gradient).scalars[0], -0.016969218965))
    let byol = byolLoss(predictions: (Variable(p1.value), p2), targets: (z1, z2)).value.scalar
    #expect(abs(byol - (4 + 4 * loss.value.scalar)) < 1e-14)
  }
}
