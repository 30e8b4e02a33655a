import Foundation
import Images
import Randomness
import Testing

@Suite("Released-code augmentation") struct ReleasedCodeAugmentationTests {
  /// The normalised noise batch of images.py.
  static func batch(_ fixture: ImageFixture.FloatBatch) -> FloatImages {
    let statistics = ChannelStatistics.imageNet
    let values = fixture.seeds.flatMap { seed -> [Float] in
      Image.noise(width: fixture.width, height: fixture.height, state: seed).bytes.enumerated().map
      {
        (Float($1) / 255 - statistics.mean[$0 % 3]) / statistics.standardDeviation[$0 % 3]
      }
    }
    return FloatImages(
      count: fixture.seeds.count, height: fixture.height, width: fixture.width, values: values)
  }

  @Test("every step on floats agrees with torchvision to 2e-5")
  func torchvision() throws {
    let fixture = try ImageFixture.load().floatBatch
    #expect(fixture.cases.count > 10)
    for c in fixture.cases {
      var batch = Self.batch(fixture)
      for step in c.steps { batch = batch.applying(step) }
      let expected: [Float] = stride(from: 0, to: c.values.count, by: 4).map { i -> Float in
        var bits: UInt32 = 0
        for k in 0..<4 { bits |= UInt32(c.values[i + k]) << UInt32(8 * k) }
        return Float(bitPattern: bits)
      }
      #expect(batch.height == c.height && batch.width == c.width)
      try #require(batch.values.count == expected.count)
      let worst = zip(batch.values, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst <= 2e-5, "\(c.steps): \(worst)")
    }
  }

  @Test("one draw serves the whole batch")
  func shared() {
    let one = FloatImages(
      count: 1, height: 8, width: 8, values: (0..<192).map { Float($0 % 17) / 8 - 1 })
    let two = FloatImages(count: 2, height: 8, width: 8, values: one.values + one.values)
    for seed in 0..<10 {
      let key = RandomKey(seed: UInt64(seed))
      let (a, _) = ReleasedCodeAugmentation.augment(one, size: 8, key: key)
      let (b, _) = ReleasedCodeAugmentation.augment(two, size: 8, key: key)
      #expect(b.values == a.values + a.values)
    }
  }

  @Test("a pixel without hue turns black, is counted, and no NaN leaves")
  func undefinedHue() {
    let batch = FloatImages(count: 1, height: 1, width: 2, values: [0, -1, -2, 0.5, 0.2, 0.1])
    #expect(batch.pixelsWithoutHue == 1)
    let turned = batch.applying(.hue(turns: 0.1))
    #expect(Array(turned.values[0..<3]) == [0, 0, 0])
    #expect(turned.values.allSatisfy { $0.isFinite })
  }
}
