// mvmr pretrain: the main job.

import Foundation
import MVMR

extension Option {
  static let config = Option(
    name: "--config", value: "FILE", help: "configuration (YAML); default: the built-in job")
  static let data = Option(
    name: "--data", value: "DIR", help: "directory of the data set (default: dataset.path)")
  static let output = Option(
    name: "--output", value: "DIR", help: "folder of the run (default: runs/<date and time>)")
  static let resume = Option(
    name: "--resume", value: "RUN", help: "continue a stopped run: its folder or checkpoint")
  static let objective = Option(
    name: "--objective", value: "NAME", help: "paper or released-code: whose numerics")
  static let seed = Option(
    name: "--seed", value: "N", help: "every random number follows from it (default: 0)")
  static let set = Option(
    name: "--set", value: "KEY=VALUE", help: "override one key of the configuration; repeatable",
    repeats: true)
  static let showKeys = Option(
    name: "--show-keys", value: nil, help: "list every key of a configuration and leave")
}

extension Option {
  static let trapNonFinite = Option(
    name: "--trap-nonfinite", value: nil,
    help: "name the operation in which a NaN or an infinity first appears")
}

extension Command {
  static let pretrain = Command(
    "pretrain", "Train an encoder without labels, and measure what it learned.",
    options: [
      .config, .data, .output, .resume, .objective, .seed, .set, .trapNonFinite, .showKeys,
    ],
    examples: [
      "pretrain",
      "pretrain --output runs/first --seed 7",
      "pretrain --data ~/photographs",
      "pretrain --config Examples/configs/stl10_resnet18.yaml --data ~/data",
      "pretrain --set encoder.backbone=resnet18 --set epochs=20",
      "pretrain --resume runs/first",
    ]
  ) { arguments in
    if arguments.has(.showKeys) {
      for field in ConfigurationField.all {
        print("\(field.key.padding(toLength: 28, withPad: " ", startingAt: 0))\(field.help)")
      }
      return 0
    }
    let run = try prepare(arguments)
    if arguments.has(.trapNonFinite) { run.trapNonFinite() }
    Interruption.watch()
    let progress = RunProgress(
      total: run.totalSteps, imagesAStep: run.configuration.batchSize)
    let result = try run.run(
      observe: { record in
        progress.show(record)
      }, shouldStop: { Interruption.isRequested })
    progress.finish()
    if result.wasStopped {
      print(
        """
        Stopped after step \(result.steps); the checkpoint is written.
        Continue with: mvmr pretrain --resume \(result.folder.path)
        """)
      return 130
    }
    print("\n\(result.summary)\n")
    print(
      String(
        format: "%d steps in %.0f s, %.0f images/s; %.1f %% of the time spent waiting for data",
        result.steps, result.seconds, result.imagesPerSecond, 100 * result.waiting))
    print(
      """
      Written to \(result.folder.path): result.json, curves.png, curves.svg, metrics.jsonl, \
      checkpoint.safetensors, config.yaml
      """)
    return 0
  }

  private static func prepare(_ arguments: Arguments) throws -> PreTrainingRun {
    func say(_ line: String) { CommandLineTool.write(line + "\n") }
    if let path = arguments.string(.resume) {
      for option in [Option.config, .output, .objective, .seed, .set] where arguments.has(option) {
        throw UsageError(
          what: "--resume continues the very run that was stopped, so \(option.name) has no place",
          remedy: "leave \(option.name) out, or start a new run without --resume")
      }
      return try PreTrainingRun(
        resuming: path, dataDirectory: arguments.string(.data), say: say)
    }
    let configuration = try configuration(arguments)
    // The official way to say "continue": a key of the configuration.
    if let path = configuration.fineTuneFrom {
      return try PreTrainingRun(
        resuming: path, dataDirectory: arguments.string(.data), say: say)
    }
    return try PreTrainingRun(
      configuration, dataDirectory: arguments.string(.data), output: arguments.string(.output),
      say: say)
  }

  /// What the built-in configuration must say instead when a directory of data is given.
  private static func dataOverrides(_ arguments: Arguments) throws -> [String] {
    let isNamed = arguments.strings(.set).contains { $0.hasPrefix("dataset.name=") }
    guard !isNamed, let directory = arguments.string(.data) else { return [] }
    guard let kind = DatasetKind.of(directory) else {
      throw TrainingError(
        "no data set is recognised in \(directory)",
        remedy: "`mvmr data check \(directory)` says what was looked for")
    }
    let size = kind == .stl10 ? 96 : kind == .cifar10 || kind == .cifar100 ? 32 : 64
    return ["dataset.name=\(kind.rawValue)", "dataset.size=\(size)"]
  }

  /// The configuration a command line asks for.
  static func configuration(_ arguments: Arguments) throws -> Configuration {
    var overrides = arguments.strings(.set)
    if let objective = arguments.string(.objective) { overrides.append("objective=\(objective)") }
    if let seed = arguments.string(.seed) { overrides.append("seed=\(seed)") }
    if let path = arguments.string(.config) {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      return try Configuration(yaml: text, path: path, overrides: overrides)
    } else {
      // With data of one's own, what the built-in job says about its drawn shapes does not hold.
      let ofShapes = ["n_classes", "train_images", "test_images"]
      let lines = Configuration.builtIn.split(separator: "\n").filter { line in
        !arguments.has(.data) || !ofShapes.contains { line.contains($0) }
      }
      return try Configuration(
        yaml: lines.joined(separator: "\n") + "\n", path: "the built-in configuration",
        overrides: try dataOverrides(arguments) + overrides)
    }
  }
}
