// MobileNetV2: inverted residuals with relu6.
//
// Source     Sandler et al., CVPR 2018, table 2
// Shape      stem conv 3×3/2 to 32 → seventeen blocks → conv 1×1 to 1280 → mean over the image
//            → dropout, linear. [batch, height, width, 3] → [batch, 1280] or [batch, classes]
// Names      torchvision's: features.0 … features.18, classifier.1
// Read       InvertedResidual.swift ← this file → MobileNetV3.swift
// Tests      Tests/NetworksTests/MobileNetworkTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// MobileNetV2 of width 1.
public struct MobileNetV2<Scalar: KernelScalar>: Layer {
  /// Length of a feature vector.
  public static var featureCount: Int { 1280 }
  private let features: [any Layer<Scalar>]
  private let dropout = Dropout<Scalar>(0.2, name: "classifier.0")
  private let classifier: Linear<Scalar>?

  /// Draws a network; without `classes` it ends with its features.
  public init(classes: Int? = nil, key: RandomKey) {
    // Expansion, channels, repetitions, stride of the first: the rows of table 2.
    let stages = [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ]
    var channels = 32
    var features: [any Layer<Scalar>] = [
      ConvolutionNormActivation<Scalar>(
        inputs: 3, outputs: channels, kernel: 3, stride: 2, activation: .relu6,
        key: key.child("features").child(0))
    ]
    for (expansion, outputs, repetitions, stride) in stages {
      for i in 0..<repetitions {
        let plan = InvertedResidualPlan(
          inputs: channels, expanded: expansion * channels, outputs: outputs,
          stride: i == 0 ? stride : 1, activation: .relu6, names: .conv)
        features.append(
          InvertedResidual<Scalar>(plan, key: key.child("features").child(features.count)))
        channels = outputs
      }
    }
    features.append(
      ConvolutionNormActivation<Scalar>(
        inputs: channels, outputs: Self.featureCount, activation: .relu6,
        key: key.child("features").child(features.count)))
    self.features = features
    classifier = classes.map {
      Linear(
        inputs: Self.featureCount, outputs: $0, deviation: 0.01, key: key.child("classifier.1"))
    }
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    let h = features.reduce(x) { y, layer in layer(y, mode: mode) }.mean(over: 1, 2)
    guard let classifier else { return h }
    return classifier(dropout(h, mode: mode), mode: mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    for (i, layer) in features.enumerated() { visit("features.\(i)", layer, body) }
    if let classifier { visit("classifier.1", classifier, body) }
  }
}
