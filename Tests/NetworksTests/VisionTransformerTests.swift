// CLIP's image tower against open_clip in double precision: embeddings, and the gradient of every
// parameter.
//
// Loss       ⟨y, pat(·; 5)⟩, so that every output pulls differently.
// Made by    Tests/Reference/vision_transformer.py

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("Vision transformer") struct VisionTransformerTests {
  let key = RandomKey(seed: 1)

  /// Every tensor a pattern, shifted by its place, scaled so that activations keep their size.
  private func patterns<S>(_ network: VisionTransformer<S>) -> [NamedTensor<S>] {
    network.stateDictionary().enumerated().map { i, entry in
      let (shape, count) = (entry.tensor.shape, entry.tensor.count)
      let isGain = entry.name.contains("ln_") && entry.name.hasSuffix("weight")
      let scale =
        shape.count >= 2
        ? (12 * Double(shape[0]) / Double(count)).squareRoot() : (isGain ? 0.2 : 0.1)
      let shift = shape.count < 2 && isGain ? 1.0 : 0
      let scalars = pattern(count, offset: 13 * i, scale: scale, shift: shift)
      return NamedTensor(
        name: entry.name, tensor: Tensor(shape, scalars).converted(to: S.self))
    }
  }

  @Test("golden vectors G5")
  func golden() throws {
    let network = VisionTransformer<Double>(
      .init(imageSize: 32, patch: 16, width: 128, layers: 2, heads: 2, outputs: 16), key: key)
    #expect(network.parameterCount == 498_176)
    try network.load(
      network.stateDictionary().map { entry in
        let isGain = entry.name.contains("ln_") && entry.name.hasSuffix("weight")
        let scalars = pattern(entry.tensor.count, scale: 0.2, shift: isGain ? 1 : 0)
        return NamedTensor(
          name: entry.name,
          tensor: Tensor(entry.tensor.shape, scalars.map { Double(Float($0)) }))
      })
    let x = patternImages([1, 3, 32, 32], scale: 4).converted(to: Float.self)
      .converted(to: Double.self)
    let y = network(Variable(x), mode: .evaluation).value
    let stored = try Fixture("vision_transformer").values("G5")
    #expect(relativeError(y.scalars, stored) < 1e-12)
    // The vector was published with weights rounded in another order.
    #expect(abs(y.scalars[0] - 0.23280305) < 2e-7 && abs(y.scalars[15] - 0.16031139) < 2e-7)
  }

  @Test(
    "embeddings and all gradients agree with open_clip",
    arguments: [Activation.gelu, .quickGELU])
  func gradients(activation: Activation) throws {
    let fixture = try Fixture("vision_transformer")
    let network = VisionTransformer<Double>(
      .init(
        imageSize: 24, patch: 8, width: 32, layers: 2, heads: 4, outputs: 10,
        activation: activation), key: key)
    try network.load(patterns(network))
    let x = Variable(tracking: mixedImages(3, 24))
    let y = network(x, mode: .training)
    y.backward(Tensor(y.shape, pattern(y.value.count, offset: 5)))
    // Rounding of sums of up to 128 terms, through two blocks and back.
    let tolerance = 1e-12
    #expect(relativeError(y.value.scalars, try fixture.values("\(activation) y")) < tolerance)
    let dX = try #require(x.gradient).permuted(axes: 0, 3, 1, 2)
    #expect(summaryError(dX.scalars, try fixture.values("\(activation) dX")) < tolerance)
    for (name, parameter) in network.parameters {
      let gradient = try #require(parameter.gradient)
      let dW = parameter.role == .filter ? gradient.permuted(axes: 3, 2, 0, 1) : gradient
      let error = summaryError(dW.scalars, try fixture.values("\(activation) \(name)"))
      #expect(error < tolerance, "\(name): \(error)")
    }
    let untracked = network(Variable(x.value), mode: .evaluation).value
    #expect(untracked == y.value, "without gradients the same bits come out")
  }

  @Test("ViT-B/16 in single precision: names, order, shapes, number of parameters, embedding")
  func published() throws {
    let fixture = try Fixture("vision_transformer")
    let plan = try #require(VisionTransformerPlan(named: "ViT-B-16"))
    let network = VisionTransformer<Float>(plan, key: key)
    #expect(try network.nameLines() == fixture.text("ViT-B-16 names"))
    #expect(try [String(network.parameterCount)] == fixture.text("ViT-B-16 count"))
    #expect(network.parameterCount == 86_192_640)
    try network.load(patterns(network))
    let x = mixedImages(1, 224).converted(to: Float.self)
    let y = network(Variable(x), mode: .evaluation).value.converted(to: Double.self)
    // Twelve blocks of float32 sums of up to 3072 terms.
    #expect(relativeError(y.scalars, try fixture.values("ViT-B-16 y")) < 1e-4)
  }

  @Test("open_clip's names mean the same sizes", arguments: VisionTransformerPlan.names)
  func plans(name: String) throws {
    let fixture = try Fixture("vision_transformer")
    for suffix in ["", "-quickgelu"] {
      let plan = try #require(VisionTransformerPlan(named: name + suffix))
      let numbers = [
        plan.imageSize, plan.patch, plan.width, plan.layers, plan.heads, plan.hidden, plan.outputs,
      ]
      let ours = numbers.map { String($0) } + [plan.activation.rawValue]
      #expect(try ours == fixture.text("plan \(name)\(suffix)"))
    }
    #expect(VisionTransformerPlan(named: name.lowercased()) == nil)
  }

  @Test(
    "positions are resized as open_clip resizes them",
    arguments: [(4, 7), (4, 3), (7, 4), (3, 3)])
  func positions(old: Int, new: Int) throws {
    let tensor = Tensor<Double>([1 + old * old, 6], pattern(6 + 6 * old * old))
    let other = NamedTensor(name: "proj", tensor: Tensor<Double>([2, 1], [3, 4]))
    let state = [NamedTensor(name: "positional_embedding", tensor: tensor), other]
    let resized = try resizingPositions(of: state, to: new)
    let stored = try Fixture("vision_transformer").values("positions \(old) \(new)")
    #expect(resized[0].tensor.shape == [1 + new * new, 6])
    #expect(relativeError(resized[0].tensor.scalars, stored) < 1e-14)
    #expect(resized[1].tensor == other.tensor && resized[1].name == "proj")
  }

  @Test("an embedding that is no square says so")
  func notSquare() {
    for shape in [[8, 3], [0, 3], [1, 3], [10]] {
      let state = [
        NamedTensor(name: "positional_embedding", tensor: Tensor<Double>.zeros(shape))
      ]
      #expect(throws: PositionGridError.self) { try resizingPositions(of: state, to: 2) }
    }
  }
}
