import Autodiff
import Networks
import Randomness
import Tensors
import Testing

@Suite("Recomputation") struct RecomputationTests {
  @Test(
    "gradients and running statistics are the same bits with and without it",
    arguments: [Backbone.resnet18, .resnet50, .resnet8])
  func sameBits(backbone: Backbone) throws {
    func run(_ recomputes: Bool) -> [[Float]] {
      var network = ResNet<Float>(backbone, smallKernel: true, key: RandomKey(seed: 1))
      network.recomputes = recomputes
      let x = Tensor<Float>.normal([3, 24, 24, 3], key: RandomKey(seed: 2))
      // Twice, so that statistics updated once too often would show.
      for _ in 0..<2 {
        let h = network(Variable(x), mode: .training)
        h.backward(Tensor.normal(h.shape, key: RandomKey(seed: 3)))
      }
      return network.parameters.flatMap {
        [$0.parameter.value.scalars, $0.parameter.gradient?.scalars ?? []]
      }
    }
    let kept = run(false)
    #expect(run(true) == kept)
    #expect(kept.contains { $0.contains { $0 != 0 } })
  }

  @Test("evaluation is not changed by it")
  func evaluation() {
    var network = ResNet<Float>(.resnet8, key: RandomKey(seed: 1))
    let x = Variable(Tensor<Float>.normal([2, 16, 16, 3], key: RandomKey(seed: 2)))
    let kept = network(x, mode: .evaluation).value
    network.recomputes = true
    #expect(network(x, mode: .evaluation).value == kept)
  }
}
