import Autodiff
import Kernels
import Objectives
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("SEED's queue") struct SEEDQueueTests {
  private func queue(_ capacity: Int) -> SEEDQueue<Double> {
    SEEDQueue(capacity: capacity, width: 3, key: RandomKey(seed: 1))
  }

  @Test("it begins with random directions of length 1, the same for the same key")
  func beginning() {
    let first = SEEDQueue<Float>(capacity: 50, width: 16, key: RandomKey(seed: 1))
    let lengths = first.entries.map(.square).sum(over: 1).scalars
    #expect(lengths.allSatisfy { abs($0 - 1) < 1e-6 } && first.position == 0)
    let again = SEEDQueue<Float>(capacity: 50, width: 16, key: RandomKey(seed: 1))
    let other = SEEDQueue<Float>(capacity: 50, width: 16, key: RandomKey(seed: 2))
    #expect(first.entries == again.entries && first.entries != other.entries)
  }

  @Test("the oldest entries go first, around the end", arguments: [1, 2, 3, 4, 7])
  func firstInFirstOut(batch: Int) throws {
    var queue = queue(7)
    let start = queue.entries
    // What a queue is, in so many words: the latest seven of everything that ever came.
    var all = (0..<7).map { start.slice($0..<$0 + 1, axis: 0) }
    for step in 0..<9 {
      let t = rows(batch, 3, offset: 13 * step)
      queue.append(t)
      all += (0..<batch).map { unit(t).slice($0..<$0 + 1, axis: 0) }
      #expect(queue.position == (step + 1) * batch % 7)
      let oldestFirst = (0..<7).map { (queue.position + $0) % 7 }
      #expect(
        queue.entries.gathered(rows: oldestFirst) == Tensor.concatenated(all.suffix(7), axis: 0))
    }
  }

  @Test("only the rows of a batch change, and a copy keeps what it had")
  func value() {
    var queue = queue(8)
    let before = queue
    queue.append(rows(3, 3))
    #expect(queue.entries.slice(3..<8, axis: 0) == before.entries.slice(3..<8, axis: 0))
    #expect(queue.entries.slice(0..<3, axis: 0) == unit(rows(3, 3)))
    #expect(before.entries == self.queue(8).entries && before.position == 0)
  }

  @Test("a queue that was kept goes on with the same bits")
  func restored() throws {
    var queue = queue(5)
    queue.append(rows(3, 3))
    var copy = try SEEDQueue(entries: queue.entries, position: queue.position)
    for offset in [4, 20, 30] {
      queue.append(rows(4, 3, offset: offset))
      copy.append(rows(4, 3, offset: offset))
    }
    #expect(copy.entries == queue.entries && copy.position == queue.position)
  }

  @Test("what is no queue is refused with a remedy")
  func refused() {
    let cases: [(entries: Tensor<Double>, position: Int, says: String)] = [
      (.zeros([4]), 0, "[K, D]"), (.zeros([0, 4]), 0, "[K, D]"),
      (.zeros([3, 2]), 3, "position is 3"),
      (.zeros([3, 2]), -1, "position is -1"), (Tensor([1, 2], [.nan, 0]), 0, "finite"),
    ]
    for one in cases {
      let error = #expect(throws: SEEDQueueError.self) {
        try SEEDQueue(entries: one.entries, position: one.position)
      }
      #expect(error?.description.contains(one.says) == true)
      #expect(error?.description.contains("To mend") == true)
    }
    var moved = queue(4)
    moved.append(rows(1, 3))
    #expect(throws: SEEDQueueError.self) {
      try SEEDMultiViewQueue(whole: moved, patches: queue(4))
    }
    #expect(throws: SEEDQueueError.self) {
      try SEEDMultiViewQueue(whole: queue(4), patches: queue(5))
    }
  }

  @Test("of the patches of an image the first enters, and both queues stay in step")
  func patches() throws {
    var queues = try SEEDMultiViewQueue(whole: queue(8), patches: queue(8))
    let (t, patches) = (rows(4, 3), rows(24, 3, offset: 5))
    queues.append(t, patches: patches)
    #expect(queues.whole.entries.slice(0..<4, axis: 0) == unit(t))
    #expect(
      queues.patches.entries.slice(0..<4, axis: 0)
        == unit(patches.gathered(rows: [0, 6, 12, 18])))
    #expect(queues.whole.position == 4 && queues.patches.position == 4)
  }
}
