// What chapter 8 shows: a shape, its histograms of oriented gradients, its local deviation.
//
// Read       Kernels/OrientedGradients.swift ← this file → ../Registry.swift

import Charts
import Datasets
import Images
import Kernels
import Representations
import Tensors

extension Figure {
  static let chapter08 = [
    Figure(
      name: "gradient-cells",
      image: {
        var images: [Image] = []
        for index in [2, 5] {
          let shape = try SyntheticShapes(count: 10).image(index)
          let x = PixelNormalization(.imageNet).tensor([shape])
          let histograms = histogramOfOrientedGradients(x).reshaped([3, 24, 4, 4]).sum(over: 0)
          let deviation = localStandardDeviation(x).reshaped([3, 32, 32]).sum(over: 0)
            .scalars.map(Double.init)
          images += [
            shape, cells(histograms, side: 48),
            grayMap(deviation, columns: 32, range: 0...deviation.largest),
          ]
        }
        return ImageGrid(
          images: images,
          captions: ["a shape", "oriented gradients", "local deviation", "another", "", ""],
          columns: 3, cellSize: 192
        ).image(scale: 1.5)
      })
  ]

  /// A line for each bin of each cell, along the edge, as bright as the bin is full.
  private static func cells(_ histograms: Tensor<Float>, side: Int) -> Image {
    let (bins, down, across) = (
      histograms.shape[0], histograms.shape[1], histograms.shape[2]
    )
    let fullest = histograms.scalars.max() ?? 1
    var image = Image(width: across * side, height: down * side)
    for row in 0..<down {
      for column in 0..<across {
        for bin in 0..<bins {
          let level = UInt8(255 * max(0, histograms[bin, row, column] / fullest))
          // The gradient points along (cos, sin); the edge is at right angles to it.
          let angle = Double.pi * Double(bin) / Double(bins)
          let (dx, dy) = (-Elementary.sine(angle), Elementary.cosine(angle))
          let reach = side / 2 - 2
          for t in stride(from: -Double(reach), through: Double(reach), by: 0.5) {
            let y = row * side + side / 2 + Int((t * dy).rounded())
            let x = column * side + side / 2 + Int((t * dx).rounded())
            if image[row: y, column: x].red < level {
              image[row: y, column: x] = (level, level, level)
            }
          }
        }
      }
    }
    return image
  }
}
