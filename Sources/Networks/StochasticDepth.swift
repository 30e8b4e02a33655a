// Stochastic depth: in training the residual branch of some images is left out as a whole.
//
// Source     Huang et al., ECCV 2016; "drop connect" of EfficientNet, Tan & Le, ICML 2019, §5.1
// Formula    y[n] = x[n] m[n]/(1 − p),  m[n] is 1 with probability 1 − p, else 0;  evaluation: y = x
// Names      torchvision's `StochasticDepth` in its mode "row"
// Read       Dropout.swift ← this file → EfficientNet.swift
// Tests      Tests/NetworksTests/RandomLayerTests.swift

import Autodiff
import Kernels

/// Leaves out whole rows of a batch, where a mode says how they are drawn.
public struct StochasticDepth<Scalar: KernelScalar>: Layer {
  /// p, in 0..<1.
  public let probability: Scalar
  private let name: String

  /// A layer that leaves out with `probability`.
  ///
  /// - Parameters:
  ///   - probability: p, in 0..<1.
  ///   - name: Its place in the network; layers of other names draw other rows.
  public init(_ probability: Scalar, name: String) {
    require(
      probability >= 0 && probability < 1,
      "StochasticDepth \(name): probability \(probability). To mend: 0 up to, but not, 1.")
    self.probability = probability
    self.name = name
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    let rows = [x.shape[0]] + [Int](repeating: 1, count: x.shape.count - 1)
    return leavingOut(x, probability, maskShape: rows, name: name, mode: mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {}
}
