import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import Testing

@Suite("Heads") struct SequentialHeadTests {
  let key = RandomKey(seed: 3)

  @Test("a head has the names of PyTorch's Sequential, and is told from them again")
  func names() throws {
    let layers: [HeadLayer] = [
      .linear(inputs: 4, outputs: 6, bias: true), .batchNorm(width: 6), .relu,
      .linear(inputs: 6, outputs: 3, bias: false),
    ]
    let head = SequentialHead<Double>(layers, key: key)
    let names = head.parameters.map(\.name)
    #expect(
      names == [
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var",
        "1.num_batches_tracked", "3.weight",
      ])
    let (told, tensors) = try HeadLayer.layers(of: head.stateDictionary())
    #expect(told == layers && tensors.map(\.name) == names)
    #expect(HeadLayer.outputCount(of: layers, inputs: 4) == 3)
    #expect(HeadLayer.outputCount(of: layers, inputs: 5) == nil)
  }

  @Test("a single linear map needs no position, as MoCo v1 writes its head")
  func single() throws {
    let weight = NamedTensor(name: "weight", tensor: Tensor<Double>.zeros([2, 5]))
    let (layers, tensors) = try HeadLayer.layers(of: [weight])
    #expect(layers == [.linear(inputs: 5, outputs: 2, bias: false)])
    #expect(tensors.map(\.name) == ["0.weight"])
  }

  @Test(
    "tensors that are no head are refused by name", arguments: ["conv1.weight", "0.scale", "x"])
  func refused(name: String) {
    let tensor = NamedTensor(name: name, tensor: Tensor<Double>.zeros([2, 5]))
    #expect(throws: HeadNameError.self) { try HeadLayer.layers(of: [tensor]) }
  }

  @Test("linear, relu, linear is what its formula says")
  func value() {
    let head = SequentialHead<Double>(
      HeadLayer.perceptron(inputs: 2, hidden: 3, outputs: 1), key: key)
    let p = head.parameters.map(\.parameter.value.scalars)
    let x = [0.7, -1.3]
    let hidden = (0..<3).map { max(0, p[0][2 * $0] * x[0] + p[0][2 * $0 + 1] * x[1] + p[1][$0]) }
    let y = zip(hidden, p[2]).reduce(p[3][0]) { $0 + $1.0 * $1.1 }
    let ours = head(Variable(Tensor([1, 2], x)), mode: .evaluation).value.scalars
    #expect(abs(ours[0] - y) < 1e-15)
  }

  @Test(
    "every named network becomes an encoder whose features have the length it says",
    arguments: ["resnet8x2", "cifar_resnet20", "mobilenet_v2", "efficientnet_b0", "ViT-B-32"])
  func encoders(name: String) throws {
    var network = try #require(NamedNetwork(named: name)?.forImages(of: 32))
    if case .visionTransformer(var plan) = network {
      (plan.width, plan.layers, plan.heads, plan.hidden, plan.outputs) = (16, 1, 2, 32, 12)
      network = .visionTransformer(plan)
    }
    let encoder = Encoder<Float>(network, head: .projector(widths: [6, 4]), key: key)
    let x = Variable(Tensor<Float>.normal([2, 32, 32, 3], key: key))
    let (h, z) = encoder.embed(x, mode: .training)
    #expect(h.shape == [2, network.featureCount] && z.shape == [2, 4])
    #expect(encoder.parameters.first?.name.hasPrefix("backbone.") == true)
    #expect(encoder.parameters.last?.name == "projector.3.weight")
  }

  @Test("a vision transformer is made for whole patches only")
  func patches() throws {
    let tower = try #require(NamedNetwork(named: "ViT-B-16"))
    #expect(tower.forImages(of: 50) == nil && tower.forImages(of: 8) == nil)
    #expect(tower.forImages(of: 96) != nil)
    #expect(NamedNetwork(named: "resnet50")?.forImages(of: 50) != nil)
  }
}
