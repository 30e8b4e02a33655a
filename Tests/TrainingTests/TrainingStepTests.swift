import Kernels
import Networks
import Objectives
import Randomness
import Representations
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("A whole training step") struct TrainingStepTests {
  /// The images of the fixture: [6, 16, 16, 3], from a formula in PyTorch's channel order.
  func images(_ offset: Int) -> Tensor<Double> {
    let count = 6 * 3 * 16 * 16
    func part(_ offset: Int, scale: Double = 1) -> Tensor<Double> {
      Tensor([6, 3, 16, 16], pattern(count, offset: offset, scale: scale))
    }
    return (part(offset, scale: 2) + part(offset + 40, scale: 2) * part(offset + 71))
      .permuted(axes: 0, 2, 3, 1)
  }

  func load(_ encoder: Encoder<Double>) throws {
    try encoder.load(
      encoder.stateDictionary().enumerated().map { i, entry in
        let (shape, count) = (entry.tensor.shape, entry.tensor.count)
        let scalars: [Double]
        if entry.isCounter {
          scalars = [0]
        } else if shape.count > 1 {
          let inputs = Double(shape.dropFirst().reduce(1, *))
          scalars = pattern(count, offset: i, scale: (24 / inputs).squareRoot())
        } else if entry.name.hasSuffix("running_var") {
          scalars = .init(repeating: 1, count: count)
        } else if entry.name.hasSuffix("running_mean") {
          scalars = .init(repeating: 0, count: count)
        } else if entry.name.hasSuffix("bias") {
          scalars = pattern(count, offset: i, scale: 0.1)
        } else {
          scalars = pattern(count, offset: i, scale: 0.2, shift: 1)
        }
        return NamedTensor(
          name: entry.name, tensor: Tensor(shape, scalars), isCounter: entry.isCounter)
      })
  }

  // Both steps together prove the network, the representations, every loss, backward, the running
  // statistics and Adam with its moments and coupled decay. The scattering transform is the least
  // exact part: some thousand additions of rounded products, 1e-13 relative.
  @Test("two steps of the main job agree with PyTorch in every parameter and statistic")
  func twoSteps() throws {
    let fixture = try Fixture("training_step")
    let encoder = Encoder<Double>(
      backbone: .resnet8x2, smallKernel: true, projector: [24, 12], key: RandomKey(seed: 0))
    try load(encoder)
    let optimizer = Optimizer(.adam, of: encoder, weightDecay: 1e-2)
    let scattering = try ScatteringTransform<Double>(
      scales: 2, orientations: 4, height: 16, width: 16)
    for step in 0..<2 {
      let x = images(100 * step)
      let representations = [
        ("full_img", rawPixels(x)), ("full_img_scatnet", scattering(x)),
        ("full_img_augment", rawPixels(images(100 * step + 9))),
        ("full_img_hog", histogramOfOrientedGradients(x, bins: 24, pool: 8)),
        ("full_img_std", localStandardDeviation(x)),
      ].map { RepresentationBatch(name: $0.0, values: $0.1) }
      let (objective, _, _) = preTrainingObjective(
        encoder, original: x, augmented: images(100 * step + 5), representations: representations,
        settings: ObjectiveSettings())
      let ours = [objective.total.value.scalar] + objective.terms.map(\.value)
      let theirs = try fixture.values("\(step) terms")
      #expect(objective.terms.map(\.name).count == 8 && theirs.count == 9)
      for (a, b) in zip(ours, theirs) { #expect(abs(a - b) < 1e-10 * max(1, abs(b))) }
      objective.total.backward()
      optimizer.step(learningRate: 1e-3)
    }
    var compared = 0
    for entry in encoder.stateDictionary() {
      let v = entry.tensor.scalars
      let ours = [norm(v), v[0], v[v.count - 1], projection(v, offset: 17)]
      let theirs = try fixture.values("final \(entry.name)")
      // Adam divides by the root of the second moment: where a gradient is almost 0, its sign is
      // rounding, and one step of 1e-3 follows it. The tolerance is relative to the norm.
      let worst = zip(ours, theirs).map { abs($0 - $1) }.max() ?? .nan
      #expect(worst <= 1e-8 * max(1, theirs[0]), "\(entry.name): \(worst)")
      compared += 1
    }
    #expect(compared == fixture.names(prefix: "final ").count)
  }
}
