import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import Testing

@Suite("Networks by name") struct NamedNetworkTests {
  @Test("every name is known, no two mean the same, and nothing else is known")
  func names() {
    let networks = NamedNetwork.names.compactMap { NamedNetwork(named: $0) }
    #expect(networks.count == NamedNetwork.names.count)
    #expect(Set(networks).count == networks.count)
    for other in ["", "resnet", "cifar_resnet21", "efficientnet_b2", "ViT-B-16-", "vit-b-16"] {
      #expect(NamedNetwork(named: other) == nil, "\(other)")
    }
  }

  @Test(
    "a network has the features its name promises",
    arguments: [
      "resnet18", "resnet8x4", "cifar_resnet20", "cifar_resnet32", "mobilenet_v2",
      "mobilenet_v3_large", "efficientnet_b0", "efficientnet_b1",
    ])
  func features(name: String) throws {
    let named = try #require(NamedNetwork(named: name))
    let network = named.network(Float.self, key: RandomKey(seed: 1))
    let x = Variable(Tensor<Float>.normal([2, 32, 32, 3], key: RandomKey(seed: 2)))
    let h = network(x, mode: .evaluation).value
    #expect(h.shape == [2, named.featureCount] && h.isFinite)
  }

  @Test(
    "evaluation, where norms are part of convolutions, has the bits of frozen statistics",
    arguments: ["resnet18", "resnet50", "cifar_resnet20", "mobilenet_v3_large"])
  func evaluation(name: String) throws {
    let network = try #require(NamedNetwork(named: name)).network(
      Double.self, key: RandomKey(seed: 1))
    try network.loadShiftedPatterns()
    let x = Variable(Tensor<Double>.normal([3, 32, 32, 3], key: RandomKey(seed: 2)))
    let frozen = network(x, mode: .frozenStatistics)
    #expect(frozen.isTracked && frozen.value.isFinite)
    #expect(network(x, mode: .evaluation).value == frozen.value)
  }
}
