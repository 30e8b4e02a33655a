// The thread team: numbered pieces of work, done by as many threads as the machine has cores.
//
// Rule       Work is split along outputs, never along a sum, and each piece is the same piece
//            whatever thread takes it. So results do not depend on the number of threads.
// Read       WorkerThreads.swift ← this file → MatrixMultiply.swift
// Tests      Tests/KernelsTests/ThreadTeamTests.swift

import Dispatch
import Foundation
import Synchronization

/// How many threads the kernels use.
public enum ThreadTeam {
  private static let chosen = Atomic<Int>(0)

  /// Threads a kernel may use: what was set, else `MVMR_THREADS`, else the active cores.
  public static var count: Int {
    get {
      let value = chosen.load(ordering: .relaxed)
      return value > 0 ? value : automatic
    }
    set { chosen.store(max(0, newValue), ordering: .relaxed) }
  }

  private static let automatic: Int = {
    if let text = ProcessInfo.processInfo.environment["MVMR_THREADS"], let n = Int(text), n > 0 {
      return min(n, 1024)
    }
    return max(1, ProcessInfo.processInfo.activeProcessorCount)
  }()
}

/// Calls `body` once with each of 0..<count, on up to `ThreadTeam.count` threads, and returns when
/// all are done.
///
/// - Parameters:
///   - count: Number of pieces.
///   - body: One piece; it writes only what no other piece touches.
public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
  let threads = min(ThreadTeam.count, count)
  guard threads > 1 else {
    for i in 0..<max(0, count) { body(i) }
    return
  }
  if WorkerThreads.shared.run(count, helpers: threads - 1, body) { return }
  let next = Atomic<Int>(0)
  withoutActuallyEscaping(body) { body in
    // The pieces are disjoint by contract, so sharing the closure between threads is safe.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let i = next.add(1, ordering: .relaxed).oldValue
        guard i < count else { return }
        body(i)
      }
    }
  }
}

/// Calls `body` once with each of 0..<count, on this thread: inside a piece of a larger work.
@inline(__always)
func oneByOne(_ count: Int, _ body: (Int) -> Void) {
  for i in 0..<count { body(i) }
}

/// Splits 0..<count into runs of `grain` and calls `body` with each run, on the team.
@inline(__always)
func parallelRuns(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  guard count > 0 else { return }
  parallelFor((count + grain - 1) / grain) { i in
    body(i * grain..<min(count, (i + 1) * grain))
  }
}
