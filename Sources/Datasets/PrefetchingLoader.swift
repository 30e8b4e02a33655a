// A loader that prepares what comes next while the consumer works on what it has.
//
// Idea       Item i is made by a function of i alone, so the number of workers changes when an item
//            is ready and never what is in it. Items are handed out in order.
// Two parts  What waits need not be what is handed out: workers may prepare something smaller, such as bytes,
//            and the consumer's own call finishes it.
// Contract   At most `depth` items beyond the last one handed out are made or being made. The
//            first error, in order, reaches `next()` in the place of its item and ends the run.
// Read       this file → PreTrainingBatches.swift
// Tests      Tests/DatasetsTests/PrefetchingLoaderTests.swift

import Foundation
import Kernels

/// Items 0..<count, made ahead of time on threads of the loader's own.
///
/// Batches for training, but also anything else that costs time: representations, decoded images.
/// One thread consumes.
public final class PrefetchingLoader<Item: Sendable>: Sendable {
  /// Number of items.
  public let count: Int
  private let queue: PrefetchQueue<@Sendable () -> Item>

  /// Starts the workers.
  ///
  /// - Parameters:
  ///   - count: Number of items, at least 0.
  ///   - depth: Items prepared ahead, at least 1; what is in memory beyond the one in use.
  ///   - workers: Threads, at least 1.
  ///   - make: Makes item i, on any thread, in any order.
  public convenience init(
    count: Int, depth: Int = 2, workers: Int = 1, make: @escaping @Sendable (Int) throws -> Item
  ) {
    self.init(count: count, depth: depth, workers: workers, prepare: make, finish: { $0 })
  }

  /// Starts the workers, of items in two parts.
  ///
  /// - Parameters:
  ///   - count: Number of items, at least 0.
  ///   - depth: Items prepared ahead, at least 1.
  ///   - workers: Threads, at least 1.
  ///   - prepare: Makes what waits of item i, on any thread, in any order.
  ///   - finish: Makes the item of it, in `next()`.
  public init<Prepared: Sendable>(
    count: Int, depth: Int = 2, workers: Int = 1,
    prepare: @escaping @Sendable (Int) throws -> Prepared,
    finish: @escaping @Sendable (Prepared) -> Item
  ) {
    require(
      count >= 0 && depth >= 1 && workers >= 1,
      """
      PrefetchingLoader: \(count) items, \(depth) ahead, \(workers) workers.
        To mend: at least one item ahead and one worker.
      """)
    self.count = count
    let queue = PrefetchQueue<@Sendable () -> Item>(count: count, depth: depth, workers: workers)
    self.queue = queue
    for number in 0..<workers {
      // The thread holds the queue, never the loader: dropping the loader stops the workers.
      let thread = Thread {
        queue.work { i in
          let prepared = try prepare(i)
          return { finish(prepared) }
        }
      }
      thread.name = "prefetch \(number)"
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  /// Returns when no worker is at work any more.
  deinit { queue.stop() }

  /// The next item, when it is ready.
  ///
  /// - Returns: `nil` after the last item.
  /// - Throws: What making this item threw; every later call throws it again.
  public func next() throws -> Item? { try queue.next()?() }

  /// Seconds the consumer has waited in `next()` so far: the cost of too slow a preparation.
  public var waitedSeconds: Double { queue.waitedSeconds }
}

/// What loader and workers share, behind one lock.
private final class PrefetchQueue<Item: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()  // guards everything below
  private let count: Int
  private let depth: Int
  private var active: Int
  private var begun = 0
  private var delivered = 0
  private var ready: [Int: Result<Item, any Error>] = [:]
  private var failure: (any Error)?
  private var stopped = false
  private var waited = Duration.zero

  init(count: Int, depth: Int, workers: Int) {
    self.count = count
    self.depth = depth
    active = workers
  }

  func work(_ make: (Int) throws -> Item) {
    condition.lock()
    while true {
      while !stopped && begun < count && begun >= delivered + depth { condition.wait() }
      if stopped || begun >= count { break }
      let index = begun
      begun += 1
      condition.unlock()
      let result = Result { try make(index) }
      condition.lock()
      ready[index] = result
      condition.broadcast()
    }
    active -= 1
    condition.broadcast()
    condition.unlock()
  }

  func next() throws -> Item? {
    condition.lock()
    defer { condition.unlock() }
    if let failure { throw failure }
    if delivered == count { return nil }
    let clock = ContinuousClock()
    let start = clock.now
    while ready[delivered] == nil { condition.wait() }
    waited += clock.now - start
    let result = ready.removeValue(forKey: delivered)
    delivered += 1
    condition.broadcast()
    switch result {
    case .success(let item): return item
    case .failure(let error):
      failure = error
      stopped = true
      ready = [:]
      throw error
    case nil: return nil  // not reached: the loop above ends when the item is there
    }
  }

  func stop() {
    condition.lock()
    stopped = true
    condition.broadcast()
    while active > 0 { condition.wait() }
    ready = [:]
    condition.unlock()
  }

  var waitedSeconds: Double {
    condition.lock()
    defer { condition.unlock() }
    return waited / .seconds(1)
  }
}
