// How far two right implementations may be apart, and why.
//
// Formula    |ours − theirs| ≤ absolute + relative · max |theirs|, the maximum over the tensor
// Why        Relative to the largest element: in a sum that cancels a small element carries the rounding
//            of the large ones, so its own size is no measure.
// Read       this file → TensorComparison.swift

import Kernels

/// The distance at which a comparison fails, with its reason.
public struct Tolerance: Hashable, Sendable {
  /// Times the largest magnitude of the expected tensor.
  public let relative: Double
  /// Added to it; what is left when the expected tensor is zero.
  public let absolute: Double
  /// Why so much, and no more.
  public let reason: String

  /// A tolerance.
  public init(relative: Double, absolute: Double, reason: String) {
    self.relative = relative
    self.absolute = absolute
    self.reason = reason
  }
}

/// The two number types of a case.
public enum OracleScalar: String, CaseIterable, Sendable {
  case float64, float32
}

/// The tolerance of an operation for each number type.
public struct Tolerances: Sendable {
  let float64: Tolerance
  let float32: Tolerance

  subscript(_ scalar: OracleScalar) -> Tolerance { scalar == .float64 ? float64 : float32 }

  /// A relative tolerance, with a thousandth of it as the absolute one.
  static func relative(float64: Double, float32: Double, _ reason: String) -> Tolerances {
    Tolerances(
      float64: Tolerance(relative: float64, absolute: float64 / 1000, reason: reason),
      float32: Tolerance(relative: float32, absolute: float32 / 1000, reason: reason))
  }

  /// The very same numbers.
  static func exact(_ reason: String) -> Tolerances {
    let one = Tolerance(relative: 0, absolute: 0, reason: reason)
    return Tolerances(float64: one, float32: one)
  }

  static let moves = exact("numbers are moved, never changed")
  static let elementwise = relative(
    float64: 4e-15, float32: 2e-6, "a few roundings an element: at most 18 units in the last place")
  static let sums = relative(
    float64: 1e-13, float32: 2e-5,
    "sums of up to some hundred terms, in whatever order: rounding grows with the square root")
  static let statistics = relative(
    float64: 1e-12, float32: 1e-4,
    "means and variances are divided by each other: rounding is amplified by the condition number")
}
