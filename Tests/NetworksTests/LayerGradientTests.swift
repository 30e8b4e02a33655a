import Autodiff
import Networks
import Testing

@Suite("Layer gradients") struct LayerGradientTests {
  @Test("input and parameters agree with central differences", arguments: GradientCase.layers)
  func gradient(of layer: GradientCase) {
    let report = layer.check()
    #expect(report.worstError < 1e-6, "\(report)")
    #expect(report.comparisons > 0)
  }
}
