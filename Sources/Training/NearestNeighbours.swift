// k nearest neighbours: how well does the geometry of the features know the classes?
//
// Source     Wu, Xiong, Yu & Lin, "Unsupervised feature learning via non-parametric instance
//            discrimination", CVPR 2018, §3.4
// Formula    vote(c) = Σ over the k most similar training images of class c  exp(s/τ),
//            s the cosine of the angle between features, τ = 0.07
// Ties       Equal similarities: the lower index first. Equal votes: the lower class.
// Read       FeatureExtraction.swift ← this file → PreTrainingRun.swift
// Tests      Tests/TrainingTests/ProbeTests.swift

import Kernels
import Tensors

/// Top-1 accuracy of weighted k-nearest-neighbour classification.
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
  guard !test.labels.isEmpty, !training.labels.isEmpty else { return 0 }
  let classes = (training.labels.max() ?? 0) + 1
  let reference = unitRows(training.features)
  let queries = unitRows(test.features)
  var right = 0
  var start = 0
  while start < test.labels.count {
    let rows = start..<min(test.labels.count, start + 256)
    let similarity = matmul(
      queries.slice(rows, axis: 0), reference, transposeB: true
    ).scalars
    for (r, row) in rows.enumerated() {
      let line = similarity[r * training.labels.count..<(r + 1) * training.labels.count]
      let nearest = largest(neighbours, of: line)
      var votes = [Double](repeating: 0, count: classes)
      for (index, s) in nearest {
        votes[training.labels[index]] += Elementary.exponential(Double(s) / temperature)
      }
      var best = 0
      for c in 1..<max(1, classes) where votes[c] > votes[best] { best = c }
      if best == test.labels[row] { right += 1 }
    }
    start = rows.upperBound
  }
  return Double(right) / Double(test.labels.count)
}

/// The k largest values with their places, largest first, the lower place first among equals.
private func largest(_ k: Int, of line: ArraySlice<Float>) -> [(index: Int, value: Float)] {
  var kept: [(index: Int, value: Float)] = []
  kept.reserveCapacity(k + 1)
  for (index, value) in line.enumerated() {
    if kept.count == k, let last = kept.last, !(value > last.value) { continue }
    var place = kept.count
    while place > 0 && kept[place - 1].value < value { place -= 1 }
    kept.insert((index, value), at: place)
    if kept.count > k { kept.removeLast() }
  }
  return kept
}

private func unitRows(_ x: Tensor<Float>) -> Tensor<Float> {
  let lengths = (x * x).sum(over: 1, keepingAxes: true).map(.squareRoot)
  return x / lengths.combined(.maximum, with: Tensor(1e-12))
}
