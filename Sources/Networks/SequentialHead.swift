// Heads on top of a backbone: linear maps, batch norms and relus, numbered as in PyTorch's Sequential.
//
// Idea       A student's head in SEED and SimReg, a published teacher's projection, a predictor: all of
//            them are short lists of three kinds of layers, so the list is the description.
// Names      Positions: `0.weight`, `1.running_mean`, …; a relu has a position and no name
// Source     SEED's student: linear d → h · relu · linear h → D, with biases (Fang et al., ICLR 2021);
//            SimReg's heads: Objectives/SimRegHead.swift
// Read       Linear.swift, BatchNorm.swift ← this file → Encoder.swift
// Tests      Tests/NetworksTests/SequentialHeadTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// One layer of a head.
public enum HeadLayer: Hashable, Sendable {
  /// Weight `[outputs, inputs]`, and a bias `[outputs]` unless it is left out.
  case linear(inputs: Int, outputs: Int, bias: Bool)
  /// Gain and bias `[width]`.
  case batchNorm(width: Int)
  case relu

  /// Linear · relu · linear, with biases: the student's head in SEED.
  public static func perceptron(inputs: Int, hidden: Int, outputs: Int) -> [HeadLayer] {
    [
      .linear(inputs: inputs, outputs: hidden, bias: true), .relu,
      .linear(inputs: hidden, outputs: outputs, bias: true),
    ]
  }

  /// Linear · bn · relu · linear: the predictor of BYOL and SimSiam.
  public static func predictor(width: Int, hidden: Int, inputBias: Bool) -> [HeadLayer] {
    [
      .linear(inputs: width, outputs: hidden, bias: inputBias), .batchNorm(width: hidden), .relu,
      .linear(inputs: hidden, outputs: width, bias: true),
    ]
  }
}

/// Tensors that are no head.
public struct HeadNameError: Error, CustomStringConvertible, Sendable {
  /// The name that does not fit.
  public let name: String
  public var description: String {
    """
    '\(name)' is no layer of a projection head.
      To mend: take a file whose head is linear maps and batch norms, named 0.weight, 1.weight, … in \
    their order; or use the features below the head.
    """
  }
}

/// A head drawn from its list of layers.
public struct SequentialHead<Scalar: KernelScalar>: Layer {
  /// What it consists of, by position.
  public let layers: [HeadLayer]
  private let parts: [(any Layer<Scalar>)?]  // nil: relu

  /// Draws a head.
  ///
  /// - Parameters:
  ///   - layers: From the input on; no layer is the identity.
  ///   - key: Draws the weights.
  public init(_ layers: [HeadLayer], key: RandomKey) {
    self.layers = layers
    parts = layers.enumerated().map { i, layer in
      switch layer {
      case .linear(let inputs, let outputs, let bias):
        Linear<Scalar>(inputs: inputs, outputs: outputs, bias: bias, key: key.child(i))
      case .batchNorm(let width): BatchNorm<Scalar>(channels: width)
      case .relu: nil
      }
    }
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    parts.reduce(x) { y, part in part.map { $0(y, mode: mode) } ?? relu(y) }
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    for (i, part) in parts.enumerated() {
      if let part { visit("\(i)", part, body) }
    }
  }
}

extension HeadLayer {
  /// The layers of a published head, told from the names and shapes of its tensors.
  ///
  /// A position without tensors is a relu. A single linear map may be named without a position.
  ///
  /// - Parameter tensors: `0.weight`, `0.bias`, …, in files' layout; none: no layers.
  /// - Returns: The layers, and the tensors with positions in every name.
  /// - Throws: `HeadNameError`.
  public static func layers<S>(
    of tensors: [NamedTensor<S>]
  ) throws -> (layers: [HeadLayer], tensors: [NamedTensor<S>]) {
    let isSingle = tensors.contains { $0.name == "weight" }
    let named = tensors.map {
      NamedTensor(
        name: isSingle ? "0.\($0.name)" : $0.name, tensor: $0.tensor, isCounter: $0.isCounter)
    }
    var last = -1
    for entry in named {
      guard let dot = entry.name.firstIndex(of: "."), let i = Int(entry.name[..<dot]),
        (0..<100).contains(i)
      else { throw HeadNameError(name: entry.name) }
      last = max(last, i)
    }
    var layers: [HeadLayer] = []
    for i in 0..<(last + 1) {
      func shape(_ leaf: String) -> [Int]? {
        named.first { $0.name == "\(i).\(leaf)" }?.tensor.shape
      }
      guard let weight = shape("weight") else {
        if let odd = named.first(where: { $0.name.hasPrefix("\(i).") }) {
          throw HeadNameError(name: odd.name)
        }
        layers.append(.relu)
        continue
      }
      if weight.count == 2 {
        layers.append(.linear(inputs: weight[1], outputs: weight[0], bias: shape("bias") != nil))
      } else if weight.count == 1, shape("running_mean") != nil {
        layers.append(.batchNorm(width: weight[0]))
      } else {
        throw HeadNameError(name: "\(i).weight")
      }
    }
    return (layers, named)
  }

  /// Length of the output of a list of layers; nil where one does not fit the one before.
  ///
  /// - Parameters:
  ///   - layers: From the input on.
  ///   - inputs: Length of the input.
  /// - Returns: Its length.
  public static func outputCount(of layers: [HeadLayer], inputs: Int) -> Int? {
    var width = inputs
    for layer in layers {
      switch layer {
      case .linear(let inputs, let outputs, _):
        guard inputs == width else { return nil }
        width = outputs
      case .batchNorm(let channels): guard channels == width else { return nil }
      case .relu: break
      }
    }
    return width
  }
}
