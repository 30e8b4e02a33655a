import Autodiff
import Datasets
import Images
import Kernels
import Networks
import Randomness
import Tensors
import Testing

@testable import Training

@Suite("Probes") struct ProbeTests {
  /// Clouds around separate centres.
  func clouds(_ count: Int, classes: Int = 4, spread: Float, seed: UInt64) -> LabelledFeatures {
    let labels = (0..<count).map { $0 * 7 % classes }
    let centres = Tensor<Float>.normal([classes, 6], deviation: 3, key: RandomKey(seed: 5))
    let noise = Tensor<Float>.normal([count, 6], deviation: spread, key: RandomKey(seed: seed))
    return LabelledFeatures(features: centres.gathered(rows: labels) + noise, labels: labels)
  }

  @Test("a linear probe separates clouds that planes separate")
  func linear() {
    let probe = LinearProbe(training: clouds(200, spread: 0.5, seed: 1), classes: 4)
    #expect(probe.accuracy(on: clouds(100, spread: 0.5, seed: 2)) > 0.97)
  }

  @Test("labels without any relation to the features give chance")
  func chance() {
    let x = Tensor<Float>.normal([400, 3], key: RandomKey(seed: 1))
    let labels = (0..<400).map { _ in 0 }.indices.map { ($0 * $0 * 31 + 7 * $0) % 61 % 2 }
    let probe = LinearProbe(
      training: LabelledFeatures(features: x, labels: labels), classes: 2)
    let test = LabelledFeatures(
      features: Tensor<Float>.normal([400, 3], key: RandomKey(seed: 2)), labels: labels)
    #expect(abs(probe.accuracy(on: test) - 0.5) < 0.1)
  }

  @Test("D23: averaged with the mirror, features are the mean of both views")
  func mirror() throws {
    let c = try TinyRun.configuration("dataset.test_images=5")
    let data = try DataSource(c)
    let backbone = try PreTraining.randomEncoder(c).backbone
    let normalization = PixelNormalization(data.statistics)
    func features(_ images: [Image]) -> Tensor<Float> {
      backbone(Variable(normalization.tensor(images)), mode: .evaluation).value
    }
    let images = try (0..<5).map { try data.test.image($0) }
    let mean =
      (features(images) + features(images.map { $0.flippedHorizontally() })).scaled(by: 0.5)
    let averaged = try extractFeatures(
      backbone, data.test, statistics: data.statistics, averagesMirror: true)
    #expect(averaged.features == mean)
    let plain = try extractFeatures(backbone, data.test, statistics: data.statistics)
    #expect(plain.features == features(images) && plain.features != mean)
  }

  @Test("a constant feature and a tiny data set do no harm")
  func degenerate() {
    let features = Tensor<Float>([4, 2], [1, 0, 1, 1, 1, 0, 1, 1])
    let data = LabelledFeatures(features: features, labels: [0, 1, 0, 1])
    let probe = LinearProbe(training: data, classes: 2)
    #expect(probe.weight.isFinite && probe.bias.isFinite)
    #expect(probe.accuracy(on: data) == 1)
  }

  @Test("L-BFGS finds the minimum of a quadratic to its tolerance")
  func minimizer() {
    let scale = Tensor<Double>([4], [1, 10, 100, 1000])
    let target = Tensor<Double>([4], [1, -2, 3, -4])
    let x = minimizeByLBFGS(startingAt: .zeros([4]), tolerance: 1e-8) { x in
      let d = x - target
      return (0.5 * (scale * d * d).sum().scalar, scale * d)
    }.point
    #expect((x - target).map(.absolute).maximum(over: 0).scalar < 1e-8)
  }

  @Test("nearest neighbours know separate clouds, and one neighbour knows its own image")
  func neighbours() {
    let training = clouds(200, spread: 0.5, seed: 1)
    #expect(
      nearestNeighbourAccuracy(training: training, test: clouds(100, spread: 0.5, seed: 2)) > 0.95)
    #expect(nearestNeighbourAccuracy(training: training, test: training, neighbours: 1) == 1)
  }

  @Test("ties go to the lower index, then to the lower class")
  func ties() {
    let training = LabelledFeatures(
      features: Tensor([4, 2], [1, 0, 1, 0, 1, 0, 0, 1]), labels: [2, 1, 1, 0])
    let test = LabelledFeatures(features: Tensor([1, 2], [1, 0]), labels: [2])
    #expect(nearestNeighbourAccuracy(training: training, test: test, neighbours: 1) == 1)
    let equalVotes = LabelledFeatures(features: Tensor([1, 2], [1, 0]), labels: [1])
    #expect(nearestNeighbourAccuracy(training: training, test: equalVotes, neighbours: 2) == 1)
  }

  @Test("more neighbours than images, and no images, are defined")
  func few() {
    let one = LabelledFeatures(features: Tensor([1, 2], [1, 0]), labels: [0])
    let none = LabelledFeatures(features: Tensor<Float>.zeros([0, 2]), labels: [])
    #expect(nearestNeighbourAccuracy(training: one, test: one, neighbours: 50) == 1)
    #expect(nearestNeighbourAccuracy(training: one, test: none) == 0)
  }
}
