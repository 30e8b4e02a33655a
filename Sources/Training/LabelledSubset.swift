// A small part of the labels: the same share of every class, a function of the seed.
//
// Source     Semi-supervised evaluation as of Chen et al., "A simple framework for contrastive learning", ICML 2020:
//            1 % or 10 % of each class
// Errata     D24: the released code draws with replacement and without regard to classes
// Read       this file → FineTuning.swift
// Tests      Tests/TrainingTests/FineTuningTests.swift

import Kernels
import Randomness

/// Numbers of the images whose labels are used.
///
/// - Parameters:
///   - percentage: Of each class, in 0…100; at least one image of a class that has any, halves away from zero.
///   - labels: One class an image; images with −1 are never taken.
///   - key: Names the draw; a larger percentage of the same key contains a smaller one.
/// - Returns: Rising numbers.
public func labelledSubset(percentage: Double, of labels: [Int], key: RandomKey) -> [Int] {
  var members: [[Int]] = Array(repeating: [], count: (labels.max() ?? -1) + 1)
  for (i, label) in labels.enumerated() where label >= 0 { members[label].append(i) }
  var chosen: [Int] = []
  for (label, images) in members.enumerated() where !images.isEmpty {
    var stream = RandomStream(key.child(label))
    let order = stream.permutation(images.count)
    let share = (percentage / 100 * Double(images.count)).rounded()
    let count = min(images.count, max(1, Int(share)))
    chosen += order.prefix(count).map { images[$0] }
  }
  return chosen.sorted()
}
