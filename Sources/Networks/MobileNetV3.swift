// MobileNetV3-Large: inverted residuals found by search, with gates and hard-swish.
//
// Source     Howard et al., ICCV 2019, table 1
// Shape      stem conv 3×3/2 to 16 → fifteen blocks → conv 1×1 to 960 → mean over the image → linear to 1280,
//            hard-swish → dropout, linear. [batch, height, width, 3] → [batch, 1280] or [batch, classes]
// Norms      ε = 0.001, momentum 0.01, as in torchvision
// Names      torchvision's: features.0 … features.16, classifier.0, classifier.3
// Read       InvertedResidual.swift ← this file → EfficientNet.swift
// Tests      Tests/NetworksTests/MobileNetworkTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// MobileNetV3-Large of width 1.
public struct MobileNetV3Large<Scalar: KernelScalar>: Layer {
  /// Length of a feature vector, after the first layer of the classifier.
  public static var featureCount: Int { 1280 }
  private let features: [any Layer<Scalar>]
  private let widening: Linear<Scalar>
  private let dropout = Dropout<Scalar>(0.2, name: "classifier.2")
  private let classifier: Linear<Scalar>?

  /// Draws a network; without `classes` it ends with its features.
  public init(classes: Int? = nil, key: RandomKey) {
    // Kernel, expanded, outputs, squeezed (0: no gate), stride: the rows of table 1. From the seventh
    // on, hard-swish takes relu's place.
    let rows = [
      (3, 16, 16, 0, 1), (3, 64, 24, 0, 2), (3, 72, 24, 0, 1), (5, 72, 40, 24, 2),
      (5, 120, 40, 32, 1), (5, 120, 40, 32, 1), (3, 240, 80, 0, 2), (3, 200, 80, 0, 1),
      (3, 184, 80, 0, 1), (3, 184, 80, 0, 1), (3, 480, 112, 120, 1), (3, 672, 112, 168, 1),
      (5, 672, 160, 168, 2), (5, 960, 160, 240, 1), (5, 960, 160, 240, 1),
    ]
    let norm = BatchNormOptions<Scalar>(epsilon: 0.001, momentum: 0.01)
    func brick(_ i: Int, _ inputs: Int, _ outputs: Int, _ kernel: Int, _ stride: Int)
      -> any Layer<Scalar>
    {
      ConvolutionNormActivation<Scalar>(
        inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, norm: norm,
        activation: .hardSwish, key: key.child("features").child(i))
    }
    var channels = 16
    var features = [brick(0, 3, channels, 3, 2)]
    for (i, (kernel, expanded, outputs, squeezed, stride)) in rows.enumerated() {
      let gate = InvertedResidualPlan.Gate(
        squeezed: squeezed, activation: .relu, gate: .hardSigmoid)
      let plan = InvertedResidualPlan(
        inputs: channels, expanded: expanded, outputs: outputs, kernel: kernel, stride: stride,
        activation: i < 6 ? .relu : .hardSwish, gate: squeezed > 0 ? gate : nil)
      features.append(
        InvertedResidual<Scalar>(plan, norm: norm, key: key.child("features").child(i + 1)))
      channels = outputs
    }
    features.append(brick(rows.count + 1, channels, 6 * channels, 1, 1))
    self.features = features
    widening = Linear(
      inputs: 6 * channels, outputs: Self.featureCount, deviation: 0.01,
      key: key.child("classifier.0"))
    classifier = classes.map {
      Linear(
        inputs: Self.featureCount, outputs: $0, deviation: 0.01, key: key.child("classifier.3"))
    }
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    let pooled = features.reduce(x) { y, layer in layer(y, mode: mode) }.mean(over: 1, 2)
    let h = hardSwish(widening(pooled, mode: mode))
    guard let classifier else { return h }
    return classifier(dropout(h, mode: mode), mode: mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    for (i, layer) in features.enumerated() { visit("features.\(i)", layer, body) }
    visit("classifier.0", widening, body)
    if let classifier { visit("classifier.3", classifier, body) }
  }
}
