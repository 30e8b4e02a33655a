// Keys and streams: equal paths give equal numbers, different paths give unrelated ones.

import Randomness
import Testing

@Suite("Randomness") struct RandomnessTests {
  @Test("a path names a key: no two of many thousands meet")
  func paths() {
    var seen: Set<RandomKey> = []
    var count = 0
    for seed in 0..<20 {
      let root = RandomKey(seed: UInt64(seed))
      for name in ["augment", "shuffle", "weight", ""] {
        for index in -50..<50 {
          seen.insert(root.child(name).child(index))
          count += 1
        }
      }
      for index in 0..<100 {
        seen.insert(root.child(index))
        seen.insert(root.child(index).child("weight"))
        count += 2
      }
    }
    #expect(seen.count == count)
    #expect(RandomKey(seed: 3).child("a").child(7) == RandomKey(seed: 3).child("a").child(7))
    #expect(RandomKey(bits: RandomKey(seed: 9).bits) == RandomKey(seed: 9))
  }

  @Test("a stream walks its key's words from the first")
  func words() {
    let key = RandomKey(seed: 5)
    var stream = RandomStream(key)
    for i in 0..<10 {
      let (first, second) = key.words(UInt64(i))
      #expect(stream.next() == first && stream.next() == second)
    }
  }

  @Test("a bit of the key or the block flips about half of the words' bits")
  func avalanche() {
    var flips = 0
    for bit in 0..<64 {
      let (a, _) = RandomKey(bits: 0x1234_5678_9ABC_DEF0).words(3)
      let (b, _) = RandomKey(bits: 0x1234_5678_9ABC_DEF0 ^ (1 << UInt64(bit))).words(3)
      flips += (a ^ b).nonzeroBitCount
    }
    // 4096 fair bits: the standard error is 32.
    #expect(abs(flips - 2048) < 130)
  }

  @Test("a permutation holds every number once, and every number visits every place")
  func permutations() {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 5)
    for i in 0..<2000 {
      var stream = RandomStream(RandomKey(seed: 1).child(i))
      let order = stream.permutation(5)
      #expect(order.sorted() == [0, 1, 2, 3, 4])
      for (place, number) in order.enumerated() { counts[number][place] += 1 }
    }
    // 400 expected in each of 25 cells; the standard error is 18.
    #expect(counts.flatMap { $0 }.allSatisfy { abs($0 - 400) < 80 }, "\(counts)")
    var stream = RandomStream(RandomKey(seed: 1))
    #expect(stream.permutation(0).isEmpty && stream.permutation(1) == [0])
  }

  @Test("uniform draws have their moments")
  func moments() {
    var stream = RandomStream(RandomKey(seed: 8))
    let uniform = (0..<20_000).map { _ in stream.uniform(in: -1...1) }
    func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
    #expect(uniform.allSatisfy { $0 >= -1 && $0 <= 1 } && abs(mean(uniform)) < 0.017)
    #expect(abs(mean(uniform.map { $0 * $0 }) - 1.0 / 3) < 0.009)
    let integers = (0..<6000).map { _ in stream.integer(below: 6) }
    for value in 0..<6 {
      let count = integers.count { $0 == value }
      #expect(abs(count - 1000) < 120, "\(value): \(count) times")
    }
  }
}
