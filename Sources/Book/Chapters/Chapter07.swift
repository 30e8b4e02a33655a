// What chapter 7 states and shows: wavelets, their answers, and what a shift by one pixel changes.
//
// Formula    the wavelets as in Representations/MorletFilterBank.swift, in the plane instead of in frequency
// Read       Representations/ScatteringTransform.swift ← this file → ../Registry.swift

import Charts
import Datasets
import Foundation
import Images
import Kernels
import Representations
import Tensors

extension Fact {
  static let chapter07 = [
    ("pixels", 0), ("scattering", 1), ("gradients", 2), ("deviation", 3),
  ].map { name, which in
    Fact(name: "shift-\(name)") { rounded(try shiftSensitivities()[which], 2) }
  }
}

/// How far representations of a drawn shape move when the image moves by a pixel, in their own lengths: pixels,
/// scattering, oriented gradients, local deviation.
public func shiftSensitivities() throws -> [Double] {
  let image = try SyntheticShapes(count: 1).image(0)
  var shifted = image
  for row in 0..<image.height {
    for column in 0..<image.width {
      shifted[row: row, column: column] = image[row: row, column: max(0, column - 1)]
    }
  }
  let pair = PixelNormalization(.imageNet).tensor([image, shifted]).converted(to: Double.self)
  let scattering = try ScatteringTransform<Double>(height: image.height, width: image.width)
  let representations = [
    rawPixels(pair), scattering(pair), histogramOfOrientedGradients(pair),
    localStandardDeviation(pair),
  ]
  return representations.map { Φ in
    let (a, b) = (Φ.slice(0..<1, axis: 0), Φ.slice(1..<2, axis: 0))
    return ((a - b) * (a - b)).sum().scalar.squareRoot() / (a * a).sum().scalar.squareRoot()
  }
}

extension Figure {
  static let chapter07 = [
    Figure(
      name: "wavelets",
      image: {
        let (J, L) = (2, 8)
        var images: [Image] = []
        var captions: [String] = []
        for j in 0..<J {
          for θ in 0..<L {
            let wave = morlet(scale: j, orientation: θ, orientations: L, side: 24)
            images.append(
              grayMap(wave, columns: 24, range: -wave.largest...wave.largest))
            captions.append("psi \(j), \(θ)")
          }
        }
        let shape = try SyntheticShapes(count: 4).image(2)
        let x = PixelNormalization(.imageNet).tensor([shape])
        let S = try ScatteringTransform<Float>(height: 32, width: 32)(x).reshaped([3, 81, 64])
          .sum(over: 0).scalars.map(Double.init)
        for j in 0..<J {
          let answers = (0..<L).map { θ in Array(S[(1 + j * L + θ) * 64..<(2 + j * L + θ) * 64]) }
          let largest = answers.map(\.largest).max() ?? 1
          for θ in 0..<L {
            images.append(grayMap(answers[θ], columns: 8, range: 0...largest))
            captions.append("S1 [\(j), \(θ)]")
          }
        }
        images.append(shape)
        captions.append("the shape")
        return ImageGrid(images: images, captions: captions, columns: L, cellSize: 72)
          .image(scale: 1.5)
      })
  ]

  /// The real part of a Morlet wavelet around the middle of a square.
  private static func morlet(
    scale j: Int, orientation: Int, orientations L: Int, side: Int
  ) -> [Double] {
    let σ = 0.8 * Double(1 << j)
    let (ξ, s) = (0.75 * Double.pi / Double(1 << j), 4 / Double(L))
    let θ = Double(L / 2 - 1 - orientation) * Double.pi / Double(L)
    let (c, d) = (Elementary.cosine(θ), Elementary.sine(θ))
    var (wave, envelope): ([Double], [Double]) = ([], [])
    for row in 0..<side {
      for column in 0..<side {
        let (v1, v2) = (Double(row - side / 2), Double(column - side / 2))
        let (along, across) = (v1 * c + v2 * d, v2 * c - v1 * d)
        let height = Elementary.exponential(
          -(along * along + s * s * across * across) / (2 * σ * σ))
        envelope.append(height)
        wave.append(height * Elementary.cosine(ξ * along))
      }
    }
    let κ = wave.reduce(0, +) / envelope.reduce(0, +)
    return zip(wave, envelope).map { $0 - κ * $1 }
  }
}

extension [Double] {
  /// The largest magnitude.
  var largest: Double { reduce(0) { Swift.max($0, $1.magnitude) } }
}
