import Tensors
import TestSupport
import Training

/// The inputs of Tests/Reference/evaluation.py, computed by the same formulas.
enum EvaluationFixture {
  static func stored() throws -> Fixture { try Fixture("evaluation") }

  /// u(i) = ((37 i² + 11 i + 3) mod 1009)/1009 − ½.
  static func u(_ count: Int, offset: Int = 0) -> [Double] {
    (offset..<offset + count).map { (i: Int) -> Double in
      let residue: Int = (37 * i * i + 11 * i + 3) % 1009
      return Double(residue) / 1009 - 0.5
    }
  }

  static func labels(_ n: Int, classes: Int) -> [Int] {
    (0..<n).map { (k: Int) -> Int in (k * 7 + k * k / 5) % classes }
  }

  /// Rows around centres.
  static func clouds(
    _ n: Int, _ d: Int, classes: Int, offset: Int = 0, distance: Double = 0.35
  ) -> LabelledFeatures {
    let y = labels(n, classes: classes)
    let centres = u(classes * d, offset: 5000).map { distance * 2 * $0 }
    let noise = u(n * d, offset: offset)
    let values = (0..<n * d).map { (i: Int) -> Float in
      Float(noise[i] + centres[y[i / d] * d + i % d])
    }
    return LabelledFeatures(features: Tensor([n, d], values), labels: y)
  }
}
