// What chapter 11 states and shows: views of drawn shapes, and how they were drawn.
//
// Read       Images/AugmentationPolicy.swift ← this file → ../Registry.swift

import Charts
import Datasets
import Foundation
import Images
import Randomness

extension Fact {
  static let chapter11 = [
    Fact(name: "mean-crop-area") {
      var stream = RandomStream(RandomKey(seed: 11))
      let crop = RandomResizedCrop(area: 0.08...1)
      let draws = 20_000
      let area = (0..<draws).reduce(0.0) { sum, _ in
        let box = crop.draw(width: 96, height: 96, from: &stream)
        return sum + Double(box.width * box.height) / (96 * 96)
      }
      return rounded(area / Double(draws), 2)
    },
    Fact(name: "drawn-steps") {
      AugmentationPolicy.custom.draw(
        width: 32, height: 32, size: 32,
        key: RandomKey(seed: 1).child("augmented").child(0).child(0)
      ).steps.map { "`\(words($0))`" }.joined(separator: " → ")
    },
  ]

  private static func words(_ step: AugmentationStep) -> String {
    switch step {
    case .pad(let margin): "pad \(margin)"
    case .crop(let box): "crop \(box.height) × \(box.width) at (\(box.top), \(box.left))"
    case .resize(let width, let height, let filter):
      "resize \(height) × \(width), \(filter.rawValue)"
    case .flip: "mirror"
    case .brightness(let factor): "brightness × \(rounded(factor, 2))"
    case .contrast(let factor): "contrast × \(rounded(factor, 2))"
    case .saturation(let factor): "saturation × \(rounded(factor, 2))"
    case .hue(let turns): "hue \(rounded(turns, 2)) turns"
    case .grayscale: "gray"
    case .blur(let size, let sigma): "blur \(size) × \(size), σ \(rounded(sigma, 2))"
    case .policy(let operation): "\(operation)"
    }
  }
}

extension Figure {
  static let chapter11 = [
    Figure(
      name: "views",
      image: {
        let shapes = SyntheticShapes(count: 4, size: 48)
        let key = RandomKey(seed: 11).child("views")
        var images: [Image] = []
        for i in 0..<4 {
          let shape = try shapes.image(i)
          images.append(shape)
          for view in 0..<6 {
            images.append(AugmentationPolicy.custom(shape, size: 48, key: key.child(i).child(view)))
          }
        }
        return ImageGrid(images: images, columns: 7, cellSize: 96).image(scale: 1)
      })
  ]
}
