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

/// 4 pat + √2 pat pat, square, in this project's layout: off the grid of the pattern's values, where
/// maxima would tie and kinks be hit.
func mixedImages(_ batch: Int, _ size: Int) -> Tensor<Double> {
  let shape = [batch, 3, size, size]
  let product = patternImages(shape, offset: 40) * patternImages(shape, offset: 71)
  return patternImages(shape, scale: 4) + product * 2.0.squareRoot()
}

extension Layer<Double> {
  /// Loads patterns, each tensor's shifted by its place, scaled so that activations keep their size.
  func loadShiftedPatterns() throws {
    try load(
      stateDictionary().enumerated().map { i, entry in
        let (name, shape, count) = (entry.name, entry.tensor.shape, entry.tensor.count)
        let (scale, shift): (Double, Double) =
          switch true {
          case shape.count >= 2: ((24 * Double(shape[0]) / Double(count)).squareRoot(), 0)
          case name.hasSuffix("running_var"): (0.5, 1)
          case name.hasSuffix("running_mean"), name.hasSuffix("bias"): (0.1, 0)
          default: (0.2, 1)
          }
        let scalars =
          entry.isCounter ? [0] : pattern(count, offset: 13 * i, scale: scale, shift: shift)
        return NamedTensor(
          name: name, tensor: Tensor(shape, scalars), isCounter: entry.isCounter)
      })
  }
}

extension Layer {
  /// Name and shape of each tensor of the state dictionary, a line each.
  func nameLines() -> [String] {
    stateDictionary().map { entry in
      ([entry.name] + entry.tensor.shape.map { String($0) }).joined(separator: " ")
    }
  }

  /// FNV-1a of those lines, and their number.
  func nameHash() -> [String] {
    let lines = nameLines()
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in lines.joined(separator: "\n").utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    let digits = String(hash, radix: 16)
    return [String(repeating: "0", count: 16 - digits.count) + digits, String(lines.count)]
  }
}
