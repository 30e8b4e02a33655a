// ResNet for CIFAR: 20 to 56 layers on images of 32 pixels, a classifier at the end.
//
// Source     He et al., CVPR 2016, §4.2: three stages of n blocks, widths 16, 32, 64, 6 n + 2 layers
// Shape      conv 3×3 to 16, bn, relu → stages, strides 1, 2, 2 → mean over the image → linear.
//            [batch, 32, 32, 3] → [batch, classes]
// Shortcut   Option A: where a stage narrows the map, every second pixel is taken and zeros are put in the
//            place of the new channels, half before and half after; no parameters.
// Names      Those of the published weights: conv1, bn1, layer1.0.conv1, …, linear
// Read       ResidualBlock.swift ← this file
// Tests      Tests/NetworksTests/CIFARResNetTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// How deep a CIFAR ResNet is: its number of layers with parameters.
public enum CIFARResNetDepth: Int, CaseIterable, Sendable {
  case layers20 = 20
  case layers32 = 32
  case layers44 = 44
  case layers56 = 56
  /// n, blocks in a stage.
  public var blocks: Int { (rawValue - 2) / 6 }
}

/// A residual network for small images, with its classifier.
public struct CIFARResNet<Scalar: KernelScalar>: Layer {
  /// Length of a feature vector.
  public static var featureCount: Int { 64 }
  private let stem: Convolution2D<Scalar>
  private let stemNorm: BatchNorm<Scalar>
  private let stages: [[ResidualBlock<Scalar>]]
  private let classifier: Linear<Scalar>?

  /// Draws a network; without `classes` it ends with its features.
  public init(_ depth: CIFARResNetDepth, classes: Int? = 10, key: RandomKey) {
    stem = Convolution2D(
      inputs: 3, outputs: 16, kernel: 3, padding: 1, key: key.child("conv1"))
    stemNorm = BatchNorm(channels: 16)
    var channels = 16
    stages = [16, 32, 64].enumerated().map { i, width in
      (0..<depth.blocks).map { j in
        let inputs = channels
        channels = width
        return ResidualBlock(
          .basic, inputs: inputs, width: width, stride: j == 0 && i > 0 ? 2 : 1,
          shortcut: .subsampling, zeroInitialized: false,
          key: key.child("layer\(i + 1)").child(j))
      }
    }
    classifier = classes.map {
      Linear(inputs: Self.featureCount, outputs: $0, key: key.child("linear"))
    }
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    var y = stemNorm(of: stem, x, mode: mode, rectified: true)
    for stage in stages { for block in stage { y = block(y, mode: mode) } }
    let h = y.mean(over: 1, 2)
    guard let classifier else { return h }
    return classifier(h, mode: mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    visit("conv1", stem, body)
    visit("bn1", stemNorm, body)
    for (i, stage) in stages.enumerated() {
      for (j, block) in stage.enumerated() { visit("layer\(i + 1).\(j)", block, body) }
    }
    if let classifier { visit("linear", classifier, body) }
  }
}
