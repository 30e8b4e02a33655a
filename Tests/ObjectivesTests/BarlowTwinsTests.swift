// Barlow Twins against BatchNorm1d without affine part, and against printed numbers.
//
// Made by    Tests/Reference/baselines.py

import Autodiff
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("Barlow Twins") struct BarlowTwinsTests {
  @Test("correlation, terms and gradients agree with PyTorch", arguments: [(7, 4), (5, 9)])
  func againstReference(n: Int, d: Int) throws {
    let fixture = try Fixture("baselines")
    let (x, y) = (Variable(tracking: rows(n, d)), Variable(tracking: rows(n, d, offset: 9)))
    let C = crossCorrelation(Variable(x.value), Variable(y.value)).value.scalars
    #expect(relativeError(C, try fixture.values("barlow \(n) \(d) correlation")) < 1e-13)
    let value = barlowTwinsLoss(x, y)
    let terms = try fixture.values("barlow \(n) \(d) terms")
    #expect(relativeError(value.terms.map(\.value), terms) < 1e-13)
    #expect(try deviation("barlow \(n) \(d)", value.total, x, y) < 1e-12)
  }

  @Test("B2: golden: sines, with the λ of paper and released code")
  func golden() throws {
    let x = Variable(tracking: sines(6, 5, 0.37, 0.1, scale: 1.5))
    let y = Variable(sines(6, 5, 0.41, 0.25, scale: 1.2))
    let C = crossCorrelation(Variable(x.value), y).value
    #expect(agrees(C[0, 0], 0.610103973635) && agrees(C[0, 1], -0.504799217061))
    let paper = barlowTwinsLoss(Variable(x.value), y).total.value.scalar
    #expect(agrees(paper, 0.441314714273))
    let released = barlowTwinsLoss(x, y, redundancyWeight: 0.0051).total
    released.backward()
    let gradient = try #require(x.gradient).scalars
    #expect(agrees(released.value.scalar, 0.441719408434))
    #expect(agrees(gradient[0], -0.181786236512) && agrees(norm(gradient), 0.959797961557))
  }

  @Test("moving and scaling a dimension changes nothing, up to ε")
  func invariance() {
    let (x, y) = (rows(7, 4, scale: 50), rows(7, 4, offset: 9, scale: 50))
    let moved = x * Tensor([4], [2, 3, 0.5, 7]) + Tensor([4], [1, -4, 0, 2])
    let plain = crossCorrelation(Variable(x), Variable(y)).value.scalars
    let ours = crossCorrelation(Variable(moved), Variable(y)).value.scalars
    #expect(relativeError(ours, plain) < 1e-6)
  }
}
