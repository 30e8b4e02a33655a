// mvmr evaluate …: what a checkpoint's frozen features are worth, each number with its protocol.
//
// Read       Training/Evaluation/LinearEvaluation.swift, Training/NearestNeighbours.swift ← this file
// Tests      Tests/CommandTests/EvaluateCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let linearProtocol = Option(
    name: "--protocol", value: "NAME",
    help: "convex, official, seed or simreg: whose linear evaluation (default: convex)")
  static let retrain = Option(
    name: "--retrain", value: nil,
    help: "official: train a head from scratch instead of measuring the one trained along")
  static let epochChoice = Option(
    name: "--choose", value: "HOW",
    help: "validation, last or test: the epoch to report (default: validation; test for official)")
  static let headEpochs = Option(
    name: "--epochs", value: "N", help: "epochs of a head (default: the protocol's)")
  static let tolerance = Option(
    name: "--tolerance", value: "T", help: "convex: largest slope at the end (default: 1e-5)")
  static let neighbours = Option(
    name: "--k", value: "K", help: "neighbours that vote; repeatable (default: 1, 20 and 200)",
    repeats: true)
  static let neighbourMetric = Option(
    name: "--metric", value: "NAME", help: "cosine or euclidean (default: cosine)")
  static let vote = Option(
    name: "--vote", value: "NAME",
    help: "weighted or majority (default: weighted by cosines, majority by distances)")
  static let temperature = Option(
    name: "--temperature", value: "T", help: "of weighted votes (default: 0.07)")
  static let mirror = Option(
    name: "--mirror", value: nil, help: "test on the mean of each image and its mirror image (D23)")
  static let json = Option(name: "--json", value: nil, help: "print one JSON object")
  static let results = Option(
    name: "--output", value: "FILE",
    help: "append the result to this file too (always: results.jsonl in the run's folder)")
}

extension Command {
  static let evaluateLinear = Command(
    "evaluate linear", "Accuracy of a linear classifier on a checkpoint's frozen features.",
    options: [
      .linearProtocol, .retrain, .epochChoice, .headEpochs, .tolerance, .mirror, .data, .seed,
      .results, .json,
    ], positional: "CHECKPOINT",
    examples: [
      "evaluate linear runs/first", "evaluate linear runs/stl10 --data ~/data --json",
      "evaluate linear runs/first --protocol official",
      "evaluate linear runs/first --protocol official --retrain --epochs 100",
      "evaluate linear runs/first --protocol simreg --choose last",
    ]
  ) { arguments in
    let name =
      try arguments.word(.linearProtocol, of: ["convex", "official", "seed", "simreg"])
      ?? "convex"
    let trains = name == "seed" || name == "simreg" || arguments.has(.retrain)
    func refuse(_ options: [Option], unless fits: Bool, _ why: String) throws {
      for option in options where !fits && arguments.has(option) {
        throw UsageError(
          what: "\(option.name) has no meaning with --protocol \(name): \(why)",
          remedy: "leave \(option.name) out")
      }
    }
    try refuse(
      [.retrain], unless: name == "official", "only the official head can be the one trained along")
    try refuse([.epochChoice, .headEpochs, .seed], unless: trains, "no head is trained in epochs")
    try refuse(
      [.tolerance, .mirror], unless: name == "convex", "they belong to the convex problem")
    let tolerance = try arguments.number(.tolerance, in: 1e-12...1) ?? 1e-5
    let choice =
      try arguments.word(.epochChoice, of: EpochChoice.allCases.map(\.rawValue))
      .flatMap(EpochChoice.init) ?? (name == "official" ? .test : .validation)
    let epochs = try arguments.integer(.headEpochs, in: 1...100_000)
    let seed = try arguments.integer(.seed, in: 0...Int.max)
    let encoder = try evaluatedEncoder(arguments)
    guard trains else {
      return try report(
        arguments, encoder,
        name == "official"
          ? encoder.evaluateOnlineHead()
          : encoder.evaluateConvex(averagesMirror: arguments.has(.mirror), tolerance: tolerance))
    }
    let recipe: HeadRecipe =
      switch name {
      case "seed": .seed(epochs: epochs ?? 100)
      case "simreg": .simReg(epochs: epochs ?? 40)
      default: .official(batchSize: encoder.configuration.batchSize, epochs: epochs ?? 100)
      }
    return try report(
      arguments, encoder,
      encoder.evaluateHead(
        recipe, choice: choice, seed: seed ?? encoder.configuration.seed,
        say: { CommandLineTool.write($0 + "\n") }))
  }

  static let evaluateKNN = Command(
    "evaluate knn", "Accuracy of nearest-neighbour classification on frozen features.",
    options: [.neighbours, .neighbourMetric, .vote, .temperature, .data, .results, .json],
    positional: "CHECKPOINT",
    examples: [
      "evaluate knn runs/first", "evaluate knn runs/first --k 1 --k 20",
      "evaluate knn runs/first --metric euclidean --vote majority",
    ]
  ) { arguments in
    let counts = try arguments.integers(.neighbours, in: 1...1_000_000)
    let metric =
      try arguments.word(.neighbourMetric, of: NeighbourMetric.allCases.map(\.rawValue))
      .flatMap(NeighbourMetric.init) ?? .cosine
    let word = try arguments.word(.vote, of: ["weighted", "majority"])
    let temperature = try arguments.number(.temperature, in: 1e-6...1e6)
    if metric == .euclidean && word == "weighted" {
      throw UsageError(
        what: "weighted votes are for cosines", remedy: "write --vote majority, or --metric cosine")
    }
    let weighs = metric == .cosine && word != "majority"
    if temperature != nil && !weighs {
      throw UsageError(
        what: "a majority has no temperature", remedy: "leave --temperature out")
    }
    let encoder = try evaluatedEncoder(arguments)
    return try report(
      arguments, encoder,
      encoder.evaluateNeighbours(
        counts: counts.isEmpty ? [1, 20, 200] : counts, metric: metric,
        vote: weighs ? .weighted(temperature: temperature ?? 0.07) : .majority))
  }

  /// The encoder a command line names.
  static func evaluatedEncoder(_ arguments: Arguments) throws -> EvaluatedEncoder {
    try EvaluatedEncoder(
      checkpointPath(arguments), dataDirectory: arguments.string(.data),
      say: { CommandLineTool.write($0 + "\n") })
  }

  /// The one checkpoint a command line names.
  static func checkpointPath(_ arguments: Arguments) throws -> String {
    guard arguments.positional.count == 1 else {
      throw UsageError(
        what: "one checkpoint is wanted, \(arguments.positional.count) are given",
        remedy: "name the run's folder or its checkpoint.safetensors")
    }
    return arguments.positional[0]
  }

  /// Prints a record.
  static func show(_ arguments: Arguments, _ record: EvaluationRecord) {
    if arguments.has(.json) {
      print(record.json.text)
      return
    }
    for metric in record.metrics.entries {
      let value = metric.value.double ?? .nan
      print(
        metric.key.hasPrefix("epoch")
          ? "\(metric.key): \(Int(value))"
          : String(format: "%@: %.2f %%", metric.key, 100 * value))
    }
    let split = record.split
    let held = split.validation > 0 ? ", \(split.validation) held out to choose on" : ""
    print(
      """
        \(record.protocolName): \(record.description)
        images: \(split.training) to train on\(held), \(split.test) to test on
        views: \(record.views)
        chosen: \(record.epochChoice)
      """)
  }

  /// Prints a record and appends it to the files of results.
  static func report(
    _ arguments: Arguments, _ encoder: EvaluatedEncoder, _ record: EvaluationRecord
  ) throws -> Int32 {
    show(arguments, record)
    try append(record, arguments, own: encoder.resultsFile)
    return 0
  }

  /// Appends a record to the run's results and to the files a command line names.
  static func append(_ record: EvaluationRecord, _ arguments: Arguments, own: String) throws {
    for path in [own] + arguments.strings(.results).filter({ $0 != own }) {
      try record.append(to: path)
    }
  }
}
