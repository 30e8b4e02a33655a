// mvmr finetune: semi-supervised learning.
//
// Read       Training/FineTuningRun.swift ← this file
// Tests      Tests/CommandTests/FinetuneCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let percentage = Option(
    name: "--percentage", value: "P", help: "labels of each class that are used (default: 10)")
  static let tuningBatch = Option(
    name: "--batch-size", value: "N", help: "images in a batch (default: 256, or all there are)")
  static let tuningRate = Option(
    name: "--learning-rate", value: "R", help: "first rate of the cosine (default: 1e-4)")
  static let tuningDecay = Option(
    name: "--weight-decay", value: "W", help: "coupled, as Adam's in PyTorch (default: 1e-6)")
  static let tuningChoice = Option(
    name: "--choose", value: "HOW",
    help: "last, validation (on a tenth held out) or test: the epoch to report (default: last)")
  static let labelList = Option(
    name: "--list", value: "FILE", help: "the images whose labels are used, a file a line")
  static let tuningEpochs = Option(
    name: "--epochs", value: "N", help: "passes over the labels (default: 100)")
}

extension Command {
  static let finetune = Command(
    "finetune", "Train a checkpoint's whole network on a few labels: semi-supervised.",
    options: [
      .percentage, .labelList, .tuningEpochs, .tuningBatch, .tuningRate, .tuningDecay,
      .tuningChoice, .seed, .data, .output, .resume, .json,
    ], positional: "CHECKPOINT",
    examples: [
      "finetune runs/first --percentage 1", "finetune runs/first --percentage 10 -o runs/first-10",
      "finetune runs/imagenet --list 1percent.txt", "finetune --resume runs/first-10",
    ]
  ) { arguments in
    let run = try prepareTuning(arguments)
    Interruption.watch()
    let record = try run.run(
      say: { CommandLineTool.write($0 + "\n") }, shouldStop: { Interruption.isRequested })
    guard let record else {
      print(
        """
        Stopped after step \(run.tuning.step); the checkpoint is written.
        Continue with: mvmr finetune --resume \(run.folder.path)
        """)
      return 130
    }
    show(arguments, record)
    return 0
  }

  private static func prepareTuning(_ arguments: Arguments) throws -> FineTuningRun {
    let directory = arguments.string(.data)
    if let path = arguments.string(.resume) {
      let others = [
        Option.percentage, .labelList, .tuningEpochs, .tuningBatch, .tuningRate, .tuningDecay,
        .tuningChoice, .seed, .output,
      ]
      for option in others where arguments.has(option) {
        throw UsageError(
          what: "--resume continues the very run that was stopped, so \(option.name) has no place",
          remedy: "leave \(option.name) out")
      }
      if let extra = arguments.positional.first {
        throw UsageError(what: "'\(extra)' is one word too many", remedy: "write --resume alone")
      }
      return try FineTuningRun(resuming: path, dataDirectory: directory)
    }
    let percentage = try arguments.number(.percentage, in: 1e-6...100)
    let list = arguments.string(.labelList)
    if percentage != nil && list != nil {
      throw UsageError(
        what: "--list and --percentage both say which labels are used", remedy: "write one of them")
    }
    var settings = FineTuningSettings(
      // A resumed run may be started elsewhere.
      list.map { .list(URL(filePath: $0).standardizedFileURL.path) }
        ?? .percentage(percentage ?? 10))
    settings.epochs = try arguments.integer(.tuningEpochs, in: 1...1_000_000) ?? 100
    settings.batchSize = try arguments.integer(.tuningBatch, in: 1...65536) ?? 256
    settings.learningRate = try arguments.number(.tuningRate, in: 0...1e3) ?? 1e-4
    settings.weightDecay = try arguments.number(.tuningDecay, in: 0...1) ?? 1e-6
    settings.choice =
      try arguments.word(.tuningChoice, of: EpochChoice.allCases.map(\.rawValue))
      .flatMap(EpochChoice.init) ?? .last
    let seed = try arguments.integer(.seed, in: 0...Int.max)
    let encoder = try evaluatedEncoder(arguments)
    settings.seed = seed ?? encoder.configuration.seed
    return try FineTuningRun(encoder, settings: settings, output: arguments.string(.output))
  }
}
