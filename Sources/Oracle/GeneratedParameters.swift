// Parameters by a rule: how ResNet-50 fits into a small file.
//
// Formula    filter, matrix: pat · √(24/inputs)    a matrix of a linear map, [out, in, …]: inputs = its
//                                                  elements / out, so that activations keep their size
//            running_var:    1 + ½ pat             running_mean, bias: pat/10
//            other vectors:  1 + pat/5
//            o is the tensor's place in the state dictionary, from 0, counters included; k runs over the
//            elements in the order of the file (PyTorch's).
// Read       Randomness/ParameterPattern.swift, TensorSlot.swift ← this file → Operations/NetworkOperations.swift
// Tests      Tests/OracleTests/GeneratedParameterTests.swift

import Randomness

/// A parameter of a network whose values follow from its name and its place.
public struct GeneratedParameter: Hashable, Sendable {
  /// The key of the state dictionary.
  let name: String
  /// PyTorch's shape.
  let shape: [Int]
  /// Its place in the state dictionary.
  let index: Int

  /// The values, in the order of a file.
  var values: [Double] {
    let count = shape.reduce(1, *)
    let (scale, shift): (Double, Double) =
      switch true {
      case shape.count > 1: ((24 * Double(shape[0]) / Double(count)).squareRoot(), 0)
      case name.hasSuffix("running_var"): (0.5, 1)
      case name.hasSuffix("running_mean"), name.hasSuffix("bias"): (0.1, 0)
      default: (0.2, 1)
      }
    return ParameterPattern.values(count, offset: index, scale: scale, shift: shift)
  }
}
