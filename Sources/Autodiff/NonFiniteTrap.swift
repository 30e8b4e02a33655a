// A trap for the first NaN or infinity: which operation made it, from what.
//
// Idea       A NaN spreads: when the loss shows it, the place where it arose is long past. While a
//            computation is watched, every operation looks at its result, and every pullback at the
//            gradients it returns; the first one that is not finite is remembered with its inputs.
// Cost       None while nothing is watched: one branch for each operation. Watched, one pass over
//            each result.
// Read       Variable.swift ← this file → Training/PreTraining.swift
// Tests      Tests/AutodiffTests/NonFiniteTrapTests.swift

import Kernels
import Synchronization
import Tensors

/// Where a computation first left the finite numbers.
public struct NonFiniteFinding: Sendable, Hashable, CustomStringConvertible {
  /// The operation, as its function is called: `squareRoot`, `conv2D`.
  public let operation: String
  /// Whether it was a gradient (backward) rather than a result (forward).
  public let isGradient: Bool
  /// The tensor: its shape, the first index that is not finite, and what is there.
  public let tensor: String
  /// The inputs of the operation (forward), or the gradient that came in (backward).
  public let inputs: [String]

  /// What happened, in one line.
  public var description: String {
    let what = isGradient ? "backward: a gradient" : "forward: the result"
    let from = inputs.isEmpty ? "no input" : inputs.joined(separator: ", ")
    return "\(operation), \(what) \(tensor); from \(from)"
  }
}

/// Watches every operation of a computation.
public final class NonFiniteTrap: Sendable {
  @TaskLocal private static var current: NonFiniteTrap?
  private static let watched = Atomic<Int>(0)
  private let first = Mutex<NonFiniteFinding?>(nil)

  private init() {}

  /// Whether anything is watched anywhere: the one branch that operations pay.
  @inline(__always) static var isArmed: Bool { watched.load(ordering: .relaxed) > 0 }

  /// The first finding so far, inside `watching`; nil outside.
  public static var found: NonFiniteFinding? { current?.first.withLock { $0 } }

  /// Watches all operations that a closure does, on this thread.
  ///
  /// - Parameter body: Asks `NonFiniteTrap.found` where it wants to stop.
  /// - Returns: What the closure returns.
  /// - Throws: What the closure throws.
  public static func watching<Result>(_ body: () throws -> Result) rethrows -> Result {
    watched.add(1, ordering: .relaxed)
    defer { watched.subtract(1, ordering: .relaxed) }
    return try $current.withValue(NonFiniteTrap()) { try body() }
  }

  static func check<S>(_ operation: StaticString, result: Tensor<S>, inputs: [Tensor<S>]) {
    note(operation, isGradient: false, result, inputs)
  }

  static func check<S>(_ operation: StaticString, gradients: [Tensor<S>], cotangent: Tensor<S>) {
    for gradient in gradients { note(operation, isGradient: true, gradient, [cotangent]) }
  }

  private static func note<S>(
    _ operation: StaticString, isGradient: Bool, _ tensor: Tensor<S>, _ inputs: [Tensor<S>]
  ) {
    guard let current, !tensor.isFinite else { return }
    current.first.withLock { first in
      guard first == nil else { return }
      first = NonFiniteFinding(
        operation: String("\(operation)".prefix { $0 != "(" }), isGradient: isGradient,
        tensor: describe(tensor), inputs: inputs.map(describe))
    }
  }

  /// `[2, 3], finite` or `[2, 3], nan at [1, 0]`.
  private static func describe<S>(_ tensor: Tensor<S>) -> String {
    guard let place = tensor.scalars.firstIndex(where: { !$0.isFinite }) else {
      return "\(tensor.shape), finite"
    }
    var index: [Int] = []
    var rest = place
    for extent in tensor.shape.reversed() {
      index.insert(rest % extent, at: 0)
      rest /= extent
    }
    return "\(tensor.shape), \(tensor.buffer[place]) at \(index)"
  }
}
