import Foundation
import Kernels
import Testing

@Suite("Arc tangent") struct ArcTangentTests {
  /// Points on circles of several radii, with every octant border among them.
  static let points: [(y: Double, x: Double)] = (-2000...2000).map { step in
    let angle = Double(step) / 2000 * .pi
    let radius = exp(Double(step * 37 % 41) - 20)
    return (radius * sin(angle), radius * cos(angle))
  }

  static func worstUlps<S: KernelScalar>(_: S.Type, exact: (S, S) -> Double) -> Double {
    let (y, x) = (points.map { S($0.y) }, points.map { S($0.x) })
    let result = Buffer<S>(uninitialized: y.count)
    halfTurns(y: Buffer(y), x: Buffer(x), into: result)
    return y.indices.map { abs(Double(result[$0]) - exact(y[$0], x[$0])) / Double(result[$0].ulp) }
      .max() ?? .infinity
  }

  @Test("every angle is within 2 units in the last place")
  func accuracy() {
    #expect(Self.worstUlps(Float.self) { atan2(Double($0), Double($1)) / .pi } < 2)
    // Here the reference itself may be off by one.
    #expect(Self.worstUlps(Double.self) { atan2($0, $1) / .pi } < 3)
  }

  @Test("multiples of 45° are exact, and the origin has angle 0")
  func exactAngles() {
    let directions: [(y: Double, x: Double)] = [
      (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 0),
    ]
    let result = Buffer<Double>(uninitialized: directions.count)
    halfTurns(y: Buffer(directions.map(\.y)), x: Buffer(directions.map(\.x)), into: result)
    let quarters: [Double] = [0, 1, 2, 3, 4, -3, -2, -1, 0]
    #expect(result.array == quarters.map { $0 / 4 })
  }
}
