// Work split over the processor's cores.

import Dispatch

/// Runs `body(0)` … `body(count − 1)`, on as many threads as the processor has cores.
///
/// Each call must write to elements no other call touches; then the result cannot depend on the
/// number of threads.
///
/// - Parameters:
///   - count: Number of calls, at least 0.
///   - body: One piece of the work.
public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
  if count == 1 { return body(0) }
  guard count > 1 else { return }
  // The calls end before this one does, and touch different elements by contract.
  withoutActuallyEscaping(body) { body in
    nonisolated(unsafe) let shared = body
    DispatchQueue.concurrentPerform(iterations: count) { shared($0) }
  }
}
