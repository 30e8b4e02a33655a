// Average precision: how high do the images of a class stand in the order of its scores?
//
// Formula    rₖ, pₖ    recall and precision among the k images with the largest scores
//            area      Σ (rₖ − rₖ₋₁) pₖ                                  (VOC since 2010, scikit-learn)
//            eleven    ¹⁄₁₁ Σ over t = 0, 0.1, …, 1 of max { pₖ : rₖ ≥ t }     (VOC 2007)
// Ties       Images with equal scores enter together: their order must not decide.
// Difficult  A pair of image and class that is marked difficult is neither right nor wrong: it is left out.
// Source     Everingham et al., Int. J. Comput. Vis. 88, 2010, §4.2
// Errata     D28: the released code reports the area of all classes thrown together (micro); here the mean
//            over classes is the result and the other stands beside it. D30: difficult ones.
// Read       this file → VOCEvaluation.swift
// Tests      Tests/TrainingTests/AveragePrecisionTests.swift

import Datasets
import Kernels

/// Precision over recall of one class.
public struct PrecisionRecall: Sendable, Hashable {
  /// Recall after each distinct score, largest score first; rising, in 0…1.
  public let recall: [Double]
  /// Precision there, in 0…1.
  public let precision: [Double]
  /// Images that show the class.
  public let positives: Int

  /// Orders images by their scores.
  ///
  /// - Parameters:
  ///   - scores: One an image; a NaN counts as the smallest.
  ///   - truth: One an image.
  public init(scores: [Double], truth: [Presence]) {
    require(
      scores.count == truth.count,
      "PrecisionRecall: \(scores.count) scores, \(truth.count) labels. To mend: one each an image.")
    let judged = truth.indices.filter { truth[$0] != .difficult }
    func score(_ i: Int) -> Double { scores[i].isNaN ? -.infinity : scores[i] }
    let order = judged.sorted { score($0) > score($1) || (score($0) == score($1) && $0 < $1) }
    positives = judged.reduce(0) { $0 + (truth[$1] == .present ? 1 : 0) }
    var (recall, precision): ([Double], [Double]) = ([], [])
    var right = 0
    for (k, i) in order.enumerated() {
      if truth[i] == .present { right += 1 }
      let ends = k + 1 == order.count || score(order[k + 1]) != score(i)
      guard ends, positives > 0 else { continue }
      recall.append(Double(right) / Double(positives))
      precision.append(Double(right) / Double(k + 1))
    }
    self.recall = recall
    self.precision = precision
  }

  /// The area under the steps; nil where no image shows the class.
  public var area: Double? {
    guard positives > 0 else { return nil }
    var (sum, last) = (0.0, 0.0)
    for (r, p) in zip(recall, precision) {
      sum += (r - last) * p
      last = r
    }
    return sum
  }

  /// The mean of eleven precisions; nil where no image shows the class.
  public var elevenPoints: Double? {
    guard positives > 0 else { return nil }
    let best = (0...10).map { t in
      // A recall of 3/10 shall reach 0.3 whatever the rounding of either.
      zip(recall, precision).reduce(0.0) { best, one in
        one.0 >= Double(t) / 10 - 1e-12 ? max(best, one.1) : best
      }
    }
    return best.reduce(0, +) / 11
  }
}

/// Average precisions of several classes.
public struct MeanAveragePrecision: Sendable {
  /// One a class.
  public let curves: [PrecisionRecall]
  /// All pairs of image and class in one order.
  public let micro: Double?

  /// Measures scores.
  ///
  /// - Parameters:
  ///   - scores: One array a class, one score an image.
  ///   - truth: The same.
  public init(scores: [[Double]], truth: [[Presence]]) {
    curves = zip(scores, truth).map { PrecisionRecall(scores: $0, truth: $1) }
    micro = PrecisionRecall(scores: scores.flatMap(\.self), truth: truth.flatMap(\.self)).area
  }

  /// Mean over classes that some image shows, of areas.
  public var area: Double { mean(curves.compactMap(\.area)) }
  /// Mean over classes that some image shows, of eleven points.
  public var elevenPoints: Double { mean(curves.compactMap(\.elevenPoints)) }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}
