// Functions of one scalar, element by element.
//
// Formula    exp:  dX = dY · y             log:  dX = dY / x            √:  dX = dY / 2y
//            tanh: dX = dY · (1 − y²)      σ:    dX = dY · y(1 − y)     x²: dX = 2 dY · x
//            relu: dX = dY where x > 0     |x|:  dX = dY · sign x       1/x: dX = −dY · y²
//            erf:  dX = dY · 2/√π e^(−x²)
//            gelu: y = ½x(1 + erf(x/√2)),  dX = dY · (½(1 + erf(x/√2)) + x φ(x)),
//                  φ(x) = e^(−x²/2)/√(2π)
//            quickGELU: y = x s,  dX = dY · (s + 1.702 x (s − s²)),  s = σ(1.702 x)
// Singular   relu and |x| have slope 0 at 0; √ has slope 0 at 0 instead of ∞, so that a zero
//            distance or variance stops a gradient instead of poisoning it.
// Read       Arithmetic.swift ← this file → Reductions.swift

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

/// The exact Gaussian error linear unit ½x(1 + erf(x/√2)).
public func gelu<S>(_ x: Variable<S>) -> Variable<S> {
  let v = x.value
  let Φ = v.scaled(by: S(0.5.squareRoot())).map(.errorFunction).scaled(by: 0.5, plus: 0.5)
  return Variable(
    v * Φ,
    pullbacks: [
      (
        x,
        { dY in
          let φ = (v * v).scaled(by: -0.5).map(.exponential)
            .scaled(by: S(1 / (2 * Double.pi).squareRoot()))
          return dY * (Φ + v * φ)
        }
      )
    ])
}

/// The sigmoid approximation x·σ(1.702 x) of gelu, with which OpenAI trained CLIP.
public func quickGELU<S>(_ x: Variable<S>) -> Variable<S> {
  let v = x.value
  let s = v.scaled(by: 1.702).map(.logistic)
  return Variable(
    v * s,
    pullbacks: [(x, { dY in dY * (s + (v * (s - s * s)).scaled(by: 1.702)) })])
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
    GradientCase("gelu", at: [9], in: -3...3) { gelu($0[0]) },
    GradientCase("quickGELU", at: [9], in: -3...3) { quickGELU($0[0]) },
  ]
}
