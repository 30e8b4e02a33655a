// VICReg against torch.cov and torch.var, and against printed numbers.
//
// Made by    Tests/Reference/baselines.py

import Autodiff
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("VICReg") struct VICRegTests {
  static let shapes: [(n: Int, d: Int, scale: Double)] = [(7, 4, 1), (5, 9, 3)]

  @Test(
    "terms and gradients agree with PyTorch, as the released code and as the paper",
    arguments: shapes, ["released", "paper"])
  func againstReference(shape: (n: Int, d: Int, scale: Double), name: String) throws {
    let x = Variable(tracking: rows(shape.n, shape.d, scale: shape.scale))
    let y = Variable(tracking: rows(shape.n, shape.d, offset: 9, scale: shape.scale))
    let value = vicRegLoss(x, y, settings: name == "paper" ? .paper : VICRegSettings())
    let key = "vicreg \(shape.n) \(shape.d) \(name)"
    let terms = try Fixture("baselines").values("\(key) terms")
    #expect(relativeError(value.terms.map(\.value), terms) < 1e-13)
    #expect(value.terms.map(\.name) == ["MSE", "STD", "COV"])
    #expect(try deviation(key, value.total, x, y) < 1e-12)
  }

  @Test("B1: golden: sines, as the released code; without its half 3.974 more")
  func golden() throws {
    let x = Variable(tracking: sines(6, 5, 0.37, 0.1, scale: 1.5))
    let y = Variable(tracking: sines(6, 5, 0.41, 0.25, scale: 1.2))
    let value = vicRegLoss(x, y)
    value.total.backward()
    #expect(agrees(value.total.value.scalar, 14.984855722702))
    let terms = value.terms.map(\.value)
    #expect(agrees(terms[0], 0.417635674487) && agrees(terms[1], 0.158971336874))
    #expect(agrees(terms[2], 0.569680438672))
    let (dX, dY) = try (#require(x.gradient).scalars, #require(y.gradient).scalars)
    #expect(agrees(dX[0], 0.633422083023) && agrees(dY[0], 0.415248979082))
    #expect(agrees(norm(dX), 6.125377211089))
    var summed = VICRegSettings()
    summed.averagesViews = false
    let other = vicRegLoss(Variable(x.value), Variable(y.value), settings: summed)
    #expect(agrees(other.total.value.scalar, 18.959139144560))
  }

  @Test("uncorrelated dimensions have no penalty, equal ones that of their variance")
  func covariance() {
    let free = Tensor<Double>([4, 2], [1, 1, 1, -1, -1, 1, -1, -1])
    #expect(covariancePenalty(Variable(free)).value.scalar == 0)
    // Cov = Var = 4/3 twice off the diagonal, over d = 2.
    let equal = Tensor<Double>([4, 2], [1, 1, 1, 1, -1, -1, -1, -1])
    #expect(abs(covariancePenalty(Variable(equal)).value.scalar - 16 / 9.0) < 1e-15)
  }
}
