// The state dictionary: names and tensors as files hold them.
//
// Layout     Files speak PyTorch: a convolution filter is [out, in, height, width] there and
//            [height, width, in, out] here. This file is the one place that converts.
// Rule       Loading is strict: every name must be there, none may be left over, and all shapes must
//            fit, or nothing is loaded and the error lists everything that is wrong.
// Read       Layer.swift ← this file → Training/Checkpoint.swift

import Kernels
import Tensors

/// One tensor of a state dictionary, in the layout of files.
public struct NamedTensor<Scalar: KernelScalar>: Sendable {
  /// The key, such as `layer1.0.conv1.weight`.
  public let name: String
  /// The value, in PyTorch's layout.
  public let tensor: Tensor<Scalar>
  /// Whether files hold it as a 64-bit integer.
  public let isCounter: Bool

  /// A named tensor.
  public init(name: String, tensor: Tensor<Scalar>, isCounter: Bool = false) {
    self.name = name
    self.tensor = tensor
    self.isCounter = isCounter
  }
}

/// What did not fit when a state dictionary was loaded.
public struct StateMismatch: Error, CustomStringConvertible, Sendable {
  /// Names the network has and the file has not.
  public var missing: [String] = []
  /// Names the file has and the network has not.
  public var unexpected: [String] = []
  /// Names with both shapes, ours first.
  public var misshaped: [(name: String, ours: [Int], theirs: [Int])] = []

  public var description: String {
    func list(_ names: [String]) -> String {
      names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    }
    var lines = ["the state dictionary does not fit the network; nothing was loaded."]
    if !missing.isEmpty { lines.append("  missing (\(missing.count)): \(list(missing))") }
    if !unexpected.isEmpty {
      lines.append("  unexpected (\(unexpected.count)): \(list(unexpected))")
    }
    for one in misshaped.prefix(8) {
      lines.append("  \(one.name): the network has \(one.ours), the file \(one.theirs)")
    }
    lines.append("  To mend: build the network with the configuration the file was trained with.")
    return lines.joined(separator: "\n")
  }
}

extension Parameter {
  /// Its shape in files.
  public var fileShape: [Int] {
    role == .filter ? [3, 2, 0, 1].map { value.shape[$0] } : value.shape
  }

  /// A tensor of its shape, such as its gradient, in the layout of files.
  func inFileLayout(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    role == .filter ? tensor.permuted(axes: 3, 2, 0, 1) : tensor
  }
}

extension Layer {
  /// The gradients that trained parameters hold now, under the names and in the layout of the state
  /// dictionary.
  public func gradientDictionary() -> [NamedTensor<Scalar>] {
    parameters.compactMap { name, parameter in
      parameter.gradient.map { NamedTensor(name: name, tensor: parameter.inFileLayout($0)) }
    }
  }

  /// Every parameter and statistic, in PyTorch's layout and order.
  public func stateDictionary() -> [NamedTensor<Scalar>] {
    parameters.map { name, parameter in
      NamedTensor(
        name: name,
        tensor: parameter.inFileLayout(parameter.value),
        isCounter: parameter.role == .counter)
    }
  }

  /// Replaces every parameter and statistic.
  ///
  /// - Parameters:
  ///   - state: All names of this layer, no others, in PyTorch's layout.
  ///   - withoutCounters: Whether `num_batches_tracked` may be missing, as in files from before
  ///     PyTorch 0.4.1; counts then stay as they are.
  /// - Throws: `StateMismatch`; the layer is then unchanged.
  public func load(_ state: [NamedTensor<Scalar>], withoutCounters: Bool = false) throws {
    var given: [String: Tensor<Scalar>] = [:]
    var mismatch = StateMismatch()
    for entry in state {
      if given.updateValue(entry.tensor, forKey: entry.name) != nil {
        mismatch.unexpected.append("\(entry.name) (twice)")
      }
    }
    let parameters = parameters
    for (name, parameter) in parameters {
      guard let tensor = given.removeValue(forKey: name) else {
        if !(withoutCounters && parameter.role == .counter) { mismatch.missing.append(name) }
        continue
      }
      let expected = parameter.fileShape
      if tensor.shape != expected {
        mismatch.misshaped.append((name, expected, tensor.shape))
      }
    }
    mismatch.unexpected += state.map(\.name).filter { given[$0] != nil }
    guard mismatch.missing.isEmpty, mismatch.unexpected.isEmpty, mismatch.misshaped.isEmpty else {
      throw mismatch
    }
    var values: [String: Tensor<Scalar>] = [:]
    for entry in state { values[entry.name] = entry.tensor }
    for (name, parameter) in parameters {
      guard let tensor = values[name] else { continue }
      parameter.value = parameter.role == .filter ? tensor.permuted(axes: 2, 3, 1, 0) : tensor
    }
  }
}
