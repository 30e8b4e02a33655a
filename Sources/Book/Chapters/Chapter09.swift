// What chapter 9 states and shows: the bias of distance correlation, and a matrix before and after centring.
//
// Read       Objectives/ChanceLevel.swift ← this file → ../Registry.swift
// Tests      Tests/BookTests/ExerciseTests.swift

import Autodiff
import Charts
import Datasets
import Foundation
import Images
import Objectives
import Randomness
import Representations
import Tensors

/// Distance correlation of independent normal batches.
struct IndependentBatches {
  /// What equation (2) reads, its chance level and the bias-corrected estimate, each a mean of several draws.
  let measured: Double
  let chance: Double
  let corrected: Double

  /// Draws pairs of batches.
  init(rows n: Int, width p: Int, draws: Int = 4) {
    var sums = (0.0, 0.0, 0.0)
    for draw in 0..<draws {
      let key = RandomKey(seed: 9).child(n).child(p).child(draw)
      let x = Variable(Tensor<Double>.normal([n, p], key: key.child("x")))
      let y = Variable(Tensor<Double>.normal([n, p], key: key.child("y")))
      let (A, B) = (CentredDistances(x), CentredDistances(y))
      sums.0 += distanceCorrelation(A, B).value.scalar
      sums.1 += chanceLevel(A, B)
      sums.2 += distanceCorrelation(x, y, estimator: .unbiased).value.scalar
    }
    let count = Double(draws)
    (measured, chance, corrected) = (sums.0 / count, sums.1 / count, sums.2 / count)
  }

  /// The rule of thumb of chapter 9: 1/√(1 + N/4p).
  static func rule(rows n: Int, width p: Int) -> Double {
    1 / (1 + Double(n) / Double(4 * p)).squareRoot()
  }
}

extension Fact {
  static let chapter09: [Fact] =
    [(64, 2), (64, 64), (64, 512), (256, 64), (256, 512)].flatMap { n, p in
      [
        Fact(name: "independent-\(n)-\(p)") {
          rounded(IndependentBatches(rows: n, width: p).measured, 3)
        },
        Fact(name: "chance-\(n)-\(p)") {
          rounded(IndependentBatches(rows: n, width: p).chance, 3)
        },
        Fact(name: "rule-\(n)-\(p)") { rounded(IndependentBatches.rule(rows: n, width: p), 3) },
      ]
    } + [
      Fact(name: "unbiased-64-512") {
        rounded(IndependentBatches(rows: 64, width: 512).corrected, 4)
      }
    ]
}

extension Figure {
  static let chapter09 = [
    Figure(
      name: "chance-level",
      image: {
        LineChart(
          "Distance correlation of independent batches", xLabel: "log2 of the dimension",
          yLabel: "chance level",
          series: [16, 64, 256, 512].map { n in
            .init(
              "N = \(n)",
              (0...11).map { i in
                let batches = IndependentBatches(rows: n, width: 1 << i, draws: 1)
                return Point(Double(i), batches.chance)
              })
          }
        ).image(scale: 1.5)
      }),
    Figure(
      name: "centring",
      image: {
        let shapes = SyntheticShapes(count: 40)
        // Image i has class i mod 10: sorted by class, four of each.
        let order = (0..<40).map { $0 % 4 * 10 + $0 / 4 }
        let images = try order.map { try shapes.image($0) }
        let x = PixelNormalization(.imageNet).tensor(images).converted(to: Double.self)
        let edges = pairwiseDistances(Variable(histogramOfOrientedGradients(x)))
        let rough = pairwiseDistances(Variable(localStandardDeviation(x)))
        let a = edges.value.scalars
        func map(_ distances: Variable<Double>) -> Image {
          let A = doubleCentred(distances).value.scalars
          // The diagonal is far larger than the rest; it may saturate.
          let apart = A.indices.filter { $0 % 41 != 0 }.map { A[$0] }
          return signedMap(A, columns: 40, limit: 0.8 * apart.largest)
        }
        return ImageGrid(
          images: [
            grayMap(a, columns: 40, range: 0...a.largest), map(edges), map(rough),
          ].map { enlarged($0, by: 5) },
          captions: [
            "distances of gradients", "the same, centred", "of deviations, centred",
          ], columns: 3, cellSize: 200
        ).image(scale: 1.5)
      }),
  ]
}
