// k nearest neighbours: how well does the geometry of the features know the classes?
//
// Source     Weighted: Wu, Xiong, Yu & Lin, "Unsupervised feature learning via non-parametric instance
//            discrimination", CVPR 2018, §3.4. Majority: SimReg's released evaluation, k = 1 and 20.
// Formula    vote(c) = Σ over the k nearest training images of class c  exp(s/τ), s the cosine of the
//            angle between features, τ = 0.07; or the number of these images
// Ties       Equal similarities: the lower index first. Equal weighted votes: the lower class. Equal
//            numbers: the class that is nearer in sum, then the lower class (SimReg's code draws by chance).
// Read       Evaluation/NeighbourSearch.swift ← this file → PreTrainingRun.swift
// Tests      Tests/TrainingTests/ProbeTests.swift, NeighbourTests.swift

import Formats
import Kernels
import Tensors

/// How neighbours vote.
public enum NeighbourVote: Sendable, Hashable {
  /// exp(s/τ), for cosines.
  case weighted(temperature: Double)
  /// One each.
  case majority
}

/// What neighbours' votes came to, for one k.
public struct NeighbourResult: Sendable, Hashable {
  /// Neighbours that voted.
  public let count: Int
  /// The share of test features classified rightly, in 0…1.
  public let accuracy: Double
  /// The share in which two classes had equally many votes, in 0…1.
  public let tied: Double
}

/// Classifies by nearest neighbours, for several k at once.
///
/// - Parameters:
///   - training: Features that vote.
///   - test: Features that are classified.
///   - counts: The k; of each, at most the number of training features is used.
///   - metric: What near means.
///   - vote: How neighbours vote.
/// - Returns: One result for each k.
public func classifyByNeighbours(
  training: LabelledFeatures, test: LabelledFeatures, counts: [Int], metric: NeighbourMetric,
  vote: NeighbourVote
) -> [NeighbourResult] {
  guard let largest = counts.max(), !test.labels.isEmpty, !training.labels.isEmpty else {
    return counts.map { NeighbourResult(count: $0, accuracy: 0, tied: 0) }
  }
  require(
    metric == .cosine || vote == .majority,
    "classifyByNeighbours: weights are for cosines. To mend: let Euclidean neighbours vote by majority."
  )
  let found = nearestNeighbours(
    of: test.features, among: training.features, count: largest, by: metric)
  let classes = (training.labels.max() ?? 0) + 1
  return counts.map { k in
    var (right, tied) = (0, 0)
    for (row, label) in test.labels.enumerated() {
      var votes = [Double](repeating: 0, count: classes)
      var nearness = votes
      for place in row * found.count..<row * found.count + min(k, found.count) {
        let value = Double(found.values[place])
        let other = training.labels[found.indices[place]]
        switch vote {
        case .weighted(let τ): votes[other] += Elementary.exponential(value / τ)
        case .majority:
          votes[other] += 1
          nearness[other] += metric == .cosine ? value : -value
        }
      }
      var best = 0
      for c in 1..<max(1, classes)
      where votes[c] > votes[best] || (votes[c] == votes[best] && nearness[c] > nearness[best]) {
        best = c
      }
      if votes.reduce(0, { $0 + ($1 == votes[best] ? 1 : 0) }) > 1 { tied += 1 }
      if best == label { right += 1 }
    }
    let n = Double(test.labels.count)
    return NeighbourResult(count: k, accuracy: Double(right) / n, tied: Double(tied) / n)
  }
}

/// Top-1 accuracy of weighted k-nearest-neighbour classification by cosines.
///
/// - Parameters:
///   - training: Features that vote.
///   - test: Features that are classified.
///   - neighbours: k; at most the number of training features is used.
///   - temperature: τ, unitless.
/// - Returns: The share of test features classified rightly, in 0…1.
public func nearestNeighbourAccuracy(
  training: LabelledFeatures, test: LabelledFeatures, neighbours: Int = 20,
  temperature: Double = 0.07
) -> Double {
  require(
    training.features.shape.last == test.features.shape.last && neighbours >= 1
      && temperature > 0,
    """
    nearestNeighbourAccuracy: features \(training.features.shape) and \(test.features.shape), \
    k = \(neighbours), τ = \(temperature).
      To mend: features of one length, k at least 1, τ above 0.
    """)
  return classifyByNeighbours(
    training: training, test: test, counts: [neighbours], metric: .cosine,
    vote: .weighted(temperature: temperature))[0].accuracy
}

extension EvaluatedEncoder {
  /// Nearest neighbours among the labelled images.
  ///
  /// - Parameters:
  ///   - counts: The k.
  ///   - metric: What near means.
  ///   - vote: How neighbours vote; `majority` for Euclidean distances.
  /// - Returns: The record.
  /// - Throws: When an image cannot be read.
  public func evaluateNeighbours(
    counts: [Int], metric: NeighbourMetric, vote: NeighbourVote
  ) throws -> EvaluationRecord {
    let training = try trainingFeatures()
    let test = try testFeatures()
    let results = classifyByNeighbours(
      training: training, test: test, counts: counts, metric: metric, vote: vote)
    var metrics: OrderedMap<JSONValue> = [:]
    var settings: OrderedMap<JSONValue> = [
      "k": .array(counts.map { .integer($0) }), "metric": .string(metric.rawValue),
    ]
    for result in results { metrics["k\(result.count)"] = .number(result.accuracy) }
    var how = "majority"
    if case .weighted(let τ) = vote {
      settings["temperature"] = .number(τ)
      how = "votes weighted by exp(s / \(τ))"
    } else {
      for result in results { settings["tied_k\(result.count)"] = .number(result.tied) }
    }
    return record(
      "knn", "nearest neighbours, exact, \(metric.rawValue), \(how)",
      split: .init(training: training.labels.count, test: test.labels.count),
      views: "one, the image itself", epochChoice: "no epochs", metrics: metrics,
      settings: settings)
  }
}
