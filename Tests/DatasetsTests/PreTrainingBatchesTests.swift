import Datasets
import Images
import Randomness
import Tensors
import Testing

@Suite("Pre-training batches") struct PreTrainingBatchesTests {
  static func batches(
    _ dataset: any ImageDataset, batchSize: Int = 4, size: Int? = nil,
    policy: AugmentationPolicy = .custom, seed: UInt64 = 6
  ) -> PreTrainingBatches {
    let key = RandomKey(seed: seed)
    return PreTrainingBatches(
      dataset: dataset, sampler: BatchSampler(count: dataset.count, batchSize: batchSize, key: key),
      policy: policy, size: size, statistics: .imageNet, drawsAugmentedPixels: true, key: key)
  }

  static func same(_ a: PreTrainingBatch, _ b: PreTrainingBatch) -> Bool {
    a.epoch == b.epoch && a.batch == b.batch && a.indices == b.indices && a.labels == b.labels
      && a.original == b.original && a.augmented == b.augmented
      && a.augmentedPixels == b.augmentedPixels
  }

  static func all(_ loader: PrefetchingLoader<PreTrainingBatch>) throws -> [PreTrainingBatch] {
    var batches: [PreTrainingBatch] = []
    while let batch = try loader.next() { batches.append(batch) }
    return batches
  }

  @Test("batches are bit for bit the same with one, two and three workers")
  func workers() throws {
    let maker = Self.batches(SyntheticShapes(count: 18, size: 24))
    let one = try Self.all(maker.loader(epochs: 3, workers: 1))
    #expect(one.count == 12)
    for workers in 2...3 {
      let more = try Self.all(maker.loader(epochs: 3, depth: 5, workers: workers))
      #expect(more.count == one.count && zip(one, more).allSatisfy(Self.same))
    }
  }

  @Test("a run taken up in the middle goes on with the same batches")
  func resume() throws {
    let dataset = SyntheticShapes(count: 18, size: 24)
    let whole = try Self.all(Self.batches(dataset).loader(epochs: 3))
    let rest = try Self.all(Self.batches(dataset).loader(from: 5, epochs: 3))
    #expect(rest.count == 7 && zip(whole[5...], rest).allSatisfy(Self.same))
    #expect(rest[0].epoch == 1 && rest[0].batch == 1)
  }

  @Test("a view is drawn for the sample and the epoch, whatever the batch size")
  func samples() throws {
    let dataset = SyntheticShapes(count: 12, size: 16)
    let small = try Self.all(Self.batches(dataset, batchSize: 2).loader(epochs: 1))
    let large = try Self.all(Self.batches(dataset, batchSize: 6).loader(epochs: 1))
    #expect(small.flatMap(\.indices) == large.flatMap(\.indices))
    #expect(small.flatMap(\.augmented.scalars) == large.flatMap(\.augmented.scalars))
    let second = try Self.batches(dataset, batchSize: 12).make(epoch: 1, batch: 0)
    let first = try Self.batches(dataset, batchSize: 12).make(epoch: 0, batch: 0)
    #expect(second.augmented != first.augmented)
    let pixels = try #require(first.augmentedPixels)
    #expect(pixels.shape == [12, 16, 16, 3] && pixels != first.augmented)
  }

  @Test("a batch holds the images, their labels and views of them")
  func content() throws {
    let dataset = SyntheticShapes(count: 20, size: 24)
    let maker = Self.batches(dataset, batchSize: 5, size: 16)
    let batch = try maker.make(epoch: 2, batch: 1)
    let normalization = PixelNormalization(.imageNet)
    let images = try batch.indices.map { try dataset.image($0) }
    #expect(batch.labels == batch.indices.map { dataset.label($0) })
    #expect(
      batch.original == normalization.tensor(images.map { $0.resized(width: 16, height: 16) }))
    let views = zip(images, batch.indices).map {
      $0.applying(maker.draw(index: $1, epoch: 2).steps)
    }
    #expect(batch.augmented == normalization.tensor(views))
  }

  @Test("copies of an image get views of their own")
  func copies() throws {
    let dataset = RepeatedDataset(SyntheticShapes(count: 2, size: 16), copies: 4)
    let sampler = BatchSampler(count: 8, batchSize: 8, shuffles: false, key: RandomKey(seed: 1))
    let batch = try PreTrainingBatches(
      dataset: dataset, sampler: sampler, policy: .custom, statistics: .imageNet,
      key: RandomKey(seed: 1)
    ).make(epoch: 0, batch: 0)
    let one = 16 * 16 * 3
    func part(_ tensor: Tensor<Float>, _ n: Int) -> [Float] {
      Array(tensor.scalars[(n * one)..<((n + 1) * one)])
    }
    #expect(part(batch.original, 0) == part(batch.original, 3))
    #expect(part(batch.augmented, 0) != part(batch.augmented, 3))
    #expect(batch.augmentedPixels == nil)
  }

  @Test("an image that cannot be read reaches the consumer with its message")
  func error() throws {
    let loader = Self.batches(Failing()).loader(epochs: 1, workers: 2)
    #expect(throws: DatasetError.self) { while try loader.next() != nil {} }
  }

  /// A data set whose last image is gone.
  struct Failing: ImageDataset {
    let name = "failing"
    let count = 16
    let imageSize = 8
    let classNames = ["only"]
    func image(_ index: Int) throws(DatasetError) -> Image {
      if index == 15 {
        throw DatasetError(.truncated, what: "The image is gone.", place: "15", mend: "put it back")
      }
      return Image(width: 8, height: 8)
    }
    func label(_ index: Int) -> Int { 0 }
  }
}
