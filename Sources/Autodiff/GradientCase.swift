// The registry of gradient checks: every differentiable operation with a point to check it at.
//
// Rule       An operation's file ends with its cases, and `GradientCase.operations` lists them. A
//            test reads the sources and fails when a public operation has no case.
// Read       GradientCheck.swift ← this file → Tests/AutodiffTests/GradientTests.swift

import Kernels
import Randomness
import Tensors

/// One check: a function, and the shapes and range of its inputs.
public struct GradientCase: Sendable, CustomStringConvertible {
  /// Name of the operation, then its options.
  public let name: String
  /// Shapes of the inputs.
  public let shapes: [[Int]]
  /// Inputs are uniform in this range.
  public let range: ClosedRange<Double>
  /// Key of the inputs, so that a case can choose a point away from kinks.
  public let seed: UInt64
  /// The h of the differences.
  public let steps: [Double]
  /// Random directions for each input that has more than five times as many scalars.
  public let directions: Int
  let function: @Sendable ([Variable<Double>]) -> Variable<Double>

  /// A case.
  ///
  /// - Parameters:
  ///   - name: The operation's name first; options after a comma.
  ///   - shapes: Shapes of the inputs; different extents on every axis find swapped axes.
  ///   - range: Where the inputs are drawn from.
  ///   - seed: Seed of the inputs.
  ///   - function: The operation on those inputs.
  public init(
    _ name: String, at shapes: [Int]..., in range: ClosedRange<Double> = -1...1, seed: UInt64 = 1,
    _ function: @escaping @Sendable ([Variable<Double>]) -> Variable<Double>
  ) {
    self.init(name, at: shapes, in: range, seed: seed, steps: [1e-4, 1e-6], function)
  }

  /// A case with its shapes in an array, and steps of its own: inside a network every relu has a
  /// kink, and only a small step does not cross one of them.
  public init(
    _ name: String, at shapes: [[Int]], in range: ClosedRange<Double> = -1...1, seed: UInt64 = 1,
    steps: [Double], directions: Int = 20,
    _ function: @escaping @Sendable ([Variable<Double>]) -> Variable<Double>
  ) {
    self.name = name
    self.shapes = shapes
    self.range = range
    self.seed = seed
    self.steps = steps
    self.directions = directions
    self.function = function
  }

  public var description: String { name }

  /// Runs the check.
  public func check(
    tamper: ([Tensor<Double>]) -> [Tensor<Double>] = { $0 }
  ) -> GradientReport {
    let key = RandomKey(seed: seed).child(name)
    let inputs = shapes.enumerated().map { i, shape in
      Tensor<Double>.uniform(shape, in: range, key: key.child("input").child(i))
    }
    return checkGradient(
      name, at: inputs, key: key, steps: steps, directions: directions, tamper: tamper, function)
  }

  /// Every operation of this module.
  public static var operations: [GradientCase] {
    arithmetic + functions + activations + reductions + products + convolutions + pooling
      + batchNorms
      + layerNorms + softmaxes + attentions + selfAttentions + indexing
  }
}
