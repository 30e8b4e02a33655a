// Functions of one scalar, element by element.
//
// Formula    exp:  dX = dY · y             log:  dX = dY / x            √:  dX = dY / 2y
//            tanh: dX = dY · (1 − y²)      σ:    dX = dY · y(1 − y)     x²: dX = 2 dY · x
//            relu: dX = dY where x > 0     |x|:  dX = dY · sign x       1/x: dX = −dY · y²
//            erf:  dX = dY · 2/√π e^(−x²)
// Singular   relu and |x| have slope 0 at 0; √ has slope 0 at 0 instead of ∞, so that a zero
//            distance or variance stops a gradient instead of poisoning it.
// Read       Arithmetic.swift ← this file → Activations.swift, Reductions.swift

import Kernels
import Tensors

extension Variable {
  /// eˣ.
  public func exponential() -> Variable {
    let y = value.map(.exponential)
    return Variable(y, pullbacks: [(self, { dY in dY * y })])
  }

  /// ln x.
  public func logarithm() -> Variable {
    let x = value
    return Variable(x.map(.logarithm), pullbacks: [(self, { dY in dY / x })])
  }

  /// √x, with slope 0 at 0.
  public func squareRoot() -> Variable {
    let y = value.map(.squareRoot)
    return Variable(
      y,
      pullbacks: [
        (
          self,
          { dY in
            // Where y is 0 the divisor becomes ½ and the factor 0.
            let positive = y.map(.isPositive)
            return dY * positive / (y.scaled(by: 2) + (positive.scaled(by: -1, plus: 1)))
          }
        )
      ])
  }

  /// x².
  public func squared() -> Variable {
    let x = value
    return Variable(x.map(.square), pullbacks: [(self, { dY in dY * x.scaled(by: 2) })])
  }

  /// |x|, with slope 0 at 0.
  public func magnitude() -> Variable {
    let x = value
    return Variable(x.map(.absolute), pullbacks: [(self, { dY in dY * x.map(.sign) })])
  }

  /// 1/x.
  public func reciprocal() -> Variable {
    let y = value.map(.reciprocal)
    return Variable(y, pullbacks: [(self, { dY in -(dY * y * y) })])
  }

  /// tanh x.
  public func hyperbolicTangent() -> Variable {
    let y = value.map(.hyperbolicTangent)
    return Variable(y, pullbacks: [(self, { dY in dY * (y * y).scaled(by: -1, plus: 1) })])
  }

  /// The logistic function 1/(1 + e⁻ˣ).
  public func logistic() -> Variable {
    let y = value.map(.logistic)
    return Variable(y, pullbacks: [(self, { dY in dY * (y - y * y) })])
  }

  /// erf x.
  public func errorFunction() -> Variable {
    let x = value
    return Variable(
      x.map(.errorFunction),
      pullbacks: [
        (
          self,
          { dY in
            let slope = (-(x * x)).map(.exponential)
            return dY * slope.scaled(by: 2 / Scalar(Double.pi.squareRoot()))
          }
        )
      ])
  }
}

/// max(0, x), with slope 0 at 0.
public func relu<S>(_ x: Variable<S>) -> Variable<S> {
  let y = x.value.map(.rectify)
  // y > 0 exactly where x > 0, and y is kept by the next operation anyway.
  return Variable(y, pullbacks: [(x, { dY in dY * y.map(.isPositive) })])
}

extension GradientCase {
  static let functions = [
    GradientCase("exponential", at: [2, 5]) { $0[0].exponential() },
    GradientCase("logarithm", at: [7], in: 0.2...3) { $0[0].logarithm() },
    GradientCase("squareRoot", at: [7], in: 0.2...3) { $0[0].squareRoot() },
    GradientCase("squared", at: [7]) { $0[0].squared() },
    GradientCase("magnitude", at: [7]) { $0[0].magnitude() },
    GradientCase("reciprocal", at: [7], in: 0.5...2) { $0[0].reciprocal() },
    GradientCase("hyperbolicTangent", at: [9], in: -2...2) { $0[0].hyperbolicTangent() },
    GradientCase("logistic", at: [9], in: -3...3) { $0[0].logistic() },
    GradientCase("errorFunction", at: [9], in: -2...2) { $0[0].errorFunction() },
    GradientCase("relu", at: [3, 4]) { relu($0[0]) },
  ]
}
