// Arithmetic on variables.
//
// Formula    z = x + y:  dX = dZ            dY = dZ
//            z = x − y:  dX = dZ            dY = −dZ
//            z = x · y:  dX = dZ · y        dY = dZ · x
//            z = x / y:  dX = dZ / y        dY = −dZ · z / y
//            An input that was repeated by broadcasting receives the sum over its repetitions.
// Read       Variable.swift ← this file → Functions.swift

import Kernels
import Tensors

extension Variable {
  public static func + (x: Variable, y: Variable) -> Variable {
    let (xShape, yShape) = (x.shape, y.shape)
    return Variable(
      x.value + y.value,
      pullbacks: [(x, { dZ in dZ.summed(to: xShape) }), (y, { dZ in dZ.summed(to: yShape) })])
  }

  public static func - (x: Variable, y: Variable) -> Variable {
    let (xShape, yShape) = (x.shape, y.shape)
    return Variable(
      x.value - y.value,
      pullbacks: [(x, { dZ in dZ.summed(to: xShape) }), (y, { dZ in (-dZ).summed(to: yShape) })])
  }

  // docs: region multiply
  public static func * (x: Variable, y: Variable) -> Variable {
    let (a, b) = (x.value, y.value)
    return Variable(
      a * b,
      pullbacks: [
        (x, { dZ in (dZ * b).summed(to: a.shape) }), (y, { dZ in (dZ * a).summed(to: b.shape) }),
      ])
  }
  // docs: end multiply

  public static func / (x: Variable, y: Variable) -> Variable {
    let (b, xShape) = (y.value, x.shape)
    let z = x.value / b
    return Variable(
      z,
      pullbacks: [
        (x, { dZ in (dZ / b).summed(to: xShape) }),
        (y, { dZ in (-(dZ * z) / b).summed(to: b.shape) }),
      ])
  }

  public static prefix func - (x: Variable) -> Variable { x.scaled(by: -1) }
  public static func + (x: Variable, y: Scalar) -> Variable { x.scaled(by: 1, plus: y) }
  public static func - (x: Variable, y: Scalar) -> Variable { x.scaled(by: 1, plus: -y) }
  public static func - (x: Scalar, y: Variable) -> Variable { y.scaled(by: -1, plus: x) }
  public static func * (x: Variable, y: Scalar) -> Variable { x.scaled(by: y) }
  public static func * (x: Scalar, y: Variable) -> Variable { y.scaled(by: x) }
  public static func / (x: Variable, y: Scalar) -> Variable { x / Variable(Tensor(y)) }

  /// scale · x + shift.
  public func scaled(by scale: Scalar, plus shift: Scalar = 0) -> Variable {
    Variable(
      value.scaled(by: scale, plus: shift), pullbacks: [(self, { dZ in dZ.scaled(by: scale) })])
  }
}

extension GradientCase {
  static let arithmetic = [
    GradientCase("+", at: [2, 3], [2, 3]) { $0[0] + $0[1] },
    GradientCase("+, broadcast", at: [2, 3, 4], [3, 1]) { $0[0] + $0[1] },
    GradientCase("-", at: [4], [2, 4]) { $0[0] - $0[1] },
    GradientCase("*", at: [2, 3], [3]) { $0[0] * $0[1] },
    GradientCase("*, with itself", at: [5]) { $0[0] * $0[0] },
    GradientCase("/", at: [2, 3], [2, 1], in: 0.5...2) { $0[0] / $0[1] },
    GradientCase("/, by a number", at: [3]) { $0[0] / 3 },
    GradientCase("-, prefix", at: [3]) { -$0[0] },
    GradientCase("-, from a number", at: [3]) { 1 - $0[0] },
    GradientCase("scaled", at: [3, 2]) { $0[0].scaled(by: -2.5, plus: 1) },
  ]
}
