import Foundation
import Randomness
import Testing

@testable import Images

/// What torchvision made of the same images: Tests/Reference/policies.py.
private struct PolicyFixture: Decodable {
  struct Case: Decodable {
    let operation: String, seed: UInt32, width: Int, height: Int, bin: Int, bins: Int, sign: Double
    let digest: String
  }
  struct Choice: Decodable, Hashable {
    let operation: String, probability: Double, bin: Int

    init(operation: String, probability: Double, bin: Int) {
      (self.operation, self.probability, self.bin) = (operation, probability, bin)
    }

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      operation = try list.decode(String.self)
      probability = try list.decode(Double.self)
      bin = try list.decode(Int.self)
    }
  }
  let cases: [Case], pairs: [[Choice]]

  static func load() throws -> PolicyFixture {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Reference/fixtures/policies.json")
    return try JSONDecoder().decode(PolicyFixture.self, from: Data(contentsOf: url))
  }
}

@Suite("Learned policies") struct PolicyOperationTests {
  /// The image of a case, as the script makes it.
  private func image(_ c: PolicyFixture.Case) -> Image {
    var image = Image.noise(width: c.width, height: c.height, state: c.seed)
    let (divisor, offset) = [(1, 0), (1, 0), (60, 90), (2, 64)][Int(c.seed)]
    for i in image.bytes.indices {
      image.bytes[i] = UInt8(Int(image.bytes[i]) / divisor + offset)
      if c.seed == 3 && i % 3 == 1 { image.bytes[i] = 77 }
    }
    return image
  }

  @Test("every operation at its strengths gives torchvision's bytes")
  func golden() throws {
    let fixture = try PolicyFixture.load()
    #expect(fixture.cases.count > 90)
    for c in fixture.cases {
      let operation = try #require(LearnedOperation(rawValue: c.operation))
      let steps = operation.steps(
        bin: c.bin, of: c.bins, sign: c.sign, width: c.width, height: c.height)
      let result = image(c).applying(steps)
      #expect(result.digest == c.digest, "\(c) \(steps)")
    }
  }

  @Test("AutoAugment's pairs are torchvision's")
  func pairs() throws {
    let ours = AutoAugment.pairs.map { pair in
      [pair.0, pair.1].map {
        PolicyFixture.Choice(
          operation: $0.operation.rawValue, probability: $0.probability, bin: $0.bin)
      }
    }
    #expect(try ours == PolicyFixture.load().pairs)
  }

  @Test("RandAugment takes four of its fourteen operations, evenly, with both signs")
  func randAugment() {
    #expect(RandAugment.operations.count == 14)
    var turns: [Double: Int] = [:]
    var counts: [Int: Int] = [:]
    for seed in 0..<400 {
      var stream = RandomStream(RandomKey(seed: UInt64(seed)))
      let steps = RandAugment.draw(width: 96, height: 60, from: &stream)
      counts[steps.count, default: 0] += 1
      for step in steps {
        if case .policy(.rotate(let degrees)) = step { turns[degrees, default: 0] += 1 }
        if case .policy(.translateX(let n)) = step { #expect(abs(n) == 14) }
        if case .policy(.posterize(let bits)) = step { #expect(bits == 7) }
      }
    }
    #expect(Set(turns.keys) == [10, -10] && turns.values.allSatisfy { (30...90).contains($0) })
    // Only the identity leaves no step: four operations in 3 of 4 draws.
    #expect((240...340).contains(counts[4] ?? 0))
  }

  @Test("AutoAugment acts by its probabilities")
  func autoAugment() {
    var inverted = 0
    for seed in 0..<2000 {
      var stream = RandomStream(RandomKey(seed: UInt64(seed)))
      let steps = AutoAugment.draw(width: 32, height: 32, from: &stream)
      #expect(steps.count <= 2)
      if steps.contains(.policy(.invert)) { inverted += 1 }
    }
    // Three pairs of 25 invert with probability 0.6: 144 of 2000, deviation 12.
    #expect((96...192).contains(inverted))
  }

  @Test("turning by 0 and shifting by 0 change nothing")
  func identities() {
    let image = Image.noise(width: 13, height: 9, state: 5)
    for operation in [
      PolicyOperation.rotate(degrees: 0), .rotate(degrees: 360), .shearX(level: 0),
      .translateY(pixels: 0),
      .sharpness(factor: 1), .posterize(bits: 8), .solarize(threshold: 256),
    ] {
      #expect(image.applying(operation) == image, "\(operation)")
    }
    #expect(image.applying(.invert).applying(.invert) == image)
  }
}
