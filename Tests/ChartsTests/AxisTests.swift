import Foundation
import Testing

@testable import Charts

@Suite("Axes") struct AxisTests {
  @Test(
    "steps are 1, 2 or 5 times a power of ten",
    arguments: [
      (1.0, 5, 0.2), (10.0, 5, 2.0), (7.0, 5, 2.0), (0.003, 4, 0.001), (400.0, 7, 100.0),
      (23.0, 5, 5.0),
    ])
  func steps(range: Double, count: Int, step: Double) {
    #expect((Axis.step(range, count) - step).magnitude < 1e-12 * step)
  }

  @Test("labels carry the digits their step needs and no more")
  func labels() {
    let unit = Axis([0, 1], tickCount: 5, margin: 0)
    #expect(unit.ticks.map(\.label) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    let large = Axis([0, 1000], tickCount: 4, margin: 0)
    #expect(large.ticks.map(\.label) == ["0", "500", "1000"])
    let signed = Axis([-0.02, 0.02], tickCount: 4, margin: 0)
    #expect(signed.ticks.map(\.label) == ["-0.02", "-0.01", "0", "0.01", "0.02"])
  }

  @Test("a logarithmic axis ticks at powers of ten, or between them when there are few")
  func logarithmic() {
    let wide = Axis([1e-6, 1], isLogarithmic: true, tickCount: 7, margin: 0)
    #expect(wide.ticks.count == 7 && wide.ticks.first?.label == "1e-06")
    let narrow = Axis([1, 60], isLogarithmic: true, tickCount: 6, margin: 0)
    #expect(narrow.ticks.map(\.label) == ["1", "2", "5", "10", "20", "50"])
    let tight = Axis([3, 4], isLogarithmic: true, tickCount: 5, margin: 0)
    #expect(tight.ticks.count >= 2)
    #expect(wide.fraction(0) == nil && wide.fraction(-1) == nil)
    #expect(((wide.fraction(1e-3) ?? 0) - 0.5).magnitude < 1e-12)
  }

  @Test(
    "any values give a finite axis with ticks inside it",
    arguments: [
      [], [.nan], [.infinity, -.infinity], [0], [-3], [1e300, -1e300], [.greatestFiniteMagnitude],
      [.leastNonzeroMagnitude], [1e15, 1e15 + 1], [1, 1 + 1e-15], [-1e-300, 1e-300],
    ] as [[Double]], [true, false])
  func degenerate(values: [Double], isLogarithmic: Bool) {
    let axis = Axis(values, isLogarithmic: isLogarithmic, tickCount: 5, margin: 0.05)
    #expect(axis.low.isFinite && axis.high.isFinite && axis.low < axis.high)
    #expect(axis.ticks.count <= 20)
    for tick in axis.ticks { #expect(axis.fraction(tick.value) != nil) }
  }
}
