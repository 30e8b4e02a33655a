import Autodiff
import Kernels
import Networks
import Objectives
import Randomness
import Tensors
import TestSupport
import Testing

@testable import Training

/// A small encoder, a batch of eleven pairs and a representation, all from fixed rules.
private struct Problem {
  let encoder: Encoder<Double>
  let x: Tensor<Double>
  let x̃: Tensor<Double>
  let Φ: [RepresentationBatch<Double>]

  init() {
    encoder = Encoder(
      backbone: .resnet8, smallKernel: true, projector: [12, 10],
      key: RandomKey(seed: 3).child("encoder"))
    let shape = [11, 16, 16, 3]
    let count = shape.reduce(1, *)
    func numbers(_ seed: Int) -> [Double] {
      let first: Int = seed * 104_729
      return (0..<count).map { k -> Double in
        let rest: Int = (k * 7919 + first) % 10_007
        return Double(rest) / 5003 - 1
      }
    }
    x = Tensor(shape, numbers(1))
    x̃ = Tensor(shape, numbers(2))
    Φ = [RepresentationBatch(name: "full_img", values: x.reshaped([11, 16 * 16 * 3]))]
    // A last layer's weights of zero would hide half of the network.
    for (name, parameter) in encoder.parameters where name.hasSuffix("bn2.weight") {
      parameter.value = Tensor(parameter.value.shape, repeating: 0.7)
    }
  }

  var settings: ObjectiveSettings { ObjectiveSettings() }

  /// All gradients after the objective of embeddings, and the encoder left without any.
  func gradients(_ views: EmbeddedViews<Double>) -> (loss: Double, gradients: [[Double]]) {
    let objective = mvmrObjective(
      z: views.embeddings.original, augmented: views.embeddings.augmented, representations: Φ,
      settings: settings)
    objective.total.backward()
    return (objective.total.value.scalar, taken())
  }

  func taken() -> [[Double]] {
    encoder.parameters.filter(\.parameter.isTrained).map { _, parameter in
      defer { parameter.gradient = nil }
      return parameter.gradient?.scalars ?? []
    }
  }

  var statistics: [[Double]] {
    encoder.parameters.filter { $0.parameter.role == .statistic }.map(\.parameter.value.scalars)
  }
}

/// The largest difference, relative to the largest element of each tensor.
private func distance(_ a: [[Double]], _ b: [[Double]]) -> Double {
  #expect(a.count == b.count && !a.isEmpty)
  return zip(a, b).map { a, b in
    #expect(a.count == b.count)
    let largest = b.map(abs).max() ?? 0
    let worst = zip(a, b).map { abs($0 - $1) }.max() ?? 0
    return worst == 0 ? 0 : worst / largest
  }.max() ?? .infinity
}

@Suite("Gradient caching") struct GradientCachingTests {
  @Test(
    "with running statistics it is the gradient of one pass, whatever the chunk",
    arguments: [1, 2, 4, 5, 10])
  func runningStatistics(chunk: Int) {
    let one = Problem()
    let mode = Mode.frozenStatistics
    let (h̃, z̃) = one.encoder.embed(Variable(one.x̃), mode: mode)
    let (h, z) = one.encoder.embed(Variable(one.x), mode: mode)
    let whole = one.gradients(EmbeddedViews(features: (h, h̃), embeddings: (z, z̃)))

    let cached = Problem()
    let before = cached.statistics
    let views = embedViews(
      cached.encoder, original: cached.x, augmented: cached.x̃,
      cache: GradientCache(chunk: chunk, statistics: .running))
    let parts = cached.gradients(views)
    #expect(abs(parts.loss - whole.loss) < 1e-13)
    #expect(distance(parts.gradients, whole.gradients) < 1e-12)
    #expect(cached.statistics == before)
    #expect(views.features.original.value.scalars == h.value.scalars)
  }

  @Test("accumulating the gradients of small batches is another gradient")
  func accumulationDiffers() {
    let one = Problem()
    let mode = Mode.frozenStatistics
    let z̃ = one.encoder.embed(Variable(one.x̃), mode: mode).z
    let (h, z) = one.encoder.embed(Variable(one.x), mode: mode)
    let whole = one.gradients(EmbeddedViews(features: (h, h), embeddings: (z, z̃)))

    let small = Problem()
    let ranges = GradientCache(chunk: 4).ranges(of: 11)
    for rows in ranges {
      let z̃ = small.encoder.embed(Variable(small.x̃.slice(rows, axis: 0)), mode: mode).z
      let z = small.encoder.embed(Variable(small.x.slice(rows, axis: 0)), mode: mode).z
      let Φ = small.Φ.map {
        RepresentationBatch(name: $0.name, values: $0.values.slice(rows, axis: 0))
      }
      let value = mvmrObjective(
        z: z, augmented: z̃, representations: Φ, settings: small.settings)
      (value.total * (Double(rows.count) / 11)).backward()
    }
    #expect(distance(small.taken(), whole.gradients) > 0.05)
  }

  @Test("with the chunks' own statistics it is the gradient of a network that has them")
  func chunkStatistics() {
    // One pass that remembers everything, chunk by chunk.
    let one = Problem()
    let cache = GradientCache(chunk: 4)
    func embed(_ images: Tensor<Double>) -> Variable<Double> {
      Variable.concatenated(
        cache.ranges(of: 11).map {
          one.encoder.embed(Variable(images.slice($0, axis: 0)), mode: .training).z
        }, axis: 0)
    }
    let z̃ = embed(one.x̃)
    let z = embed(one.x)
    let whole = one.gradients(EmbeddedViews(features: (z, z), embeddings: (z, z̃)))

    let cached = Problem()
    let parts = cached.gradients(
      embedViews(cached.encoder, original: cached.x, augmented: cached.x̃, cache: cache))
    #expect(abs(parts.loss - whole.loss) < 1e-13)
    #expect(distance(parts.gradients, whole.gradients) < 1e-12)
    // Running statistics have seen each image once.
    #expect(cached.statistics == one.statistics)
  }

  @Test("chunks are of nearly equal size")
  func ranges() {
    #expect(GradientCache(chunk: 4).ranges(of: 9) == [0..<3, 3..<6, 6..<9])
    #expect(GradientCache(chunk: 4).ranges(of: 4) == [0..<4])
    #expect(GradientCache(chunk: 64).ranges(of: 129).map(\.count) == [43, 43, 43])
    #expect(GradientCache(chunk: 1).ranges(of: 3).count == 3)
  }

  @Test("a run in chunks trains, and its first objective is that of the whole batch")
  func run() throws {
    func losses(_ extra: [String]) throws -> [Double] {
      let configuration = try Configuration(
        yaml: Configuration.builtIn,
        overrides: [
          "batch_size=12", "dataset.train_images=24", "dataset.test_images=8", "epochs=2",
          "encoder.backbone=resnet8", "encoder.out_dim=16-16",
        ] + extra)
      let run = try PreTraining(configuration, data: DataSource(configuration))
      let loader = run.remainingBatches()
      var losses: [Double] = []
      while let batch = try loader.next() { losses.append(try run.step(batch).loss) }
      return losses
    }
    let whole = try losses([])
    // A chunk as large as the batch is the batch: the same bits.
    #expect(try losses(["encoder.chunk=12"]) == whole)
    let chunked = try losses(["encoder.chunk=5"])
    #expect(chunked.count == whole.count && chunked.allSatisfy(\.isFinite))
    #expect(chunked != whole)
    #expect(throws: (any Error).self) {
      try losses(["encoder.chunk=5", "encoder.batch_norm=together"])
    }
  }
}
