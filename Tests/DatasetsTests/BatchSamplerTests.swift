import Datasets
import Randomness
import Testing

@Suite("Batch sampler") struct BatchSamplerTests {
  @Test("an epoch visits every image once, in an order of its own")
  func epochs() {
    let sampler = BatchSampler(count: 23, batchSize: 5, dropLast: false, key: RandomKey(seed: 2))
    #expect(sampler.batchesPerEpoch == 5)
    let orders = (0..<4).map { epoch in
      (0..<5).flatMap { sampler.indices(epoch: epoch, batch: $0) }
    }
    for order in orders { #expect(order.sorted() == Array(0..<23)) }
    #expect(Set(orders).count == 4)
  }

  @Test("a batch is the same whatever was asked for before")
  func resume() {
    let key = RandomKey(seed: 2)
    let walked = BatchSampler(count: 40, batchSize: 8, key: key)
    for epoch in 0..<6 { for batch in 0..<5 { _ = walked.indices(epoch: epoch, batch: batch) } }
    let fresh = BatchSampler(count: 40, batchSize: 8, key: key)
    #expect(fresh.indices(epoch: 3, batch: 2) == walked.indices(epoch: 3, batch: 2))
    let other = BatchSampler(count: 40, batchSize: 8, key: RandomKey(seed: 3))
    #expect(other.indices(epoch: 3, batch: 2) != walked.indices(epoch: 3, batch: 2))
  }

  @Test("a shorter last batch is dropped or kept as asked")
  func last() {
    let key = RandomKey(seed: 1)
    #expect(BatchSampler(count: 23, batchSize: 5, key: key).batchesPerEpoch == 4)
    let kept = BatchSampler(count: 23, batchSize: 5, dropLast: false, key: key)
    #expect(kept.indices(epoch: 0, batch: 4).count == 3)
    #expect(BatchSampler(count: 3, batchSize: 5, key: key).batchesPerEpoch == 0)
  }

  @Test("without shuffling the order is that of the data set")
  func unshuffled() {
    let sampler = BatchSampler(count: 9, batchSize: 3, shuffles: false, key: RandomKey(seed: 1))
    #expect(sampler.indices(epoch: 7, batch: 1) == [3, 4, 5])
  }
}
