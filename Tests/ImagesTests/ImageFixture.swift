// What Pillow and torchvision made of the same images: Tests/Reference/images.py.

import Foundation
import Images

struct ImageFixture: Decodable {
  struct Resize: Decodable {
    let seed: UInt32, width: Int, height: Int, newWidth: Int, newHeight: Int
    let filter: ResamplingFilter, digest: String
  }
  struct ShortSide: Decodable {
    let seed: UInt32, width: Int, height: Int, shortSide: Int, newWidth: Int, newHeight: Int
  }
  struct CenterCrop: Decodable {
    let seed: UInt32, width: Int, height: Int, newWidth: Int, newHeight: Int, digest: String
  }
  struct Chain: Decodable {
    let seed: UInt32, width: Int, height: Int, steps: [AugmentationStep], digest: String
  }
  struct Blur: Decodable {
    let seed: UInt32, width: Int, height: Int, smooth: Bool, kernelSize: Int, sigma: Double
    let bytes: Data
  }
  struct FloatBatch: Decodable {
    struct Case: Decodable {
      let steps: [AugmentationStep], height: Int, width: Int, values: Data
    }
    let height: Int, width: Int, seeds: [UInt32], cases: [Case]
  }
  let resizes: [Resize], shortSides: [ShortSide], centerCrops: [CenterCrop], chains: [Chain]
  let blurs: [Blur], floatBatch: FloatBatch

  static func load() throws -> ImageFixture {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Reference/fixtures/images.json")
    return try JSONDecoder().decode(ImageFixture.self, from: Data(contentsOf: url))
  }
}

extension Image {
  /// Bytes of a linear congruential generator, the same as in images.py.
  static func noise(width: Int, height: Int, state: UInt32) -> Image {
    var state = state
    let bytes = (0..<(3 * width * height)).map { _ in
      state = 1_664_525 &* state &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    return Image(width: width, height: height, bytes: bytes)
  }

  /// An eighth of noise, enlarged.
  static func smooth(width: Int, height: Int, state: UInt32) -> Image {
    noise(width: max(1, width / 8), height: max(1, height / 8), state: state)
      .resized(width: width, height: height, filter: .bicubic)
  }

  /// Pixels of one row, for tables of known colours.
  static func row(_ pixels: [[UInt8]]) -> Image {
    Image(width: pixels.count, height: 1, bytes: pixels.flatMap { $0 })
  }

  /// The first 16 digits of SHA-256 over the bytes.
  var digest: String { SHA256.digest(bytes) }
}
