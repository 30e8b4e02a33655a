// k-means: groups of features that were found without labels.
//
// Formula    min over centres  Σ minⱼ ‖xᵢ − cⱼ‖²      (inertia)
// Source     Lloyd, IEEE Trans. Inf. Theory 28, 1982; k-means++: Arthur & Vassilvitskii, SODA 2007
// Start      The first centre by chance, each further one with probability ∝ the squared distance to the
//            nearest there is. Several restarts; the least inertia wins, of equal ones the first.
// Empty      A cluster that lost all its images takes the image that is farthest from its centre.
// Sums       Centres are sums in the order of the images, in double precision: the same bits anywhere.
// Read       NeighbourSearch.swift ← this file → ClusterAgreement.swift
// Tests      Tests/TrainingTests/ClusterTests.swift

import Formats
import Kernels
import Randomness
import Tensors

/// A division of features into groups.
public struct Clusters: Sendable {
  /// `[clusters, features]`.
  public let centres: Tensor<Float>
  /// The cluster of each image.
  public let numbers: [Int]
  /// Σ ‖x − c‖² over all images.
  public let inertia: Double
  /// Rounds until nothing moved, or as many as were allowed.
  public let rounds: Int

  /// Divides features into groups.
  ///
  /// - Parameters:
  ///   - x: `[images, features]`, at least as many images as clusters.
  ///   - count: Clusters.
  ///   - restarts: Beginnings tried.
  ///   - rounds: Rounds of each at most.
  ///   - key: Names the beginnings.
  public init(
    _ x: Tensor<Float>, count: Int, restarts: Int = 10, rounds: Int = 300, key: RandomKey
  ) {
    require(
      x.rank == 2 && count >= 1 && x.shape[0] >= count && restarts >= 1,
      "Clusters: \(count) clusters of \(x.shape), \(restarts) restarts. To mend: at least as many images."
    )
    var best: Clusters?
    for restart in 0..<restarts {
      let found = Clusters(
        x, from: Clusters.beginning(x, count, key.child(restart)), rounds: rounds)
      if found.inertia < best?.inertia ?? .infinity { best = found }
    }
    self = best ?? Clusters(x, from: x.slice(0..<count, axis: 0), rounds: rounds)
  }

  /// Divides features into groups, from given centres.
  ///
  /// - Parameters:
  ///   - x: `[images, features]`.
  ///   - first: `[clusters, features]`.
  ///   - rounds: Rounds at most.
  public init(_ x: Tensor<Float>, from first: Tensor<Float>, rounds: Int = 300) {
    let (n, k) = (x.shape[0], first.shape[0])
    let points = x.converted(to: Double.self)
    var centres = first
    var nearest = nearestNeighbours(of: x, among: centres, count: 1, by: .euclidean)
    var numbers = nearest.indices
    var taken = 0
    while taken < rounds {
      taken += 1
      var sizes = [Int](repeating: 0, count: k)
      for number in numbers { sizes[number] += 1 }
      var far = nearest.values
      for empty in 0..<k where sizes[empty] == 0 {
        // Not the only image of its cluster, which would leave that one empty.
        let place = (0..<n).reduce(nil as Int?) { best, i in
          guard sizes[numbers[i]] > 1 else { return best }
          return best.map { far[i] > far[$0] ? i : $0 } ?? i
        }
        guard let place else { break }
        sizes[numbers[place]] -= 1
        numbers[place] = empty
        sizes[empty] = 1
        far[place] = 0
      }
      let sums = points.scattered(rows: numbers, count: k)
      let weights = Tensor<Double>([k, 1], sizes.map { 1 / Double(max(1, $0)) })
      centres = (sums * weights).converted(to: Float.self)
      nearest = nearestNeighbours(of: x, among: centres, count: 1, by: .euclidean)
      if nearest.indices == numbers { break }
      numbers = nearest.indices
    }
    let difference = points - centres.converted(to: Double.self).gathered(rows: numbers)
    inertia = (difference * difference).sum().scalar
    self.centres = centres
    self.numbers = numbers
    self.rounds = taken
  }

  /// Centres drawn far apart.
  private static func beginning(_ x: Tensor<Float>, _ count: Int, _ key: RandomKey) -> Tensor<Float>
  {
    var stream = RandomStream(key)
    let n = x.shape[0]
    var chosen = [stream.integer(below: n)]
    var distance = [Double](repeating: .infinity, count: n)
    while chosen.count < count {
      let latest = x.gathered(rows: [chosen[chosen.count - 1]])
      let difference = x - latest
      let squares = (difference * difference).sum(over: 1).scalars
      for i in 0..<n { distance[i] = min(distance[i], Double(squares[i])) }
      let total = distance.reduce(0, +)
      var left = stream.uniform() * total
      // Where all images are centres already, any will do.
      var next = total > 0 ? distance.lastIndex { $0 > 0 } ?? 0 : stream.integer(below: n)
      if total > 0 {
        for i in 0..<n {
          left -= distance[i]
          if left < 0 && distance[i] > 0 {
            next = i
            break
          }
        }
      }
      chosen.append(next)
    }
    return x.gathered(rows: chosen)
  }
}

extension EvaluatedEncoder {
  /// Clusters of the test images against their classes, as unsupervised accuracy is reported.
  ///
  /// - Parameters:
  ///   - count: Clusters; nil for as many as classes.
  ///   - normalises: Whether features are divided by their length before.
  ///   - restarts: Beginnings tried.
  ///   - seed: Of the beginnings.
  /// - Returns: The record.
  /// - Throws: When there are fewer test images than clusters, or an image cannot be read.
  public func evaluateClusters(
    count: Int? = nil, normalises: Bool = true, restarts: Int = 10, seed: Int
  ) throws -> EvaluationRecord {
    let test = try testFeatures()
    let k = count ?? data.classCount
    guard test.labels.count >= k else {
      throw TrainingError(
        "\(k) clusters of \(test.labels.count) test images", remedy: "ask for fewer with --clusters"
      )
    }
    let x = normalises ? unitRows(test.features) : test.features
    let clusters = Clusters(
      x, count: k, restarts: restarts, key: RandomKey(seed: UInt64(seed)).child("clusters"))
    let agreement = ClusterAgreement(clusters: clusters.numbers, classes: test.labels)
    return record(
      "clusters",
      "k-means with \(k) clusters of the test images' features"
        + (normalises ? ", of unit length," : "")
        + " best of \(restarts) restarts by inertia; optimal assignment to the classes",
      split: .init(training: 0, test: test.labels.count), views: "one, the image itself",
      epochChoice: "no epochs; labels are seen by the assignment alone", seed: seed,
      metrics: [
        "accuracy": .number(agreement.accuracy), "nmi": .number(agreement.mutualInformation),
        "ari": .number(agreement.randIndex),
      ],
      settings: [
        "clusters": .integer(k), "restarts": .integer(restarts),
        "inertia": .number(clusters.inertia), "rounds": .integer(clusters.rounds),
      ])
  }
}
