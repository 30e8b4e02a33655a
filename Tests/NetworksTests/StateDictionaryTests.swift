// Encoder and projector by name; loading takes everything or nothing.

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("State dictionary") struct StateDictionaryTests {
  let key = RandomKey(seed: 2)

  @Test("the encoder's names are the official checkpoints'")
  func encoderNames() {
    let encoder = Encoder<Float>(
      backbone: .resnet50, smallKernel: false, projector: [16, 16, 16], key: key)
    let names = encoder.stateDictionary().map(\.name)
    #expect(names.count == 331)
    #expect(names.first == "backbone.conv1.weight")
    let projector = names.filter { $0.hasPrefix("projector.") }
    let norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    var expected = ["projector.0.weight"] + norm.map { "projector.1.\($0)" }
    expected += ["projector.3.weight"] + norm.map { "projector.4.\($0)" }
    expected += ["projector.6.weight"]
    #expect(projector == expected)
    #expect(encoder.stateDictionary().filter(\.isCounter).count == 53 + 2)
  }

  @Test("size strings follow the grammar")
  func projectorSizes() throws {
    #expect(try Projector<Float>.widths("8192-8192-8192") == [8192, 8192, 8192])
    #expect(try Projector<Float>.widths("128") == [128] && Projector<Float>.widths("") == [])
    for text in ["12-", "-12", "a", "1--2", "0", "3.5", "+4", "99999999999999999999", "65537"] {
      #expect(throws: ProjectorSizeError.self, "\(text)") { try Projector<Float>.widths(text) }
    }
    let x = Variable(Tensor<Float>.normal([3, 7], key: key))
    #expect(Projector<Float>(inputs: 7, widths: [], key: key)(x, mode: .training).value == x.value)
    let one = Projector<Float>(inputs: 7, widths: [4], key: key)
    #expect(one.parameterCount == 28 && one(x, mode: .training).shape == [3, 4])
    let three = Projector<Float>(inputs: 7, widths: [4, 5, 6], key: key)
    #expect(three.parameterCount == 28 + 8 + 20 + 10 + 30)
  }

  @Test("the specification's projector has its parameter counts")
  func projectorCounts() {
    // 8192·(h + 8192 + 8192) weights and two norms of 2·8192, computed without drawing them.
    func count(_ h: Int) -> Int {
      let small = Projector<Float>(inputs: h, widths: [8, 8, 8], key: key).parameterCount
      #expect(small == 8 * (h + 8 + 8) + 2 * 16)
      return 8192 * (h + 8192 + 8192) + 2 * 2 * 8192
    }
    #expect(count(2048) == 151_027_712)
    #expect(count(512) == 138_444_800)
    #expect(count(256) == 136_347_648)
  }

  @Test("what was saved loads into another network, and gives its features")
  func roundTrip() throws {
    let a = network(1)
    let b = network(2)
    let x = Variable(Tensor<Float>.normal([2, 8, 8, 3], key: key))
    _ = a(x, mode: .training)  // moves the running statistics
    let wanted = a(x, mode: .evaluation).value
    #expect(b(x, mode: .evaluation).value != wanted)
    try b.load(a.stateDictionary().reversed())
    #expect(b(x, mode: .evaluation).value == wanted)
    let filter = try #require(a.stateDictionary().first)
    #expect(filter.tensor.shape == [8, 3, 3, 3])
  }

  @Test("every mismatch is named, and nothing is loaded")
  func strictness() throws {
    let target = network(3)
    let before = target.stateDictionary()
    var state = network(4).stateDictionary()
    let missing = state.remove(at: 3).name
    state[5] = NamedTensor(name: state[5].name, tensor: .zeros([9, 9]))
    let misshaped = state[5].name
    state.append(NamedTensor(name: "fc.weight", tensor: .zeros([2])))
    state.append(state[0])
    let error = try #require(throws: StateMismatch.self) { try target.load(state) }
    #expect(error.missing == [missing])
    #expect(Set(error.unexpected) == ["fc.weight", "\(state[0].name) (twice)"])
    #expect(error.misshaped.map(\.name) == [misshaped])
    #expect(error.misshaped.first?.theirs == [9, 9])
    for text in [missing, misshaped, "fc.weight", "[9, 9]", "nothing was loaded", "To mend:"] {
      #expect(error.description.contains(text), "\(error)")
    }
    for (a, b) in zip(before, target.stateDictionary()) { #expect(a.tensor == b.tensor) }
  }

  private func network(_ seed: UInt64) -> Encoder<Float> {
    Encoder(
      backbone: .resnet8, smallKernel: false, projector: [8, 4], key: RandomKey(seed: seed))
  }
}
