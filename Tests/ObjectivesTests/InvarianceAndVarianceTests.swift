// L₁ against hand-made values and its gradients in closed form.
//
// Formula    ∂L_MSE/∂Z = 2 (Z − Z̃)/(N d)
//            ∂v/∂zₖⱼ = −(zₖⱼ − z̄ⱼ)/(d (N − 1) Sⱼ) where Sⱼ < γ, else 0

import Autodiff
import Kernels
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("Invariance and variance") struct InvarianceAndVarianceTests {
  // The second dimension spreads beyond the margin, the third has collapsed.
  let z = Tensor<Double>([4, 3], [0.1, 5, 0.2, -0.3, -5, 0.2, 0.4, 9, 0.2, 0.2, -7, 0.2])

  @Test("the invariance loss is the mean over batch and dimensions")
  func invariance() throws {
    let a = Variable(tracking: Tensor<Double>([2, 2], [1, 2, 3, 4]))
    let b = Variable(tracking: Tensor<Double>([2, 2], [1, 0, 4, 4]))
    let loss = invarianceLoss(a, b)
    #expect(loss.value.scalar == 1.25)
    loss.backward()
    #expect(a.gradient == Tensor([2, 2], [0, 1, -0.5, 0]))
    #expect(b.gradient == Tensor([2, 2], [0, -1, 0.5, 0]))
  }

  @Test("the deviation is unbiased, with ε under the root", arguments: [0, 1e-4, 0.25])
  func deviation(epsilon: Double) {
    let expected = (0..<3).map { j in
      let column = (0..<4).map { z[$0, j] }
      let mean = column.reduce(0, +) / 4
      return (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3 + epsilon).squareRoot()
    }
    let ours = standardDeviation(Variable(z), epsilon: epsilon).value
    #expect(errorInBounds(ours.scalars, expected, bounds: [1e-15, 1e-14, 1e-15]) <= 1)
  }

  @Test("the hinge pulls only dimensions within the margin, by the closed form")
  func hinge() throws {
    let a = Variable(tracking: z)
    let loss = varianceHinge(a, margin: 1, epsilon: 1e-4)
    let S = standardDeviation(Variable(z), epsilon: 1e-4).value.scalars
    #expect(S[1] > 1 && S[0] < 1 && abs(S[2] - 0.01) < 1e-12)
    #expect(abs(loss.value.scalar - (1 - S[0] + 1 - S[2]) / 3) < 1e-15)
    loss.backward()
    let gradient = try #require(a.gradient)
    let means = (0..<3).map { j in (0..<4).reduce(0) { $0 + z[$1, j] } / 4 }
    for k in 0..<4 {
      for j in 0..<3 {
        let expected = S[j] < 1 ? -(z[k, j] - means[j]) / (3 * 3 * S[j]) : 0
        #expect(abs(gradient[k, j] - expected) < 1e-14, "(\(k), \(j))")
      }
    }
  }

  @Test("a collapsed dimension passes no gradient without ε, as in the released code")
  func collapsed() throws {
    let a = Variable(tracking: Tensor<Double>([4, 1], repeating: 0.2))
    let loss = varianceHinge(a, margin: 1, epsilon: 0)
    #expect(loss.value.scalar == 1)
    loss.backward()
    #expect(a.gradient == .zeros([4, 1]))
  }

  @Test("normalised rows have length 1")
  func normalized() {
    let y = lengthNormalized(Variable(z)).value
    for k in 0..<4 { #expect(abs(norm((0..<3).map { y[k, $0] }) - 1) < 1e-15) }
  }
}
