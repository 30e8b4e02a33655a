// Paper and released code side by side where a run is concerned: views, statistics, schedules, order.
//
// Numbers    docs/errata.md quotes them; a documentation test compares

import Datasets
import Formats
import Images
import Kernels
import Networks
import Objectives
import Randomness
import Representations
import Tensors
import Testing

@testable import Training

@Suite("Disagreements of a run") struct TrainingDisagreementTests {
  /// A run and its first batch.
  private func start(_ overrides: String...) throws -> (run: PreTraining, batch: PreTrainingBatch) {
    let c = try Configuration(yaml: TinyRun.yaml, overrides: overrides)
    let run = try PreTraining(c, data: DataSource(c))
    return (run, try #require(try run.remainingBatches().next()))
  }

  @Test("a coarse choice sets D1, D2, D3, D4 and D6; each may be taken back, in any order of keys")
  func preset() throws {
    let released = try TinyRun.configuration("objective=released-code")
    #expect(released.objective.resolvedSign == .releasedCode)
    #expect(released.objective.resolvedDistances == .clamped)
    #expect(released.objective.resolvedInputScale == .releasedCode)
    #expect(released.objective.resolvedEpsilon == 0)
    #expect(released.resolvedVoting == .releasedCode)
    #expect(released.resolvedAugmentedPixels == .releasedCode)
    let back = [
      "loss.representation_sign=maximise", "loss.distances=exact", "loss.input_scale=none",
      "loss.epsilon=1e-4", "hog.variant=interpolated", "augmented_pixels=independent",
    ]
    for overrides in [["objective=released-code"] + back, back + ["objective=released-code"]] {
      let c = try Configuration(yaml: TinyRun.yaml, overrides: overrides)
      #expect(c.objective.resolvedSign == .maximise && c.objective.resolvedDistances == .exact)
      #expect(c.objective.resolvedInputScale == .unscaled && c.objective.resolvedEpsilon == 1e-4)
      #expect(c.resolvedVoting == .interpolated && c.resolvedAugmentedPixels == .independent)
      #expect(try Configuration(yaml: c.yaml()) == c)
    }
  }

  @Test(
    "every choice trains",
    arguments: [
      "loss.representation_sign=released-code", "hog.variant=released-code",
      "augmented_pixels=released-code", "loss.epsilon=0", "loss.deviation=biased",
      "loss.squared_difference=batch", "loss.distances=clamped", "loss.input_scale=released-code",
      "loss.degenerate=nan", "loss.correlation=unbiased", "schedule_horizon=released-code",
      "probe_moves_statistics=true", "encoder.batch_norm=together",
    ])
  func trains(choice: String) throws {
    let (run, batch) = try start(choice)
    let before = TinyRun.bits(run)
    let record = try run.step(batch)
    #expect(record.loss.isFinite && TinyRun.bits(run) != before)
    // What the choice changes is not nothing.
    let (paper, own) = try start()
    _ = try paper.step(own)
    // Without accumulation, without a constant batch, and dividing by a power of two: nothing changes.
    let isEqual = ["schedule_horizon", "loss.degenerate", "loss.input_scale"].contains {
      choice.hasPrefix($0)
    }
    #expect((TinyRun.bits(run) == TinyRun.bits(paper)) == isEqual, "\(choice)")
  }

  @Test("D3: equal images get equal views from the released code, and views of their own from us")
  func sharedDraw() throws {
    let (run, batch) = try start()
    let (released, _) = try start("augmented_pixels=released-code")
    let n = batch.original.shape[0]
    let equal = PreTrainingBatch(
      epoch: 0, batch: 0, indices: batch.indices, labels: batch.labels,
      original: batch.original.gathered(rows: [Int](repeating: 0, count: n)),
      augmented: batch.augmented, augmentedPixels: nil)
    func spread(_ x: Tensor<Float>) -> Double {
      let difference = x - x.gathered(rows: [Int](repeating: 0, count: n))
      return Double((difference * difference).sum().scalar)
    }
    let views = try RepresentationSet(released.configuration)(equal, key: RandomKey(seed: 5))
    let shared = try #require(views.first { $0.name == "full_img_augment" })
    #expect(spread(shared.values) == 0)
    #expect(run.method.needsAugmentedPixels && !released.method.needsAugmentedPixels)
    #expect(batch.augmentedPixels != nil)
  }

  @Test("D3: jitter cuts 0.632 of the normalised values of drawn shapes to the ends of 0…1")
  func saturation() throws {
    let (_, batch) = try start("batch_size=48", "dataset.size=32")
    let x = batch.original
    let images = FloatImages(
      count: x.shape[0], height: x.shape[1], width: x.shape[2], values: x.scalars)
    let y = images.applying(.brightness(factor: 1)).values
    let cut = Double(y.filter { $0 == 0 || $0 == 1 }.count) / Double(y.count)
    #expect(abs(cut - 0.632) < 0.005, "\(cut)")
  }

  @Test("D11: with 8 batches to a step the released rate ends at 0.967 of its peak, ours at 0.01")
  func horizon() throws {
    var c = try Configuration(
      yaml: "epochs: 1000\nwarmup_epochs: 10\nlr: 1e-4\naccumulate_grad_batches: 8")
    let batches = 5004  // ImageNet, 256 images each
    let steps = (batches + 7) / 8
    let base = 1e-4
    func rate(_ epoch: Int) -> Double {
      Schedule(c, batchesPerEpoch: batches).learningRate(step: epoch * steps, base: base)
    }
    #expect(abs(rate(1000) / base - 0.01) < 1e-6 && rate(10) == base)
    c.horizon = .releasedCode
    let schedule = Schedule(c, batchesPerEpoch: batches)
    let last = schedule.learningRate(step: 1000 * steps, base: base)
    #expect(abs(last / base - 0.967) < 0.001, "\(last)")
    // Warm-up lasts 80 epochs.
    #expect(schedule.learningRate(step: 79 * steps, base: base) < base)
    #expect(abs(schedule.learningRate(step: 80 * steps, base: base) / base - 1) < 1e-4)
  }

  @Test("D11: without accumulation the two horizons are one")
  func horizonAlone() throws {
    var c = try Configuration(yaml: "epochs: 20\nwarmup_epochs: 2")
    let ours = Schedule(c, batchesPerEpoch: 97)
    c.horizon = .releasedCode
    #expect(ours == Schedule(c, batchesPerEpoch: 97))
  }

  @Test("D34: in the released code the probe's images move the running statistics a third time")
  func probeStatistics() throws {
    func batchesTracked(_ choice: String) throws -> Float {
      let (run, batch) = try start(choice)
      _ = try run.step(batch)
      let counter = run.encoder.backbone.parameters.first { $0.name.hasSuffix("tracked") }
      return try #require(counter).parameter.value.scalar
    }
    #expect(try batchesTracked("probe_moves_statistics=false") == 2)
    #expect(try batchesTracked("probe_moves_statistics=true") == 3)
  }

  @Test("D40: the code's blur kernel is the odd number nearest to a tenth of the side, or one more")
  func blurKernel() {
    for (side, size) in [(32, 3), (64, 7), (96, 9), (224, 23)] {
      #expect(GaussianKernel.size(forImageSide: side) == size)
      #expect(abs(Double(size) - 0.1 * Double(side)) <= 1)
    }
  }

  @Test("D46: several views of an image are shuffled when asked for")
  func copies() throws {
    let (plain, inOrder) = try start("dataset.n_aug=2")
    #expect(inOrder.indices == Array(0..<16) && plain.batchesPerEpoch == 6)
    let (_, shuffled) = try start("dataset.n_aug=2", "dataset.shuffle_copies=true")
    #expect(shuffled.indices != inOrder.indices)
  }

  @Test("D51: batch norm over both views together: one update, and other embeddings")
  func viewsTogether() throws {
    let (apart, batch) = try start()
    let (together, _) = try start("encoder.batch_norm=together")
    let (a, b) = try (apart.step(batch), together.step(batch))
    let counts = [apart, together].map { run in
      run.encoder.backbone.parameters.first { $0.name.hasSuffix("tracked") }?.parameter.value.scalar
    }
    #expect(counts == [2, 1])
    // Of the first batch of a random encoder; single precision moves the fifth digit at most.
    #expect(abs(a.loss - b.loss - 0.1136) < 5e-4, "\(a.loss - b.loss)")
  }

  @Test("D51: where both views are equal, passing them together changes the features not at all")
  func equalViews() throws {
    let (run, batch) = try start()
    var settings = ObjectiveSettings()
    settings.viewWeight = 1
    let results = ViewStatistics.allCases.map { statistics in
      preTrainingObjective(
        run.encoder, original: batch.original, augmented: batch.original, representations: [],
        settings: settings, statistics: statistics)
    }
    let (a, b) = (results[0].features.scalars, results[1].features.scalars)
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(abs(results[0].objective.total.value.scalar) < 3)
  }
}
