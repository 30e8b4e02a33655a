// The threads behind the team: they wait awake for a moment, so that the next kernel finds them ready.
//
// Why        A training step has hundreds of kernels of 50 µs to 2 ms, one after the other. To wake a
//            sleeping thread takes 20 to 50 µs; a thread that looks again and again for its next order takes
//            it up within one or two, and lets others have the processor between looks. After `patience`
//            without an order it sleeps, so an idle program costs nothing; after several such waits it looks
//            for less long, so that a program with little to share out does not pay for a thread that looks
//            in vain.
// Shares     Every thread begins with a share of its own, neighbouring pieces one after the other, and then helps
//            with what is left of the others'. Two threads that took pieces in turn would fetch ahead, past the
//            end of a piece, what the other is writing.
// Order      The caller writes the job, then each worker's number of orders; a worker that reads the new
//            number sees the job. A worker lies down by raising its flag and looking once more: either it
//            still sees the order, or the caller sees the flag and rings. The same, mirrored, at the end.
// One job    There is one crew. A caller that finds it taken (a loader's thread beside the trainer's, or a
//            piece that is itself split) is refused and shares its work out by Dispatch instead.
// Read       this file → ThreadTeam.swift
// Tests      Tests/KernelsTests/ThreadTeamTests.swift

import Dispatch
import Foundation
import Synchronization

/// A flag beside a bell: how one thread waits for another without missing it.
private final class Doorbell: Sendable {
  private let isWaiting = Atomic<Bool>(false)
  private let bell = DispatchSemaphore(value: 0)
  /// How much of the patience is used: a 2⁻ⁿ of it, and n grows with every wait that was longer.
  private let haste = Atomic<UInt64>(0)

  /// Returns when `condition` holds: awake for at most `patience` nanoseconds, asleep afterwards.
  func wait(patience: UInt64, until condition: () -> Bool) {
    let start = DispatchTime.now().uptimeNanoseconds
    let haste = haste.load(ordering: .relaxed)
    repeat {
      for _ in 0..<64 where condition() {
        if haste > 0 { self.haste.store(haste - 1, ordering: .relaxed) }
        return
      }
      // Whoever else wants this processor comes first.
      sched_yield()
    } while DispatchTime.now().uptimeNanoseconds &- start < patience >> haste
    defer {
      // One that would have been found awake with all patience counts as found.
      let isLong = DispatchTime.now().uptimeNanoseconds &- start > patience
      self.haste.store(isLong ? min(haste + 1, 5) : max(haste, 1) - 1, ordering: .relaxed)
    }
    while !condition() {
      isWaiting.store(true, ordering: .sequentiallyConsistent)
      // Whoever lowers the flag decides: we, and nobody rings; the other, and a ring must be taken.
      if condition(), isWaiting.exchange(false, ordering: .sequentiallyConsistent) { return }
      bell.wait()
    }
  }

  /// To be called after `condition` was made true.
  func ring() {
    if isWaiting.exchange(false, ordering: .sequentiallyConsistent) { bell.signal() }
  }
}

/// Neighbouring pieces of a job, taken from the first to the last.
private final class Share: Sendable {
  /// The next piece that nobody has taken.
  private let next = Atomic<Int>(0)
  // Written by the caller before its orders, like the job.
  nonisolated(unsafe) private var end = 0

  func fill(_ pieces: Range<Int>) {
    end = pieces.upperBound
    next.store(pieces.lowerBound, ordering: .relaxed)
  }

  /// Does all pieces that are left, one at a time.
  func work(_ body: (Int) -> Void) {
    while true {
      let piece = next.add(1, ordering: .relaxed).oldValue
      guard piece < end else { return }
      body(piece)
    }
  }
}

/// One thread of the crew.
private final class Worker: Sendable {
  /// Number of orders given to it.
  let orders = Atomic<Int>(0)
  let door = Doorbell()
}

/// All threads of the crew, and the job they are at.
final class WorkerThreads: Sendable {
  static let shared = WorkerThreads()

  /// How long a thread looks for work before it sleeps, in nanoseconds: longer than what lies between two
  /// kernels of a step, shorter than anyone minds.
  private static let patience: UInt64 = 100_000
  private static let processors = ProcessInfo.processInfo.activeProcessorCount

  private let isTaken = Atomic<Bool>(false)
  /// Workers that have not finished the job.
  private let unfinished = Atomic<Int>(0)
  private let door = Doorbell()
  // Written by the caller that has taken the crew, read by workers after their order.
  nonisolated(unsafe) private var body: ((Int) -> Void)?
  nonisolated(unsafe) private var threads = 1
  nonisolated(unsafe) private var patience: UInt64 = 0
  nonisolated(unsafe) private var workers: [Worker] = []
  /// The caller's share, and each worker's.
  nonisolated(unsafe) private var shares = [Share()]

  /// Does all pieces of 0..<count on this thread and `helpers` others.
  ///
  /// - Returns: False, with nothing done, when another caller has the crew.
  func run(_ count: Int, helpers: Int, _ body: (Int) -> Void) -> Bool {
    guard !isTaken.exchange(true, ordering: .acquiring) else { return false }
    defer { isTaken.store(false, ordering: .releasing) }
    while workers.count < helpers { hire() }
    withoutActuallyEscaping(body) { body in
      self.body = body
      threads = helpers + 1
      for n in 0..<threads { shares[n].fill(n * count / threads..<(n + 1) * count / threads) }
      // More threads than processors only disturb each other by looking.
      patience = helpers < Self.processors ? Self.patience : 0
      unfinished.store(helpers, ordering: .relaxed)
      for worker in workers[..<helpers] {
        worker.orders.add(1, ordering: .sequentiallyConsistent)
        worker.door.ring()
      }
      work(first: 0)
      door.wait(patience: patience) { unfinished.load(ordering: .sequentiallyConsistent) == 0 }
      self.body = nil
    }
    return true
  }

  /// Does a share, and what is left of those after it.
  private func work(first: Int) {
    guard let body else { return }
    let threads = threads
    for n in 0..<threads { shares[(first + n) % threads].work(body) }
  }

  private func hire() {
    let worker = Worker()
    workers.append(worker)
    shares.append(Share())
    let number = workers.count
    let thread = Thread { [self] in
      var done = 0
      var patience = Self.patience
      while true {
        worker.door.wait(patience: patience) {
          worker.orders.load(ordering: .sequentiallyConsistent) != done
        }
        done += 1
        work(first: number)
        patience = self.patience
        if unfinished.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 { door.ring() }
      }
    }
    thread.name = "mvmr kernels \(number)"
    thread.start()
  }
}
