// What the golden tests of networks share: inputs in PyTorch's layout, the parameters of fixture G6.

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import TestSupport

/// A pattern of PyTorch's shape [batch, channels, height, width], moved to this project's layout.
func patternImages(_ shape: [Int], offset: Int = 0, scale: Double = 1) -> Tensor<Double> {
  Tensor(shape, pattern(shape.reduce(1, *), offset: offset, scale: scale))
    .permuted(axes: 0, 2, 3, 1)
}

extension Layer<Double> {
  /// Loads patterns, scaled so that activations keep their size (golden vectors G6).
  func loadPatterns() throws {
    try load(
      stateDictionary().map { entry in
        let shape = entry.tensor.shape
        let count = entry.tensor.count
        let name = entry.name
        let scalars =
          if name.hasSuffix("num_batches_tracked") {
            [0.0]
          } else if shape.count == 4 {
            pattern(count, scale: (24 / Double(shape[1] * shape[2] * shape[3])).squareRoot())
          } else if name.hasSuffix("running_var") {
            pattern(count, scale: 0.5, shift: 1)
          } else if name.hasSuffix("running_mean") || name.hasSuffix("bias") {
            pattern(count, scale: 0.1)
          } else {
            pattern(count, scale: 0.2, shift: 1)
          }
        return NamedTensor(name: name, tensor: Tensor(shape, scalars), isCounter: entry.isCounter)
      })
  }

  /// The value of a named parameter or statistic.
  func value(_ name: String) -> Tensor<Double>? {
    parameters.first { $0.name == name }?.parameter.value
  }
}
