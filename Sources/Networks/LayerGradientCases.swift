// Gradient checks of whole layers: the input and every parameter at once.
//
// Idea       A layer becomes a function of (x, θ₁, θ₂, …): its parameters are replaced by the
//            variables under test through `Parameter.substitute`, so the same code runs as in training.
// Read       Autodiff/GradientCase.swift ← this file → Tests/NetworksTests/LayerGradientTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

extension GradientCase {
  /// Every layer, at a small size.
  public static var layers: [GradientCase] {
    let key = RandomKey(seed: 7)
    let drawing = Mode.training.drawing(from: RandomKey(seed: 8))
    return [
      layer("Linear", at: [3, 4]) { Linear(inputs: 4, outputs: 2, key: key) },
      layer("Convolution2D", at: [2, 5, 4, 3]) {
        Convolution2D(inputs: 3, outputs: 4, kernel: 3, stride: 2, padding: 1, key: key)
      },
      layer("BatchNorm, training", at: [4, 2, 3]) { BatchNorm(channels: 3) },
      layer("BatchNorm, evaluation", at: [4, 2, 3], mode: .frozenStatistics) {
        BatchNorm(channels: 3)
      },
      layer("ResidualBlock, basic", at: [2, 6, 5, 3]) {
        ResidualBlock(
          .basic, inputs: 3, width: 4, stride: 2, zeroInitialized: false, key: key)
      },
      layer("ResidualBlock, identity shortcut", at: [2, 4, 5, 4]) {
        ResidualBlock(
          .basic, inputs: 4, width: 4, stride: 1, zeroInitialized: false, key: key)
      },
      layer("ResidualBlock, bottleneck", at: [2, 6, 5, 3]) {
        ResidualBlock(
          .bottleneck, inputs: 3, width: 2, stride: 2, zeroInitialized: false, key: key)
      },
      layer("ResidualBlock, subsampling", at: [2, 5, 6, 2]) {
        ResidualBlock(
          .basic, inputs: 2, width: 4, stride: 2, shortcut: .subsampling, zeroInitialized: false,
          key: key)
      },
      layer("LayerNorm", at: [3, 2, 5]) { LayerNorm(channels: 5) },
      layer("MultiHeadAttention", at: [2, 3, 6]) {
        MultiHeadAttention(width: 6, heads: 2, key: key)
      },
      layer("TransformerBlock", at: [2, 3, 4]) {
        TransformerBlock(width: 4, heads: 2, hidden: 7, activation: .gelu, key: key)
      },
      layer("VisionTransformer", at: [2, 6, 6, 3], mode: .frozenStatistics) {
        VisionTransformer(
          .init(imageSize: 6, patch: 3, width: 4, layers: 1, heads: 2, hidden: 5, outputs: 3),
          key: key)
      },
      layer("Dropout", at: [3, 5], mode: drawing) { Dropout(0.4, name: "here") },
      layer("StochasticDepth", at: [6, 2, 2], mode: drawing) {
        StochasticDepth(0.4, name: "there")
      },
      layer("SqueezeExcitation", at: [2, 3, 2, 4]) {
        SqueezeExcitation(channels: 4, squeezed: 3, activation: .silu, key: key)
      },
      layer("ConvolutionNormActivation", at: [3, 5, 4, 2]) {
        ConvolutionNormActivation(
          inputs: 2, outputs: 3, kernel: 3, stride: 2, activation: .hardSwish, key: key)
      },
      layer("InvertedResidual, with a gate", at: [3, 4, 5, 4], mode: drawing) {
        InvertedResidual(
          .init(
            inputs: 4, expanded: 6, outputs: 4, activation: .silu,
            gate: .init(squeezed: 2, activation: .silu, gate: .logistic), dropProbability: 0.3),
          name: "block", key: key)
      },
      layer("InvertedResidual, with relu6", at: [3, 6, 5, 2]) {
        InvertedResidual(
          .init(
            inputs: 2, expanded: 5, outputs: 3, kernel: 5, stride: 2, activation: .relu6,
            names: .conv), key: key)
      },
      layer("ResNet, 8", at: [2, 8, 8, 3]) { ResNet(.resnet8, key: key) },
      layer("Projector", at: [5, 4]) { Projector(inputs: 4, widths: [6, 5, 3], key: key) },
      layer("Encoder, small stem", at: [5, 8, 8, 3]) {
        Encoder(backbone: .resnet8, smallKernel: true, projector: [8, 4], key: key)
      },
    ]
  }

  private static func layer(
    _ name: String, at shape: [Int], mode: Mode = .training,
    _ make: @escaping @Sendable () -> some Layer<Double> & SendableMetatype
  ) -> GradientCase {
    let shapes =
      [shape] + make().parameters.filter(\.parameter.isTrained).map(\.parameter.value.shape)
    return GradientCase(name, at: shapes, steps: [1e-6, 3e-7], directions: 6) { variables in
      // A fresh layer each time: a check must not see the last call's running statistics.
      let layer = make()
      let trained = layer.parameters.map(\.parameter).filter(\.isTrained)
      for (parameter, variable) in zip(trained, variables.dropFirst()) {
        parameter.substitute(variable)
      }
      return layer(variables[0], mode: mode)
    }
  }
}
