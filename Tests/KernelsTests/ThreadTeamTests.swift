// The thread team: every piece exactly once, whoever calls and however often.

import Dispatch
import Kernels
import Synchronization
import Testing

@Suite("Thread team", .serialized) struct ThreadTeamTests {
  @Test("many short jobs in a row: every piece once", arguments: [1, 2, 3, 7])
  func manyJobs(threads: Int) {
    withThreads(threads) {
      for job in 0..<3000 {
        let count = job % 9
        let times = Times(count)
        parallelFor(count) { times.note($0) }
        #expect(times.areAllOne)
      }
    }
  }

  @Test("threads that fell asleep wake up again")
  func afterSleep() async throws {
    for _ in 0..<5 {
      let times = Times(40)
      withThreads(3) { parallelFor(40) { times.note($0) } }
      #expect(times.areAllOne)
      try await Task.sleep(for: .milliseconds(3))  // thirty times their patience
    }
  }

  @Test("pieces that are split themselves")
  func nested() {
    withThreads(3) {
      let times = Times(60)
      parallelFor(6) { outer in
        parallelFor(10) { inner in times.note(10 * outer + inner) }
      }
      #expect(times.areAllOne)
    }
  }

  @Test("callers on several threads at once")
  func manyCallers() {
    withThreads(2) {
      let callers = (0..<4).map { _ in Times(50) }
      DispatchQueue.concurrentPerform(iterations: 4) { caller in
        for _ in 0..<200 { parallelFor(50) { callers[caller].note($0) } }
      }
      for times in callers { #expect(times.areAll(200)) }
    }
  }

  @Test("what pieces write is seen by the caller")
  func visibility() {
    withThreads(2) {
      var sum = 0
      let buffer = Buffer<Double>(repeating: 0, count: 64)
      for job in 1...2000 {
        parallelFor(64) { buffer[$0] = Double(job) }
        sum += buffer.array.allSatisfy { $0 == Double(job) } ? 1 : 0
      }
      #expect(sum == 2000)
    }
  }

  private func withThreads(_ count: Int, _ body: () -> Void) {
    let before = ThreadTeam.count
    defer { ThreadTeam.count = before }
    ThreadTeam.count = count
    body()
  }
}

/// How often each piece was done.
private final class Times: Sendable {
  private let counts: Mutex<[Int]>
  init(_ count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }
  func note(_ piece: Int) { counts.withLock { $0[piece] += 1 } }
  var areAllOne: Bool { areAll(1) }
  func areAll(_ n: Int) -> Bool { counts.withLock { $0.allSatisfy { $0 == n } } }
}
