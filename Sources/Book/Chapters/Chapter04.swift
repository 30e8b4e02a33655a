// What chapter 4 shows: how exact a central difference can be.
//
// Read       Autodiff/GradientCheck.swift ← this file → ../Registry.swift

import Autodiff
import Charts
import Foundation
import Kernels
import Objectives
import Randomness
import Tensors

extension Figure {
  static let chapter04 = [
    Figure(
      name: "difference-error",
      image: {
        LineChart(
          "Error of a central difference", xLabel: "log10 of the step h",
          yLabel: "relative error",
          series: [.init("float64", errors(Double.self)), .init("float32", errors(Float.self))],
          isLogarithmic: true
        ).image(scale: 1.5)
      })
  ]

  /// |difference − pullback| / |pullback| of a distance correlation along one direction, for many h.
  private static func errors<S: KernelScalar>(_: S.Type) -> [Point] {
    let key = RandomKey(seed: 4)
    let x = Tensor<Double>.normal([24, 3], key: key.child("x"))
    let y = Tensor<Double>.normal([24, 2], key: key.child("y"))
    let direction = Tensor<Double>.normal([24, 3], key: key.child("direction"))
    let tracked = Variable(tracking: x)
    distanceCorrelation(tracked, Variable(y)).backward()
    let slope = tracked.gradient.map { dotProduct($0.buffer, direction.buffer) } ?? 0
    let (X, Y, D) = (
      x.converted(to: S.self), y.converted(to: S.self), direction.converted(to: S.self)
    )
    func value(_ h: S) -> S {
      distanceCorrelation(Variable(X + D * h), Variable(Y)).value.scalar
    }
    return stride(from: -10.0, through: -0.5, by: 0.25).map { exponent in
      // Powers of two are exact in both types, so that h itself carries no error.
      let h = S(Elementary.exponential(exponent * Elementary.logarithm(10.0)).binade)
      let difference = (Double(value(h)) - Double(value(-h))) / (2 * Double(h))
      return Point(exponent, max(1e-13, abs(difference - slope) / abs(slope)))
    }
  }
}
