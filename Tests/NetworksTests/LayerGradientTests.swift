import Autodiff
import Networks
import Testing

@Suite("Layer gradients") struct LayerGradientTests {
  @Test("input and parameters agree with central differences", arguments: GradientCase.layers)
  func gradient(of layer: GradientCase) {
    let report = layer.check()
    // Through many layers the difference itself is off by some 1e-6, from rounding over h = 1e-7.
    #expect(report.worstError < 1e-5, "\(report)")
    #expect(report.comparisons > 0)
  }
}
