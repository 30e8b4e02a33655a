import Autodiff
import Kernels
import Networks
import Objectives
import Randomness
import Tensors
import TestSupport
import Testing

@testable import Training

// The networks, heads, losses, queues and optimisers of a step in Double, put together as the methods put
// them together; DistillationTests.swift shows that the methods are these compositions, in Float.
@Suite("A whole distillation step") struct DistillationStepTests {
  let fixture: Fixture

  init() throws { fixture = try Fixture("distillation_step") }

  /// [n, side, side, 3] from the fixture's formula in PyTorch's channel order.
  func images(_ offset: Int, _ n: Int = 6, side: Int = 16) -> Tensor<Double> {
    let shape = [n, 3, side, side]
    let count = shape.reduce(1, *)
    func part(_ offset: Int, scale: Double = 1) -> Tensor<Double> {
      Tensor(shape, pattern(count, offset: offset, scale: scale))
    }
    return (part(offset, scale: 2) + part(offset + 40, scale: 2) * part(offset + 71))
      .permuted(axes: 0, 2, 3, 1)
  }

  func load(_ encoder: Encoder<Double>, asTeacher: Bool = false) throws {
    try encoder.load(
      encoder.stateDictionary().enumerated().map { i, entry in
        let (shape, count) = (entry.tensor.shape, entry.tensor.count)
        let scalars: [Double]
        if entry.isCounter {
          scalars = [0]
        } else if shape.count > 1 {
          let inputs = Double(shape.dropFirst().reduce(1, *))
          scalars = pattern(
            count, offset: i + (asTeacher ? 50 : 0), scale: (24 / inputs).squareRoot())
        } else if entry.name.hasSuffix("running_var") {
          scalars = pattern(count, offset: i, scale: asTeacher ? 0.5 : 0, shift: 1)
        } else if entry.name.hasSuffix("running_mean") {
          scalars = pattern(count, offset: i, scale: asTeacher ? 0.3 : 0)
        } else if entry.name.hasSuffix("bias") {
          scalars = pattern(count, offset: i, scale: 0.1)
        } else {
          scalars = pattern(count, offset: i, scale: 0.2, shift: 1)
        }
        return NamedTensor(
          name: entry.name, tensor: Tensor(shape, scalars), isCounter: entry.isCounter)
      })
  }

  func encoder(_ head: EncoderHead, asTeacher: Bool = false) throws -> Encoder<Double> {
    let encoder = Encoder<Double>(
      .resNet(.resnet8x2, smallKernel: true), head: head, key: RandomKey(seed: 0))
    try load(encoder, asTeacher: asTeacher)
    return encoder
  }

  func teacher(_ x: Tensor<Double>) throws -> (h: Tensor<Double>, z: Tensor<Double>) {
    let (h, z) = try encoder(.projector(widths: [24, 12]), asTeacher: true)
      .embed(Variable(x), mode: .evaluation)
    return (h.value, z.value)
  }

  func compare(_ method: String, step: Int, _ ours: [Double]) throws {
    let theirs = try fixture.values("\(method) \(step) terms")
    #expect(ours.count == theirs.count)
    for (a, b) in zip(ours, theirs) { #expect(abs(a - b) < 1e-10 * max(1, abs(b)), "\(method)") }
  }

  // As in TrainingStepTests: a step of Adam follows the sign of a gradient that is almost 0.
  func compareParameters(_ method: String, _ encoder: Encoder<Double>) throws {
    var compared = 0
    for entry in encoder.stateDictionary() {
      let v = entry.tensor.scalars
      let ours = [norm(v), v[0], v[v.count - 1], projection(v, offset: 17)]
      let theirs = try fixture.values("\(method) final \(entry.name)")
      let worst = zip(ours, theirs).map { abs($0 - $1) }.max() ?? .nan
      #expect(worst <= 1e-8 * max(1, theirs[0]), "\(method), \(entry.name): \(worst)")
      compared += 1
    }
    #expect(compared == fixture.names(prefix: "\(method) final ").count)
  }

  @Test("two steps of MV-MR with a teacher agree with PyTorch in every parameter and statistic")
  func mvmr() throws {
    let encoder = try encoder(.projector(widths: [24, 12]))
    let optimizer = Optimizer(.adam, of: encoder, weightDecay: 1e-2)
    for step in 0..<2 {
      let x = images(100 * step)
      let (objective, _, _) = preTrainingObjective(
        encoder, original: x, augmented: images(100 * step + 5),
        representations: [RepresentationBatch(name: "teacher", values: try teacher(x).h)],
        settings: ObjectiveSettings())
      try compare(
        "mv-mr", step: step, [objective.total.value.scalar] + objective.terms.map(\.value))
      objective.total.backward()
      optimizer.step(learningRate: 1e-3)
    }
    try compareParameters("mv-mr", encoder)
  }

  @Test("two steps of SEED with patches and a queue that wraps agree with PyTorch")
  func seed() throws {
    let encoder = try encoder(
      .layers(HeadLayer.perceptron(inputs: 128, hidden: 20, outputs: 12)))
    let optimizer = Optimizer(.sgd, of: encoder, weightDecay: 1e-4)
    func queue(_ offset: Int) throws -> SEEDQueue<Double> {
      try SEEDQueue(
        entries: lengthNormalized(
          Variable(Tensor([8, 12], pattern(96, offset: offset)))
        ).value, position: 0)
    }
    var queues = try SEEDMultiViewQueue(whole: queue(3), patches: queue(5))
    for step in 0..<2 {
      let x = images(100 * step + 5)
      let p = images(100 * step + 9, 12, side: 8)
      let whole = SEEDEmbeddings(
        student: encoder(Variable(x), mode: .training), teacher: try teacher(x).z)
      let patches = SEEDEmbeddings(
        student: encoder(Variable(p), mode: .training), teacher: try teacher(p).z)
      let objective = seedMultiViewLoss(whole: whole, patches: patches, queues: queues)
      let terms = objective.terms
      try compare("seed", step: step, [terms[0].value, terms[2].value])
      objective.total.backward()
      optimizer.step(learningRate: 0.03)
      queues.append(whole.teacher, patches: patches.teacher)
    }
    try compareParameters("seed", encoder)
    for (name, queue) in [("seed queue", queues.whole), ("seed patch queue", queues.patches)] {
      let theirs = try fixture.values(name)
      #expect(relativeError(queue.entries.scalars, theirs) < 1e-12, "\(name)")
    }
    #expect(queues.whole.position == 4)
  }

  @Test("two steps of SimReg with its head of four layers agree with PyTorch")
  func simReg() throws {
    let layers = SimRegHeadShape.fourLayers.layers(from: 128, to: 128).map { layer -> HeadLayer in
      switch layer {
      case .linear(let inputs, let outputs): .linear(inputs: inputs, outputs: outputs, bias: true)
      case .batchNorm(let width): .batchNorm(width: width)
      case .relu: .relu
      }
    }
    let encoder = try encoder(.layers(layers))
    let optimizer = Optimizer(.sgd, of: encoder, weightDecay: 1e-4)
    for step in 0..<2 {
      let q = encoder(Variable(images(100 * step + 5)), mode: .training)
      let loss = simRegLoss(q, teacher: try teacher(images(100 * step)).h)
      try compare("simreg", step: step, [loss.value.scalar])
      loss.backward()
      optimizer.step(learningRate: 0.05)
    }
    try compareParameters("simreg", encoder)
  }
}
