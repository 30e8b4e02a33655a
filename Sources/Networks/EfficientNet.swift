// EfficientNet-B0 and B1: gated inverted residuals with silu, scaled in depth by one rule.
//
// Source     Tan & Le, ICML 2019, table 1; B1 repeats each stage ⌈1.1 n⌉ times
// Shape      stem conv 3×3/2 to 32 → seven stages → conv 1×1 to 1280 → mean over the image → dropout,
//            linear. [batch, height, width, 3] → [batch, 1280] or [batch, classes]
// Gate       Squeezes to a quarter of the block's *input* channels.
// Depth      Block g of n is left out with probability 0.2 g/n.
// Padding    Half the kernel on every side, as in torchvision; TensorFlow's original pads below and on the
//            right first.
// Names      torchvision's: features.0, features.stage.block.…, features.8, classifier.1
// Read       InvertedResidual.swift ← this file → NamedNetwork.swift
// Tests      Tests/NetworksTests/MobileNetworkTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// Which of the EfficientNets of width 1.
public enum EfficientNetVariant: String, CaseIterable, Sendable {
  case b0, b1
  /// By what repetitions are multiplied, in tenths.
  var depthInTenths: Int { self == .b0 ? 10 : 11 }
}

/// EfficientNet of width 1.
public struct EfficientNet<Scalar: KernelScalar>: Layer {
  /// Length of a feature vector.
  public static var featureCount: Int { 1280 }
  private let stem: ConvolutionNormActivation<Scalar>
  private let stages: [[InvertedResidual<Scalar>]]
  private let head: ConvolutionNormActivation<Scalar>
  private let dropout = Dropout<Scalar>(0.2, name: "classifier.0")
  private let classifier: Linear<Scalar>?
  /// How often each block's branch is left out in training, first to last.
  public let dropProbabilities: [Double]

  /// Draws a network; without `classes` it ends with its features.
  public init(_ variant: EfficientNetVariant, classes: Int? = nil, key: RandomKey) {
    // Expansion, kernel, stride, channels, repetitions in B0: the rows of table 1.
    let rows = [
      (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
      (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
    ]
    let counts = rows.map { ($0.4 * variant.depthInTenths + 9) / 10 }
    let total = counts.reduce(0, +)
    dropProbabilities = (0..<total).map { 0.2 * Double($0) / Double(total) }
    var channels = 32
    stem = ConvolutionNormActivation(
      inputs: 3, outputs: channels, kernel: 3, stride: 2, activation: .silu,
      key: key.child("features.0"))
    var stages: [[InvertedResidual<Scalar>]] = []
    var place = 0
    for (i, (expansion, kernel, stride, outputs, _)) in rows.enumerated() {
      var blocks: [InvertedResidual<Scalar>] = []
      for j in 0..<counts[i] {
        let gate = InvertedResidualPlan.Gate(
          squeezed: max(1, channels / 4), activation: .silu, gate: .logistic)
        let plan = InvertedResidualPlan(
          inputs: channels, expanded: expansion * channels, outputs: outputs, kernel: kernel,
          stride: j == 0 ? stride : 1, activation: .silu, gate: gate,
          dropProbability: dropProbabilities[place])
        let name = "features.\(i + 1).\(j)"
        blocks.append(InvertedResidual(plan, name: name, key: key.child(name)))
        channels = outputs
        place += 1
      }
      stages.append(blocks)
    }
    self.stages = stages
    head = ConvolutionNormActivation(
      inputs: channels, outputs: Self.featureCount, activation: .silu,
      key: key.child("features.8"))
    classifier = classes.map { classes in
      // U(−1/√classes, 1/√classes), as torchvision: variance 1/(3 classes).
      Linear(
        inputs: Self.featureCount, outputs: classes, bound: 1 / Scalar(classes).squareRoot(),
        key: key.child("classifier.1"))
    }
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    var y = stem(x, mode: mode)
    for stage in stages { for block in stage { y = block(y, mode: mode) } }
    let h = head(y, mode: mode).mean(over: 1, 2)
    guard let classifier else { return h }
    return classifier(dropout(h, mode: mode), mode: mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    visit("features.0", stem, body)
    for (i, stage) in stages.enumerated() {
      for (j, block) in stage.enumerated() { visit("features.\(i + 1).\(j)", block, body) }
    }
    visit("features.8", head, body)
    if let classifier { visit("classifier.1", classifier, body) }
  }
}
