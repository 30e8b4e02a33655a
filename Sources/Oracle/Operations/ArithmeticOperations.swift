// The oracle's element-wise operations.
//
// Read       Oracle/OracleOperation.swift ← this file → ShapeOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Kernels
import Tensors

extension OracleOperation {
  static let arithmetic: [OracleOperation] =
    [
      ("add", "x + y, with broadcasting", "+", -1.0...1.0),
      ("subtract", "x − y, with broadcasting", "-", -1.0...1.0),
      ("multiply", "x · y, with broadcasting", "*", -1.0...1.0),
      ("divide", "x / y, with broadcasting", "/", 0.5...2.0),
    ].map { name, summary, symbol, range in
      OracleOperation(
        name, summary, symbol: symbol, source: "calculus", outputs: "z, of the broadcast shape",
        // A repeated input receives a sum.
        tolerances: .sums,
        kit: [
          .plain,
          .variant("broadcast", shapes: ["input.x": [3, 1, 4], "input.y": [2, 3, 5, 1]]),
          .variant("row", shapes: ["input.x": [3, 5], "input.y": [5]]),
        ],
        tensors: { _ in
          [
            .input("x", "X…", [2, 3, 5], in: range),
            .input("y", "Y…", [2, 3, 5], in: range),
          ]
        },
        verify: { _, extents in
          guard let shape = broadcastShape(extents.axes("X…"), extents.axes("Y…")) else {
            throw OracleError(
              tensor: "input.y",
              "shapes \(extents.axes("X…")) and \(extents.axes("Y…")) do not broadcast",
              mend: "aligned at the last axis, extents must be equal or 1")
          }
          try OracleError.bound(shape, of: "output.z")
        }, combine, combine)
    }

  static let functions: [OracleOperation] =
    [
      ("negate", "−x", "-", -1.0...1.0, []),
      (
        "scale", "scale · x + shift", "scaled", -1...1,
        [
          .number("scale", -1e6...1e6, default: -2.5, "the factor"),
          .number("shift", -1e6...1e6, default: 0.75, "what is added"),
        ]
      ),
      ("exponential", "eˣ", "exponential", -4...4, []),
      ("logarithm", "ln x", "logarithm", 0.1...5, []),
      ("square-root", "√x, with slope 0 at 0", "squareRoot", 0.1...5, []),
      ("square", "x²", "squared", -2...2, []),
      ("magnitude", "|x|, with slope 0 at 0", "magnitude", -2...2, []),
      ("reciprocal", "1/x", "reciprocal", 0.25...4, []),
      ("tanh", "tanh x", "hyperbolicTangent", -3...3, []),
      ("logistic", "σ(x) = 1/(1 + e⁻ˣ)", "logistic", -6...6, []),
      ("error-function", "erf x", "errorFunction", -3...3, []),
      ("relu", "max(0, x), with slope 0 at 0", "relu", -2...2, []),
      ("gelu", "½x(1 + erf(x/√2)), exact", "gelu", -4...4, []),
      ("quick-gelu", "x σ(1.702 x)", "quickGELU", -4...4, []),
      ("silu", "x σ(x)", "silu", -4...4, []),
      ("relu6", "min(max(0, x), 6), with slope 0 at 0 and 6", "relu6", -4...10, []),
      ("hard-sigmoid", "relu6(x + 3)/6", "hardSigmoid", -5...5, []),
      ("hard-swish", "x relu6(x + 3)/6, with slope 0 at −3 and 1 at 3", "hardSwish", -5...5, []),
    ].map { name, summary, symbol, range, attributes in
      OracleOperation(
        name, summary, symbol: symbol,
        source: functionSource(name),
        attributes: attributes, outputs: "y, of x's shape", tolerances: .functions,
        kit: variants(of: name),
        tensors: { _ in
          let positive = name == "logarithm" || name == "square-root"
          return [
            .input(
              "x", "X…", [3, 7], in: range,
              allowed: positive ? 0...3e38 : TensorSlot.anyNumber)
          ]
        }, function, function)
    }
}

/// Beside the plain case: kinks, and arguments at which a function has long come to its limit.
///
/// Coarse multiples, so that 0 is among them: where all slopes vanish, rounding is all there is to compare.
private func variants(of name: String) -> [KitVariant] {
  switch name {
  case "relu", "magnitude", "relu6", "hard-sigmoid", "hard-swish":
    [.plain, .variant("kinks", multiplesOf: 0.5)]
  case "tanh", "error-function", "gelu": [.plain, .variant("far", multiplesOf: 5, in: -25...25)]
  case "logistic":
    // Left of −20, 1 − σ(−x) has no digit left.
    [
      .plain, .variant("far", multiplesOf: 250, in: -1000...1000),
      .variant("left", in: -30 ... -20),
    ]
  case "quick-gelu": [.plain, .variant("far", multiplesOf: 250, in: -1000...1000)]
  default: [.plain]
  }
}

extension Tolerances {
  fileprivate static let functions = relative(
    float64: 2e-14, float32: 2e-6,
    "a polynomial of some twenty terms an element, a few units in the last place")
}

private func functionSource(_ name: String) -> String {
  switch name {
  case "gelu", "quick-gelu", "silu": "Hendrycks & Gimpel, 2016, §2"
  case "relu6", "hard-sigmoid", "hard-swish": "Howard et al., ICCV 2019, §5.2"
  default: "calculus"
  }
}

private func combine<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (x, y) = (p["input.x"], p["input.y"])
  switch p.operation {
  case "add": return [Output("z", x + y)]
  case "subtract": return [Output("z", x - y)]
  case "multiply": return [Output("z", x * y)]
  default: return [Output("z", x / y)]
  }
}

private func function<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let x = p["input.x"]
  let y: Variable<S> =
    switch p.operation {
    case "negate": -x
    case "scale":
      x.scaled(by: S(p.attributes.number("scale")), plus: S(p.attributes.number("shift")))
    case "exponential": x.exponential()
    case "logarithm": x.logarithm()
    case "square-root": x.squareRoot()
    case "square": x.squared()
    case "magnitude": x.magnitude()
    case "reciprocal": x.reciprocal()
    case "tanh": x.hyperbolicTangent()
    case "logistic": x.logistic()
    case "error-function": x.errorFunction()
    case "relu": relu(x)
    case "gelu": gelu(x)
    case "quick-gelu": quickGELU(x)
    case "silu": silu(x)
    case "relu6": relu6(x)
    case "hard-sigmoid": hardSigmoid(x)
    default: hardSwish(x)
    }
  return [Output("y", y)]
}
