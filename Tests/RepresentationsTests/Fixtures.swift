import Foundation
import Kernels
import Tensors
import Testing

/// What an independent program computed (Tests/Reference/representations_fixtures.py).
struct Fixtures: Decodable {
  let scattering: [ScatteringCase]
  let gradients: [GradientsCase]
  let deviations: [DeviationCase]

  static func load() throws -> Fixtures {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Reference/fixtures/representations.json")
    return try JSONDecoder().decode(Fixtures.self, from: Data(contentsOf: file))
  }
}

/// A few coefficients of an output, its sums, and sums with fixed weights.
protocol Summary {
  var count: Int { get }
  var indices: [Int] { get }
  var values: [Double] { get }
  var sum: Double { get }
  var squares: Double { get }
  var projections: [Double] { get }
}

struct ScatteringCase: Summary, Decodable {
  let batch: Int
  let height: Int
  let width: Int
  let scales: Int
  let orientations: Int
  let order: Int
  let count: Int
  let indices: [Int]
  let values: [Double]
  let sum: Double
  let squares: Double
  let projections: [Double]
  let kymatio: [Double]
}

struct GradientsCase: Summary, Decodable {
  let batch: Int
  let height: Int
  let width: Int
  let bins: Int
  let cell: Int
  let released: Bool
  let count: Int
  let indices: [Int]
  let values: [Double]
  let sum: Double
  let squares: Double
  let projections: [Double]
}

struct DeviationCase: Summary, Decodable {
  let batch: Int
  let height: Int
  let width: Int
  let count: Int
  let indices: [Int]
  let values: [Double]
  let sum: Double
  let squares: Double
  let projections: [Double]
}

extension Summary {
  /// The largest error of the coefficients, relative to the root mean square, and of the sums,
  /// relative to what a sum of as many independent errors would be.
  func worstError<S>(of output: Tensor<S>) -> Double {
    guard output.count == count else { return .infinity }
    let y = output.scalars.map { Double($0) }
    let size = (squares / Double(count)).squareRoot()
    var worst = zip(indices, values).map { abs(y[$0] - $1) }.max() ?? .infinity
    let root = Double(count).squareRoot()
    worst = max(worst, abs(y.reduce(0, +) - sum) / root)
    for (p, projection) in projections.enumerated() {
      var total = 0.0
      for (k, value) in y.enumerated() {
        let residue = (k * (1009 + 2003 * p) + 17 * p) % 65521
        total += (Double(residue) / 65521 - 0.5) * value
      }
      worst = max(worst, abs(total - projection) / root)
    }
    return worst / size
  }
}

/// The formula of the fixtures' images, channels last; multiples of 1/32.
func fixtureImages<S>(_ batch: Int, _ height: Int, _ width: Int, of _: S.Type) -> Tensor<S> {
  var scalars: [S] = []
  for b in 0..<batch {
    for i in 0..<height {
      for j in 0..<width {
        for c in 0..<3 {
          let k = 7 * i + 3 * j + 11 * c + 5 * b + i * j / 9 + (i * i + 2 * j * j) / 31
          scalars.append(S(k % 32) / 32 - 0.375)
        }
      }
    }
  }
  return Tensor([batch, height, width, 3], scalars)
}

/// The image of golden case G3: ((7i + 3j + 11c) mod 32) / 31.
func g3Image() -> Tensor<Double> {
  var scalars: [Double] = []
  for i in 0..<32 {
    for j in 0..<32 {
      for c in 0..<3 { scalars.append(Double((7 * i + 3 * j + 11 * c) % 32) / 31) }
    }
  }
  return Tensor([1, 32, 32, 3], scalars)
}
