import Networks
import Randomness
import Testing

@testable import Oracle

@Suite("Generated parameters") struct GeneratedParameterTests {
  @Test("the pattern is the documented one")
  func pattern() {
    // By hand: m = 1009 · 2 + 3 = 2021; 2021³ mod 65519 = 63265.
    #expect(
      ParameterPattern.value(3, offset: 2) == Double(2021 * 2021 * 2021 % 65519) / 65519 - 0.5)
    #expect(ParameterPattern.value(0, offset: 0) == -0.5)
    #expect(ParameterPattern.value(1, offset: 0) == 1 / 65519.0 - 0.5)
  }

  @Test("no value repeats within a period")
  func permutation() {
    #expect(Set(ParameterPattern.values(65519, offset: 4)).count == 65519)
  }

  @Test("a summary holds the norm, three projections and three elements")
  func summary() {
    let v = [3.0, 0, -4]
    let s = ParameterPattern.summary(v)
    #expect(s.count == ParameterPattern.summaryCount && s[0] == 5)
    for i in 0..<3 {
      let p = ParameterPattern.values(3, offset: 1001 + i)
      #expect(abs(s[1 + i] - (3 * p[0] - 4 * p[2])) < 1e-15)
    }
    #expect(Array(s[4...]) == [3, 0, -4])
  }

  @Test("offsets are places in the state dictionary, counters included")
  func offsets() throws {
    let network = ResNet<Float>(.resnet8, key: RandomKey(seed: 0))
    let names = network.stateDictionary().map(\.name)
    let operation = try OracleOperation.named("resnet")
    let attributes = try OracleAttributes([("backbone", "resnet8")], of: operation.attributes)
    for slot in try operation.tensors(attributes) {
      guard let generated = slot.generated else { continue }
      #expect(names[generated.index] == generated.name)
    }
  }

  @Test("filters keep the size of activations, gains are near 1")
  func scales() {
    let filter = GeneratedParameter(name: "conv1.weight", shape: [8, 3, 5, 5], index: 0).values
    let meanSquare = filter.reduce(0) { $0 + $1 * $1 } / Double(filter.count)
    #expect(abs(meanSquare * 75 / 2 - 1) < 0.2)
    let gain = GeneratedParameter(name: "bn1.weight", shape: [64], index: 1).values
    #expect(gain.allSatisfy { (0.9...1.1).contains($0) })
    let variance = GeneratedParameter(name: "bn1.running_var", shape: [64], index: 4).values
    #expect(variance.allSatisfy { (0.75...1.25).contains($0) })
  }
}
