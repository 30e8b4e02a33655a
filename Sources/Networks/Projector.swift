// The projector g: from features h to the embedding z on which the losses work.
//
// Source     MV-MR §5, Table 8
// Grammar    "a-b-c": Linear(a) · bn · relu · Linear(b) · bn · relu · Linear(c), all without bias;
//            "a": one Linear; empty: the identity
// Names      Positions in PyTorch's Sequential: 0 linear, 1 bn, (2 relu,) 3 linear, 4 bn, … 6 linear
// Read       Linear.swift, BatchNorm.swift ← this file → Encoder.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// A projector size string that does not follow the grammar.
public struct ProjectorSizeError: Error, CustomStringConvertible, Sendable {
  /// What was given.
  public let text: String
  public var description: String {
    """
    projector sizes "\(text)" are not numbers joined by dashes.
      To mend: write for example 512-512-512, a single 128, or leave it empty for none; each width \
    from 1 to 65536.
    """
  }
}

/// A multi-layer perceptron with batch norm between its layers.
public struct Projector<Scalar: KernelScalar>: Layer {
  /// Width of each layer's output; empty for the identity.
  public let widths: [Int]
  private let linears: [Linear<Scalar>]
  private let norms: [BatchNorm<Scalar>]

  /// Reads a size string such as `8192-8192-8192`.
  ///
  /// - Throws: `ProjectorSizeError`.
  public static func widths(_ text: String) throws -> [Int] {
    let trimmed = text.filter { $0 != " " }
    if trimmed.isEmpty { return [] }
    return try trimmed.split(separator: "-", omittingEmptySubsequences: false).map {
      guard $0.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let width = Int($0),
        (1...65536).contains(width)
      else { throw ProjectorSizeError(text: text) }
      return width
    }
  }

  /// Draws a projector.
  ///
  /// - Parameters:
  ///   - inputs: Length of h.
  ///   - widths: Width of each layer.
  ///   - key: Draws the weights.
  public init(inputs: Int, widths: [Int], key: RandomKey) {
    self.widths = widths
    linears = widths.indices.map { i in
      Linear(
        inputs: i == 0 ? inputs : widths[i - 1], outputs: widths[i], bias: false,
        key: key.child(3 * i))
    }
    norms = widths.dropLast().map { BatchNorm(channels: $0) }
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    var y = x
    for i in linears.indices {
      y = linears[i](y, mode: mode)
      if i < norms.count { y = norms[i](y, mode: mode, rectified: true) }
    }
    return y
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    for i in linears.indices {
      visit("\(3 * i)", linears[i], body)
      if i < norms.count { visit("\(3 * i + 1)", norms[i], body) }
    }
  }
}
