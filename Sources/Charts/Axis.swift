// Axes: which numbers to write beside a picture.
//
// Idea       Ticks stand at 1, 2 or 5 times a power of ten, as many as fit without touching.
// Tests      Tests/ChartsTests/AxisTests.swift

import Foundation

/// A range of values laid along a stretch of the page.
struct Axis: Sendable {
  struct Tick: Hashable, Sendable {
    let value: Double
    let label: String
  }

  let low: Double
  let high: Double
  let isLogarithmic: Bool
  let ticks: [Tick]

  /// An axis for some values.
  ///
  /// - Parameters:
  ///   - values: Those that are not finite (or, if logarithmic, not positive) are ignored.
  ///   - isLogarithmic: Whether equal steps multiply.
  ///   - tickCount: About how many ticks fit.
  ///   - margin: What to leave free at both ends, as a fraction of the range.
  init(_ values: [Double], isLogarithmic: Bool = false, tickCount: Int, margin: Double) {
    self.isLogarithmic = isLogarithmic
    // Beyond ±1e300 the width of the range itself would overflow.
    let usable = values.lazy.filter { isLogarithmic ? $0 > 0 && $0.isFinite : $0.magnitude < 1e300 }
      .map { isLogarithmic ? log10($0) : $0 }
    var low = usable.min() ?? 0
    var high = usable.max() ?? 1
    if high - low <= 1e-12 * max(low.magnitude, high.magnitude) || high == low {
      // A constant still deserves a picture: it lies in the middle.
      let half = isLogarithmic ? 0.5 : (low.magnitude < 1e-300 ? 1 : 0.1 * low.magnitude)
      low -= half
      high += half
    }
    let free = margin * (high - low)
    self.low = low - free
    self.high = high + free
    ticks =
      isLogarithmic
      ? Axis.logarithmicTicks(self.low, self.high, tickCount)
      : Axis.linearTicks(self.low, self.high, tickCount)
  }

  /// Where a value lies, 0 at the low end and 1 at the high end; nil if it has no place.
  func fraction(_ value: Double) -> Double? {
    guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
    let place = isLogarithmic ? log10(value) : value
    let fraction = (place - low) / (high - low)
    // The axis covers all values it was made from, except those too large to draw at all.
    return (-1...2).contains(fraction) ? fraction : nil
  }

  /// The smallest step of 1, 2 or 5 times a power of ten that gives at most `count` ticks.
  static func step(_ range: Double, _ count: Int) -> Double {
    let rough = range / Double(max(count, 1))
    let power = pow(10, floor(log10(rough)))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * (1 - 1e-9) } ?? 10 * power
  }

  private static func linearTicks(_ low: Double, _ high: Double, _ count: Int) -> [Tick] {
    let step = step(high - low, count)
    guard step > 0, step.isFinite, (low / step).magnitude < 1e15 else { return [] }
    let decimals = max(0, -Int(floor(log10(step) + 1e-9)))
    var ticks: [Tick] = []
    var k = (low / step - 1e-9).rounded(.up)
    while k * step <= high + 1e-9 * step, ticks.count < 100 {
      ticks.append(Tick(value: k * step, label: label(k * step, decimals: decimals)))
      k += 1
    }
    return ticks
  }

  /// Powers of ten; if fewer than three fit, their double and fivefold too.
  private static func logarithmicTicks(_ low: Double, _ high: Double, _ count: Int) -> [Tick] {
    let decades = Int(low.rounded(.down))...Int(high.rounded(.up))
    let stride = max(1, Int((Double(decades.count) / Double(max(count, 1))).rounded(.up)))
    let factors: [Double] = high - low < 2 ? [1, 2, 5] : [1]
    var ticks: [Tick] = []
    for decade in decades where decade % stride == 0 {
      for factor in factors {
        let value = factor * pow(10, Double(decade))
        guard value > 0, value.isFinite, (low...high).contains(log10(value)) else { continue }
        ticks.append(Tick(value: value, label: label(value, decimals: max(0, -decade))))
      }
    }
    if ticks.count < 2 {
      return linearTicks(pow(10, low), pow(10, high), count).filter { $0.value > 0 }
    }
    return ticks
  }

  /// A number as short as its axis allows: `0.25`, `12000`, `1e-05`, `3e+06`.
  static func label(_ value: Double, decimals: Int) -> String {
    if value == 0 { return "0" }
    if value.magnitude >= 1e6 || decimals > 4 {
      return String(format: "%.3g", value)
    }
    return String(format: "%.\(decimals)f", value)
  }
}
