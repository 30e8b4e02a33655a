// mvmr evaluate linear, mvmr evaluate knn: what a checkpoint's frozen features are worth.

import Foundation
import MVMR

extension Option {
  static let neighbours = Option(
    name: "--k", value: "K", help: "neighbours that vote (default: 20)")
  static let mirror = Option(
    name: "--mirror", value: nil, help: "test on the mean of each image and its mirror image (D23)")
  static let json = Option(name: "--json", value: nil, help: "print one JSON object")
}

extension Command {
  static let evaluateLinear = Command(
    "evaluate linear", "Accuracy of a linear classifier on a checkpoint's frozen features.",
    options: [.data, .mirror, .json], positional: "CHECKPOINT",
    examples: [
      "evaluate linear runs/first", "evaluate linear runs/stl10 --data ~/data --json",
    ]
  ) { arguments in
    let (training, test, data) = try features(arguments)
    let probe = LinearProbe(training: training, classes: data.classCount)
    report(
      arguments, "linear_probe", probe.accuracy(on: test),
      "L-BFGS on standardised features, weight decay \(probe.regularization) chosen on a held-out fifth; "
        + (arguments.has(.mirror) ? "mean of each image and its mirror" : "single view"))
    return 0
  }

  static let evaluateKNN = Command(
    "evaluate knn", "Accuracy of nearest-neighbour classification on frozen features.",
    options: [.data, .neighbours, .json], positional: "CHECKPOINT",
    examples: ["evaluate knn runs/first", "evaluate knn runs/first --k 200"]
  ) { arguments in
    let k = try arguments.integer(.neighbours, in: 1...1_000_000) ?? 20
    let (training, test, _) = try features(arguments)
    report(
      arguments, "knn", nearestNeighbourAccuracy(training: training, test: test, neighbours: k),
      "k = \(k), cosine similarity, votes weighted by exp(s / 0.07); single view")
    return 0
  }

  private static func features(
    _ arguments: Arguments
  ) throws -> (training: LabelledFeatures, test: LabelledFeatures, data: DataSource) {
    guard arguments.positional.count == 1 else {
      throw UsageError(
        what: "one checkpoint is wanted, \(arguments.positional.count) are given",
        remedy: "name the run's folder or its checkpoint.safetensors")
    }
    let (checkpoint, warning) = try Checkpoint.load(arguments.positional[0])
    if let warning { CommandLineTool.write("warning: \(warning)\n") }
    let data = try DataSource(checkpoint.configuration, directory: arguments.string(.data))
    guard data.hasLabels else {
      throw TrainingError(
        "the images of this run have no labels, or several each, so there is no class to predict",
        remedy: "evaluate on class folders: --data DIR with train/<class> and val/<class>")
    }
    let encoder = try PreTraining.randomEncoder(checkpoint.configuration)
    try encoder.load(checkpoint.encoder)
    return (
      try extractFeatures(encoder.backbone, data.labelled, statistics: data.statistics),
      try extractFeatures(
        encoder.backbone, data.test, statistics: data.statistics,
        averagesMirror: arguments.has(.mirror)), data
    )
  }

  private static func report(
    _ arguments: Arguments, _ name: String, _ accuracy: Double, _ protocolText: String
  ) {
    if arguments.has(.json) {
      print(
        JSONValue.object(["\(name)": .number(accuracy), "protocol": .string(protocolText)]).text)
    } else {
      print(String(format: "%@: %.2f %% top-1", name, 100 * accuracy))
      print("  \(protocolText)")
    }
  }
}
