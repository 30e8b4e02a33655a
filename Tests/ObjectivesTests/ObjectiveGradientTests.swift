import Autodiff
import Objectives
import Testing

@Suite("Loss gradients") struct ObjectiveGradientTests {
  @Test("the pullback agrees with central differences", arguments: GradientCase.losses)
  func gradient(of loss: GradientCase) {
    let report = loss.check()
    #expect(report.worstError < 1e-6, "\(report)")
    #expect(report.comparisons > 0)
  }
}
