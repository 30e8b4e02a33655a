// A profile: where the time of a computation goes, by operation.
//
// Idea       Operations run one after the other, so the time from the end of one to the end of the
//            next belongs to the next. Backward adds what its pullbacks take, and apart from them the
//            adding up of gradients that arrive at one place from several sides.
// Cost       None while nothing is profiled: one branch for each operation. Profiled, one clock
//            reading for each.
// Read       Variable.swift, NonFiniteTrap.swift ← this file → Command/Benchmarks/StepProfile.swift
// Tests      Tests/AutodiffTests/OperationProfileTests.swift

import Dispatch
import Kernels
import Synchronization
import Tensors

/// Seconds and calls of each operation of a computation.
public final class OperationProfile: Sendable {
  /// What is counted as one.
  public struct Key: Sendable, Hashable {
    /// The operation, as its function is called: `relu`, `conv2D`.
    public let operation: String
    /// Whether it was pulled back (backward) rather than computed (forward).
    public let isGradient: Bool
    /// Shape of the operation's result.
    public let shape: [Int]
  }

  /// What was counted.
  public struct Entry: Sendable {
    public let key: Key
    public internal(set) var calls: Int
    public internal(set) var seconds: Double
  }

  @TaskLocal private static var current: OperationProfile?
  private static let profiled = Atomic<Int>(0)

  private struct State {
    var entries: [Entry] = []
    var places: [Key: Int] = [:]
    var last = DispatchTime.now().uptimeNanoseconds
  }
  private let state = Mutex(State())

  private init() {}

  /// Whether anything is profiled anywhere: the one branch that operations pay.
  @inline(__always) static var isRunning: Bool { profiled.load(ordering: .relaxed) > 0 }

  /// Profiles all operations that a closure does, on this thread.
  ///
  /// - Parameter body: What is profiled.
  /// - Returns: What the closure returns, and every operation in the order of its first call.
  /// - Throws: What the closure throws.
  public static func measuring<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, entries: [Entry]) {
    profiled.add(1, ordering: .relaxed)
    defer { profiled.subtract(1, ordering: .relaxed) }
    let profile = OperationProfile()
    let result = try $current.withValue(profile) { try body() }
    return (result, profile.state.withLock { $0.entries })
  }

  /// Counts the time since the last operation ended as `name`, when this thread is profiled.
  ///
  /// For what is no operation of a computation: an optimiser's step, the wait for a batch.
  public static func mark(_ name: String) {
    guard isRunning else { return }
    note(name, isGradient: false, [])
  }

  static func note(_ operation: StaticString, isGradient: Bool, _ shape: [Int]) {
    note(String("\(operation)".prefix { $0 != "(" }), isGradient: isGradient, shape)
  }

  private static func note(_ name: String, isGradient: Bool, _ shape: [Int]) {
    guard let current else { return }
    let now = DispatchTime.now().uptimeNanoseconds
    let key = Key(operation: name, isGradient: isGradient, shape: shape)
    current.state.withLock { state in
      let seconds = Double(now - state.last) * 1e-9
      state.last = now
      if let place = state.places[key] {
        state.entries[place].calls += 1
        state.entries[place].seconds += seconds
      } else {
        state.places[key] = state.entries.count
        state.entries.append(Entry(key: key, calls: 1, seconds: seconds))
      }
    }
  }
}
