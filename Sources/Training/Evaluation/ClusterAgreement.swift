// How well do clusters, which have no names, agree with classes?
//
// Formula    accuracy   max over one-to-one maps π of clusters to classes  N⁻¹ Σ [π(cluster) = class]
//            NMI        I(C; K) / ½(H(C) + H(K))
//            ARI        (Σ (nᵢⱼ choose 2) − E) / (½(Σ (aᵢ choose 2) + Σ (bⱼ choose 2)) − E),
//                       E = Σ (aᵢ choose 2) Σ (bⱼ choose 2) / (N choose 2)
//            nᵢⱼ images of class i in cluster j, a and b its sums
// Source     Yang et al., IEEE Trans. Image Process. 19, 2010 (accuracy); Hubert & Arabie, J. Classif. 2, 1985
// Read       OptimalAssignment.swift ← this file → Clusters.swift
// Tests      Tests/TrainingTests/ClusterTests.swift

import Kernels

/// Agreement of a clustering with classes; each is 1 for equal partitions.
public struct ClusterAgreement: Sendable, Hashable {
  /// Unsupervised accuracy, in 0…1.
  public let accuracy: Double
  /// Normalised mutual information, in 0…1.
  public let mutualInformation: Double
  /// Adjusted Rand index: 0 by chance, at most 1.
  public let randIndex: Double
  /// The class each cluster was given.
  public let assignment: [Int?]

  /// Compares clusters with classes.
  ///
  /// - Parameters:
  ///   - clusters: From 0, one an image.
  ///   - classes: From 0, one an image; as many.
  public init(clusters: [Int], classes: [Int]) {
    require(
      clusters.count == classes.count && (clusters + classes).allSatisfy { $0 >= 0 },
      "ClusterAgreement: \(clusters.count) clusters, \(classes.count) classes; from 0, one an image."
    )
    let (k, c) = ((clusters.max() ?? -1) + 1, (classes.max() ?? -1) + 1)
    var table = [[Int]](repeating: [Int](repeating: 0, count: c), count: k)
    for (cluster, label) in zip(clusters, classes) { table[cluster][label] += 1 }
    let n = Double(clusters.count)
    assignment = optimalAssignment(table.map { row in row.map { -Double($0) } })
    let right = zip(table, assignment).reduce(0) { sum, one in
      sum + (one.1.map { one.0[$0] } ?? 0)
    }
    accuracy = n == 0 ? 0 : Double(right) / n
    let inCluster = table.map { $0.reduce(0, +) }
    let inClass = (0..<c).map { label in table.reduce(0) { $0 + $1[label] } }
    func entropy(_ counts: [Int]) -> Double {
      counts.reduce(0) { sum, count in
        count == 0 ? sum : sum - Double(count) / n * Elementary.logarithm(Double(count) / n)
      }
    }
    var information = 0.0
    for (cluster, row) in table.enumerated() {
      for (label, count) in row.enumerated() where count > 0 {
        let ratio = n * Double(count) / (Double(inCluster[cluster]) * Double(inClass[label]))
        information += Double(count) / n * Elementary.logarithm(ratio)
      }
    }
    let entropies = 0.5 * (entropy(inCluster) + entropy(inClass))
    // One cluster of one class knows all there is to know.
    mutualInformation = entropies > 0 ? max(0, information) / entropies : 1
    func pairs(_ count: Int) -> Double { 0.5 * Double(count) * Double(count - 1) }
    let (a, b) = (
      inCluster.reduce(0) { $0 + pairs($1) }, inClass.reduce(0) { $0 + pairs($1) }
    )
    let both = table.reduce(0) { $0 + $1.reduce(0) { $0 + pairs($1) } }
    let expected = n > 1 ? a * b / pairs(clusters.count) : 0
    let largest = 0.5 * (a + b)
    randIndex = largest == expected ? 1 : (both - expected) / (largest - expected)
  }
}
