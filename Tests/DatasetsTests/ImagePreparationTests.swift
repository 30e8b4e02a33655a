import Datasets
import Images
import Randomness
import Testing

@Suite("Image preparation") struct ImagePreparationTests {
  let image = Image(
    width: 12, height: 8, bytes: (0..<288).map { UInt8(($0 * 37 + 11) % 251) })

  @Test("a whole image is scaled by its short side, then its middle is kept")
  func whole() {
    let p = ImagePreparation(resize: 16, crop: 14, filter: .bicubic, statistics: .clip)
    let ours = p.whole(image)
    let direct = image.resized(width: 24, height: 16, filter: .bicubic)
      .cropped(to: CropBox(top: 1, left: 5, height: 14, width: 14))
    #expect(ours == direct && p.side == 14)
  }

  @Test("a view is scaled and nothing is cut off")
  func view() {
    let square = image.resized(width: 10, height: 10)
    let p = ImagePreparation(resize: 16, crop: 14, statistics: .imageNet)
    #expect(p.fitted(square) == square.resized(width: 14, height: 14))
    #expect(p.fitted(square, side: 10) == square)
    #expect(ImagePreparation(statistics: .cifar).fitted(square) == square)
  }

  @Test("a batch carries the views its plan names, each a function of its key")
  func plan() throws {
    let data = SyntheticShapes(count: 8, size: 16, split: .train)
    func batches(_ plan: ViewPlan) -> PreTrainingBatches {
      PreTrainingBatches(
        dataset: data, sampler: BatchSampler(count: 8, batchSize: 4, key: RandomKey(seed: 1)),
        policy: .weak, statistics: .imageNet, plan: plan, key: RandomKey(seed: 2))
    }
    let teacher = ImagePreparation(resize: 20, crop: 20, statistics: .clip)
    var plan = ViewPlan()
    plan.drawsSecondView = true
    plan.teacher = .init(view: .student, preparation: teacher)
    plan.patches = .init(count: 3, size: 8, policy: .swavSmall, teacherSize: 10)
    let plain = try batches(ViewPlan()).make(epoch: 1, batch: 1)
    let full = try batches(plan).make(epoch: 1, batch: 1)
    // What else is drawn changes none of the views that were there before.
    #expect(full.augmented == plain.augmented && full.original == plain.original)
    #expect(plain.planned.teacher == nil && plain.planned.second == nil)
    let second = try #require(full.planned.second)
    #expect(second.shape == [4, 16, 16, 3] && second != full.augmented)
    #expect(full.planned.teacher?.shape == [4, 20, 20, 3])
    #expect(full.planned.patches?.shape == [12, 8, 8, 3])
    #expect(full.planned.teacherPatches?.shape == [12, 10, 10, 3])
    #expect(try batches(plan).make(epoch: 1, batch: 1).planned.patches == full.planned.patches)

    // The same statistics and size: the student's view and the teacher's are one tensor.
    plan.teacher = .init(view: .student, preparation: .init(statistics: .imageNet))
    #expect(try batches(plan).make(epoch: 1, batch: 1).planned.teacher == full.augmented)
    plan.teacher = .init(view: .original, preparation: .init(statistics: .imageNet))
    #expect(try batches(plan).make(epoch: 1, batch: 1).planned.teacher == full.original)
    plan.teacher = .init(view: .independent(.weak), preparation: .init(statistics: .imageNet))
    let independent = try batches(plan).make(epoch: 1, batch: 1).planned.teacher
    #expect(independent != full.augmented && independent != full.original)
  }

  @Test("with a cache batches carry digests of the images, the same in every epoch")
  func digests() throws {
    let data = SyntheticShapes(count: 8, size: 16, split: .train)
    var plan = ViewPlan()
    plan.teacher = .init(
      view: .original, preparation: .init(statistics: .imageNet), isCached: true)
    let batches = PreTrainingBatches(
      dataset: data, sampler: BatchSampler(count: 8, batchSize: 8, key: RandomKey(seed: 1)),
      policy: .weak, statistics: .imageNet, plan: plan, key: RandomKey(seed: 2))
    for epoch in 0..<2 {
      let batch = try batches.make(epoch: epoch, batch: 0)
      let expected = try batch.indices.map { contentDigest(try data.image($0)) }
      #expect(batch.planned.digests == expected && batch.planned.teacher == nil)
      #expect(Set(expected).count == 8)
    }
    let flat = Image(width: 2, height: 8)
    let tall = Image(width: 8, height: 2)
    #expect(contentDigest(flat) != contentDigest(tall))
  }
}
