// Activations by name, for the networks that differ in nothing else.
//
// Read       Autodiff/Activations.swift ← this file → ConvolutionNormActivation.swift

import Autodiff
import Kernels

/// A function applied to every scalar of a feature map.
public enum Activation: String, CaseIterable, Sendable {
  /// x itself: the linear bottleneck of MobileNetV2 and its successors.
  case none
  case relu, relu6, hardSwish, silu, gelu, quickGELU
  /// Between 0 and 1: the gates of squeeze-excitation.
  case logistic, hardSigmoid

  /// The function of x.
  public func callAsFunction<S>(_ x: Variable<S>) -> Variable<S> {
    switch self {
    case .none: x
    case .relu: Autodiff.relu(x)
    case .relu6: Autodiff.relu6(x)
    case .hardSwish: Autodiff.hardSwish(x)
    case .silu: Autodiff.silu(x)
    case .gelu: Autodiff.gelu(x)
    case .quickGELU: Autodiff.quickGELU(x)
    case .logistic: x.logistic()
    case .hardSigmoid: Autodiff.hardSigmoid(x)
    }
  }
}
