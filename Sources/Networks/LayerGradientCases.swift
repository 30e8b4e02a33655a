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
