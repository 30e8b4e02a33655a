// mvmr evaluate clusters: unsupervised accuracy.
//
// Read       Training/Evaluation/Clusters.swift ← this file
// Tests      Tests/CommandTests/EvaluateCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let clusterCount = Option(
    name: "--clusters", value: "N", help: "clusters (default: as many as classes)")
  static let restarts = Option(
    name: "--restarts", value: "N", help: "beginnings tried, the least inertia wins (default: 10)")
  static let unnormalised = Option(
    name: "--as-they-are", value: nil, help: "do not divide features by their length")
}

extension Command {
  static let evaluateClusters = Command(
    "evaluate clusters", "Accuracy of k-means clusters of the test images' frozen features.",
    options: [.clusterCount, .restarts, .unnormalised, .seed, .data, .results, .json],
    positional: "CHECKPOINT",
    examples: [
      "evaluate clusters runs/first", "evaluate clusters runs/first --restarts 50 --seed 1",
    ]
  ) { arguments in
    let count = try arguments.integer(.clusterCount, in: 1...100_000)
    let restarts = try arguments.integer(.restarts, in: 1...100_000) ?? 10
    let seed = try arguments.integer(.seed, in: 0...Int.max)
    let encoder = try evaluatedEncoder(arguments)
    return try report(
      arguments, encoder,
      encoder.evaluateClusters(
        count: count, normalises: !arguments.has(.unnormalised), restarts: restarts,
        seed: seed ?? encoder.configuration.seed))
  }
}
