// Dropout: in training some scalars are left out, and the others made larger, so that the mean stays.
//
// Source     Srivastava et al., JMLR 2014; scaled in training, as everywhere today
// Formula    y = x m/(1 − p),  each m is 1 with probability 1 − p, else 0;  evaluation: y = x
// Random     The mask is a function of the pass's key (`Mode.randomness`) and of the layer's name, so a
//            pass can be repeated to the bit, by recomputation or after a resume.
// Read       Layer.swift ← this file → StochasticDepth.swift
// Tests      Tests/NetworksTests/RandomLayerTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// Leaves out scalars with a given probability, where a mode says how they are drawn.
public struct Dropout<Scalar: KernelScalar>: Layer {
  /// p, in 0..<1.
  public let probability: Scalar
  private let name: String

  /// A layer that leaves out with `probability`.
  ///
  /// - Parameters:
  ///   - probability: p, in 0..<1.
  ///   - name: Its place in the network; layers of other names draw other masks.
  public init(_ probability: Scalar, name: String) {
    require(
      probability >= 0 && probability < 1,
      "Dropout \(name): probability \(probability). To mend: 0 up to, but not, 1.")
    self.probability = probability
    self.name = name
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    leavingOut(x, probability, maskShape: x.shape, name: name, mode: mode)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {}
}

/// x · mask/(1 − p), the mask broadcast to x's shape; x itself where nothing is drawn.
func leavingOut<S>(
  _ x: Variable<S>, _ probability: S, maskShape: [Int], name: String, mode: Mode
) -> Variable<S> {
  guard let key = mode.randomness?.child(name), probability > 0 else { return x }
  let kept = 1 - probability
  // Uniform below 1 − p: kept.
  let draws = Tensor<S>.uniform(maskShape, in: 0...1, key: key)
  let mask = draws.scaled(by: -1, plus: kept).map(.isPositive).scaled(by: 1 / kept)
  return x * Variable(mask)
}
