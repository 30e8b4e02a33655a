// Buffers for tests: pattern inputs in either number type, results as doubles.

import Kernels
import TestSupport

extension Buffer {
  /// A pattern, rounded to this type.
  static func pattern(_ count: Int, offset: Int = 0, scale: Double = 1) -> Buffer {
    let wide = Buffer<Double>(TestSupport.pattern(count, offset: offset, scale: scale))
    let narrow = Buffer(uninitialized: count)
    convert(wide, into: narrow)
    return narrow
  }

  /// NaN everywhere: what a kernel forgets to write, a comparison finds.
  static func unwritten(_ count: Int) -> Buffer { Buffer(repeating: .nan, count: count) }

  /// The scalars as doubles; exact.
  var doubles: [Double] { wide.array }

  /// The same scalars as doubles; exact.
  var wide: Buffer<Double> {
    let wide = Buffer<Double>(uninitialized: count)
    convert(self, into: wide)
    return wide
  }

  /// |x| as doubles.
  var magnitudes: Buffer<Double> {
    let result = wide
    map(.absolute, result, into: result)
    return result
  }
}

/// The bit patterns, so that −0 differs from 0.
func bits<S: KernelScalar>(_ x: Buffer<S>) -> [UInt64] { bitPatterns(x.doubles) }

/// u of a type: half the distance from 1 to the next number.
func roundoff<S: KernelScalar>(_: S.Type) -> Double { Double(S.ulpOfOne) / 2 }
