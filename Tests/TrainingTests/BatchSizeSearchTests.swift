import Foundation
import Testing

@testable import Training

@Suite("Batch-size search", .serialized) struct BatchSizeSearchTests {
  @Test("the largest that fits is found, and none that would not fit is tried")
  func search() {
    // 1,000 bytes and 10 an image: 512 images need 6,120, but 6,760 are foreseen.
    for (memory, expected) in [(6120, 256), (7000, 512), (10_000, 512), (1100, 8)] {
      var tried: [Int] = []
      let search = BatchSizeSearch(limit: 100_000, memory: memory) { size in
        tried.append(size)
        return 1000 + 10 * size
      }
      #expect(search.batchSize == expected, "\(memory): \(search.trials)")
      #expect(tried.allSatisfy { 1000 + 10 * $0 <= memory })
    }
  }

  @Test("too little memory for the smallest is nil; the data end the search")
  func ends() {
    #expect(BatchSizeSearch(limit: 100, memory: 1000) { 1000 + $0 }.batchSize == nil)
    #expect(BatchSizeSearch(limit: 100, memory: 1 << 40) { $0 }.batchSize == 64)
    #expect(BatchSizeSearch(limit: 1, memory: 1 << 40) { $0 }.batchSize == nil)
  }

  @Test("real steps are measured, and nothing of the run is touched")
  func steps() throws {
    let c = try TinyRun.configuration()
    var seen: [BatchSizeSearch.Trial] = []
    let search = try BatchSizeSearch.run(
      c, data: DataSource(c), memory: 1 << 40, observe: { seen.append($0) })
    #expect(search.batchSize == 32 && search.trials == seen && seen.count == 5)
    #expect(seen[0].peak > 1 << 20 && zip(seen, seen.dropFirst()).allSatisfy { $0.peak <= $1.peak })
    #expect(availableMemory() > 1 << 20)
  }
}
