// The elementary functions against values computed to 60 digits.
//
// Unit       An error is measured in units in the last place of the correctly rounded value.
// Made by    Tests/Reference/elementary_functions.py

import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Elementary functions") struct ElementaryFunctionTests {
  /// What the headers of ElementaryFunctions.swift and ErrorFunction.swift promise.
  static let promises: [(function: UnaryFunction, ulps: Double)] = [
    (.exponential, 1), (.logarithm, 1), (.hyperbolicTangent, 2), (.logistic, 2),
    (.errorFunction, 3),
  ]

  @Test("the largest error is what the header says", arguments: promises)
  func accuracy(function: UnaryFunction, ulps: Double) throws {
    let fixture = try Fixture("elementary_functions")
    for kind in ["float64", "float32"] {
      let name = "\(function).\(kind)"
      let x = try fixture.values("\(name).x")
      let y = try fixture.values("\(name).y")
      let rest = kind == "float64" ? try fixture.values("\(name).rest") : x.map { _ in 0 }
      let ours =
        kind == "float64"
        ? applied(function, to: Buffer<Double>(x)).array
        : applied(function, to: Buffer<Float>(x.map { Float($0) })).array.map { Double($0) }
      var worst = (error: 0.0, x: 0.0)
      for i in x.indices {
        let unit = kind == "float64" ? y[i].ulp : Double(Float(y[i]).ulp)
        let error = abs((ours[i] - y[i]) - rest[i]) / unit
        if !(error <= worst.error) { worst = (error, x[i]) }
      }
      #expect(x.count >= 190)
      #expect(worst.error <= ulps, "\(name): \(worst.error) ulps at x = \(worst.x)")
    }
  }

  @Test("float32 keeps the promise at twenty thousand points", arguments: promises)
  func denseSingle(function: UnaryFunction, ulps: Double) {
    let formula: (Double) -> Double =
      switch function {
      case .exponential: { Foundation.exp($0) }
      case .logarithm: { Foundation.log($0) }
      case .hyperbolicTangent: { Foundation.tanh($0) }
      case .logistic: { 1 / (1 + Foundation.exp(-$0)) }
      default: { Foundation.erf($0) }
      }
    let range: ClosedRange<Double> = function == .logarithm ? 1e-3...30 : -30...30
    let x = Buffer<Float>(uninitialized: 20_000)
    fillUniform(x, key: 5, low: range.lowerBound, high: range.upperBound)
    var worst = 0.0
    for (ours, x) in zip(applied(function, to: x).array, x.array) {
      let y = formula(Double(x))
      worst = max(worst, abs(Double(ours) - y) / Double(Float(y).ulp))
    }
    #expect(worst <= ulps, "\(function): \(worst) ulps")
  }

  @Test("infinities, zeros and NaN as in IEEE 754")
  func specialValues() {
    specialValues(Float.self)
    specialValues(Double.self)
  }

  @Test("an element's bits do not depend on its place")
  func placeIndependent() {
    for function in UnaryFunction.allCases {
      let x = Buffer<Float>.pattern(37, scale: 3)
      let whole = applied(function, to: x).array.map(\.bitPattern)
      for i in 0..<37 {
        let alone = applied(function, to: Buffer([x[i]])).array.map(\.bitPattern)
        #expect(alone == [whole[i]], "\(function) of \(x[i])")
      }
    }
  }

  @Test("the simple functions are the standard library's")
  func simpleFunctions() {
    let x: [Double] = [-.infinity, -3, -2.5, -0.0, 0, 0x1p-1030, 0.75, 3, 4, 6, 7, .infinity]
    let expected: [(UnaryFunction, (Double) -> Double)] = [
      (.negate, { -$0 }), (.absolute, { abs($0) }), (.square, { $0 * $0 }),
      (.squareRoot, { $0.squareRoot() }), (.reciprocal, { 1 / $0 }),
      (.rectify, { $0 < 0 ? 0 : $0 }), (.isPositive, { $0 > 0 ? 1 : 0 }),
      (.sign, { $0 > 0 ? 1 : ($0 < 0 ? -1 : 0) }),
      (.rectifySix, { min(max($0, 0), 6) }), (.isBetweenZeroAndSix, { $0 > 0 && $0 < 6 ? 1 : 0 }),
      (.hardSwish, { $0 * min(max($0 + 3, 0), 6) / 6 }),
      (.hardSwishSlope, { $0 <= -3 ? 0 : ($0 < 3 ? $0 / 3 + 0.5 : 1) }),
    ]
    for (function, formula) in expected {
      for (ours, value) in zip(applied(function, to: Buffer(x)).array, x) {
        let theirs = formula(value)
        #expect(ours == theirs || (ours.isNaN && theirs.isNaN), "\(function) of \(value): \(ours)")
      }
    }
    for function in [UnaryFunction.rectify, .rectifySix, .hardSwish, .silu, .gelu, .quickGELU] {
      #expect(applied(function, to: Buffer([Double.nan]))[0].isNaN, "\(function)")
    }
    #expect(applied(.absolute, to: Buffer([-0.0]))[0].sign == .plus)
  }

  private func applied<S: KernelScalar>(_ function: UnaryFunction, to x: Buffer<S>) -> Buffer<S> {
    let y = Buffer<S>.unwritten(x.count)
    map(function, x, into: y)
    return y
  }

  private func specialValues<S: KernelScalar>(_: S.Type) {
    let x: [S] = [-.infinity, -0.0, 0, .infinity, .nan, -1, .greatestFiniteMagnitude]
    func values(_ function: UnaryFunction) -> [S] { applied(function, to: Buffer(x)).array }
    let exponential = values(.exponential)
    #expect(exponential[..<4] == [0, 1, 1, .infinity] && exponential[4].isNaN)
    #expect(exponential[6] == .infinity)
    let logarithm = values(.logarithm)
    #expect(logarithm[1] == -.infinity && logarithm[2] == -.infinity)
    #expect(logarithm[3] == .infinity)
    #expect(logarithm[0].isNaN && logarithm[4].isNaN && logarithm[5].isNaN)
    for function in [UnaryFunction.hyperbolicTangent, .errorFunction] {
      let odd = values(function)
      #expect(odd[0] == -1 && odd[3] == 1 && odd[6] == 1 && odd[4].isNaN)
      #expect(odd[1] == 0 && odd[1].sign == .minus && odd[2].sign == .plus, "\(function) of ±0")
    }
    let logistic = values(.logistic)
    #expect(logistic[..<4] == [0, 0.5, 0.5, 1] && logistic[4].isNaN && logistic[6] == 1)
  }
}
