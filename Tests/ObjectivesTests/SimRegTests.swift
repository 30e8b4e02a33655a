// SimReg's loss against mse_loss of normalised rows in PyTorch, and against printed numbers.
//
// Made by    Tests/Reference/baselines.py

import Autodiff
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("SimReg") struct SimRegTests {
  @Test("loss and gradient agree with PyTorch, summed and averaged over dimensions")
  func againstReference() throws {
    for (name, scale) in [("sum", SquaredDifferenceScale.batch), ("mean", .mean)] {
      let q = Variable(tracking: rows(6, 5))
      let loss = simRegLoss(q, teacher: rows(6, 5, offset: 9), scale: scale)
      #expect(try deviation("simreg \(name)", loss, q) < 1e-13)
    }
  }

  @Test("R19: with several teachers the loss is the mean of theirs")
  func teachers() throws {
    let (a, b) = (Variable(tracking: rows(6, 5)), Variable(tracking: rows(6, 3, offset: 40)))
    let loss = simRegLoss([a, b], teachers: [rows(6, 5, offset: 9), rows(6, 3, offset: 50)])
    #expect(try deviation("simreg teachers", loss, a, b) < 1e-13)
  }

  @Test("R2: golden: sines; the mean over all numbers is 8 times less")
  func golden() throws {
    let q = Variable(tracking: sines(4, 8, 0.37, 0.1))
    let t = sines(4, 8, 0.53, 0.2)
    let loss = simRegLoss(q, teacher: t)
    loss.backward()
    let gradient = try #require(q.gradient).scalars
    #expect(agrees(loss.value.scalar, 1.835221051962))
    #expect(agrees(norm(gradient), 0.465014722231) && agrees(gradient[0], -0.047956285414))
    let mean = simRegLoss(Variable(q.value), teacher: t, scale: .mean).value.scalar
    #expect(abs(mean - 1.835221051962 / 8) < 1e-12)
  }

  @Test("R1: vectors that are normalised already give the same")
  func normalized() {
    let (q, t) = (rows(6, 5), rows(6, 5, offset: 9))
    let plain = simRegLoss(Variable(q), teacher: t).value.scalar
    #expect(abs(simRegLoss(Variable(unit(q)), teacher: unit(t)).value.scalar - plain) < 1e-15)
  }

  @Test("equal directions cost 0, opposite ones 4")
  func range() {
    let t = rows(6, 5)
    #expect(abs(simRegLoss(Variable(t * 3), teacher: t).value.scalar) < 1e-15)
    #expect(abs(simRegLoss(Variable(-t), teacher: t).value.scalar - 4) < 1e-15)
  }

  @Test(
    "R3: the heads have the shapes of the released code",
    arguments: [
      (512, 2048, 3_678_720, 2_624_512), (1280, 2048, 15_091_968, 8_524_288),
      (2048, 8192, 58_755_072, 41_955_328), (512, 8192, 9_976_320, 8_922_112),
    ])
  func head(d: Int, D: Int, four: Int, two: Int) {
    #expect(SimRegHeadShape.fourLayers.parameterCount(from: d, to: D) == four)
    #expect(SimRegHeadShape.twoLayers.parameterCount(from: d, to: D) == two)
    #expect(SimRegHeadShape.linear.parameterCount(from: d, to: D) == 2 * d + (d + 1) * D)
    let layers = SimRegHeadShape.fourLayers.layers(from: d, to: D)
    #expect(layers.count == 8 && layers[3] == .linear(inputs: 2 * d, outputs: d))
    #expect(layers[4] == .linear(inputs: d, outputs: 2 * d))
    #expect(!SimRegHeadShape.twoLayers.layers(from: d, to: D).contains(.relu))
  }
}
