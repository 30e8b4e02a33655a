// Sine, cosine, angles and roots of unity against values computed to 60 digits.
//
// Unit       An error is measured in units in the last place of the correctly rounded value.
// Made by    Tests/Reference/trigonometry.py

import TestSupport
import Testing

@testable import Kernels

@Suite("Trigonometry") struct TrigonometryTests {
  /// The largest error in units in the last place.
  private func worst(_ name: String, _ ours: [Double]) throws -> Double {
    let fixture = try Fixture("trigonometry")
    let (y, rest) = try (fixture.values("\(name).y"), fixture.values("\(name).rest"))
    try #require(ours.count == y.count && y.count > 100)
    var worst = 0.0
    for i in y.indices {
      let error = abs((ours[i] - y[i]) - rest[i]) / (y[i] == 0 ? 1 : y[i].ulp)
      if !(error <= worst) { worst = error }
    }
    return worst
  }

  @Test("sine and cosine are within 0.6 units in the last place up to 2²⁰")
  func radians() throws {
    let fixture = try Fixture("trigonometry")
    let x = try (fixture.values("sine.x"), fixture.values("cosine.x"))
    let errors = try [
      worst("sine", x.0.map(Elementary.sine)), worst("cosine", x.1.map(Elementary.cosine)),
    ]
    #expect(errors.allSatisfy { $0 <= 0.6 }, "\(errors)")
  }

  @Test("sine and cosine of parts of a turn are within 2 units, and exact at quarters")
  func turns() throws {
    let fixture = try Fixture("trigonometry")
    let t = try (fixture.values("sineOfTurn.t"), fixture.values("cosineOfTurn.t"))
    let errors = try [
      worst("sineOfTurn", t.0.map { sineAndCosineOfTurn($0).sine }),
      worst("cosineOfTurn", t.1.map { sineAndCosineOfTurn($0).cosine }),
    ]
    #expect(errors.allSatisfy { $0 <= 2 }, "\(errors)")
    for (quarter, expected) in [(0.0, (0.0, 1.0)), (0.25, (1, 0)), (0.5, (0, -1)), (0.75, (-1, 0))]
    {
      #expect(sineAndCosineOfTurn(quarter) == expected)
    }
  }

  @Test("the angle of a vector is within 3 units")
  func angle() throws {
    let fixture = try Fixture("trigonometry")
    let (y, x) = try (fixture.values("angle.ordinate"), fixture.values("angle.abscissa"))
    let error = try worst("angle", zip(y, x).map { Elementary.angle(y: $0, x: $1) })
    #expect(error <= 3, "\(error)")
    #expect(Elementary.angle(y: 0, x: 0) == 0)
  }

  @Test("roots of unity are within 0.6 units")
  func roots() throws {
    let fixture = try Fixture("trigonometry")
    let (k, n) = try (fixture.values("rootReal.k"), fixture.values("rootReal.n"))
    let roots = zip(k, n).map { rootOfUnity(Int($0), of: Int($1)) }
    let errors = try [
      worst("rootReal", roots.map(\.real)), worst("rootImaginary", roots.map(\.imaginary)),
    ]
    #expect(errors.allSatisfy { $0 <= 0.6 }, "\(errors)")
  }

  @Test("what has no value is NaN, and never a trap")
  func special() {
    for x in [Double.infinity, -.infinity, .nan, 0x1p21, -1e300] {
      #expect(Elementary.sine(x).isNaN && Elementary.cosine(x).isNaN)
    }
    #expect(Elementary.sine(0) == 0 && Elementary.cosine(0) == 1)
    #expect(Elementary.sine(-0.0).sign == .minus)
    #expect(Elementary.exponential(0) == 1 && Elementary.logarithm(1) == 0)
  }
}
