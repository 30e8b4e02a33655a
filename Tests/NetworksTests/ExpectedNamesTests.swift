import Formats
import Networks
import Randomness
import Testing

/// The names that a file must have are those of the networks themselves.
@Suite("Expected names of ResNets") struct ExpectedNamesTests {
  @Test(
    "names, shapes and order are the state dictionary's",
    arguments: [Backbone.resnet8, .resnet8x4, .resnet18, .resnet50], [false, true])
  func backbones(backbone: Backbone, smallKernel: Bool) throws {
    let network = ResNet<Float>(backbone, smallKernel: smallKernel, key: RandomKey(seed: 0))
    let state = network.stateDictionary()
    let shapes = Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.tensor.shape) })
    let expected = try #require(expectedResNet(shapes))
    #expect(expected.map(\.name) == state.map(\.name))
    for (a, b) in zip(expected, state) { #expect(a.shape == b.tensor.shape, "\(a.name)") }
  }
}
