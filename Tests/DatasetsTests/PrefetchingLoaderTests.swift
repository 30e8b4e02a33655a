import Datasets
import Foundation
import Synchronization
import Testing

@Suite("Prefetching loader") struct PrefetchingLoaderTests {
  struct Broken: Error, Equatable { let item: Int }

  @Test("items come in order and complete", arguments: [1, 2, 3], [1, 2, 5])
  func order(workers: Int, depth: Int) throws {
    let loader = PrefetchingLoader(count: 50, depth: depth, workers: workers) { item in
      // Later items are often ready sooner.
      Thread.sleep(forTimeInterval: item % 3 == 0 ? 0.002 : 0)
      return item * item
    }
    var items: [Int] = []
    while let item = try loader.next() { items.append(item) }
    #expect(items == (0..<50).map { $0 * $0 })
    #expect(try loader.next() == nil)
  }

  @Test("what waits is prepared by workers; the consumer's own thread finishes it")
  func twoParts() throws {
    let threads = Mutex<Set<Int>>([])
    let consumer = Thread.current.hash
    let loader = PrefetchingLoader(
      count: 20, depth: 3, workers: 2,
      prepare: { item in
        threads.withLock { _ = $0.insert(Thread.current.hash) }
        return UInt8(item)
      }, finish: { (Int($0) * 10, Thread.current.hash) })
    for item in 0..<20 {
      let (value, thread) = try #require(try loader.next())
      #expect(value == 10 * item && thread == consumer)
    }
    #expect(!threads.withLock { $0.contains(consumer) })
  }

  @Test("an error in the middle arrives in its place and stays", arguments: [1, 2, 3])
  func error(workers: Int) throws {
    let loader = PrefetchingLoader(count: 50, depth: 4, workers: workers) { item in
      if item >= 7 { throw Broken(item: item) }
      return item
    }
    for item in 0..<7 { #expect(try loader.next() == item) }
    #expect(throws: Broken(item: 7)) { try loader.next() }
    #expect(throws: Broken(item: 7)) { try loader.next() }
  }

  @Test("no more than depth items are made ahead")
  func depth() throws {
    let made = Made()
    let loader = PrefetchingLoader(count: 100, depth: 3, workers: 2) { item in
      made.add()
      return item
    }
    for taken in 0..<6 {
      Thread.sleep(forTimeInterval: 0.02)
      #expect(made.count <= taken + 3)
      #expect(try loader.next() == taken)
    }
  }

  @Test("dropping the loader ends the work")
  func drop() throws {
    let made = Made()
    var loader: PrefetchingLoader<Int>? = PrefetchingLoader(count: 1000, depth: 1000, workers: 3) {
      made.add()
      Thread.sleep(forTimeInterval: 0.002)
      return $0
    }
    #expect(try loader?.next() == 0)
    loader = nil
    let count = made.count
    Thread.sleep(forTimeInterval: 0.03)
    #expect(made.count == count && count < 1000)
  }

  @Test("the time spent waiting is recorded")
  func waiting() throws {
    let loader = PrefetchingLoader(count: 3, depth: 1, workers: 1) { item in
      Thread.sleep(forTimeInterval: 0.03)
      return item
    }
    while try loader.next() != nil {}
    #expect(loader.waitedSeconds > 0.05 && loader.waitedSeconds < 30)
  }

  @Test("no items end at once")
  func empty() throws {
    let loader = PrefetchingLoader(count: 0) { $0 }
    #expect(try loader.next() == nil)
  }

  /// A count that several threads add to.
  final class Made: Sendable {
    private let value = Mutex(0)
    func add() { value.withLock { $0 += 1 } }
    var count: Int { value.withLock { $0 } }
  }
}
