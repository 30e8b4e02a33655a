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
  static let autoLearningRate = Option(
    name: "--auto-learning-rate", value: nil,
    help: "choose lr by a range test of 100 batches first; its curve lies in the run's folder")
  static let autoBatchSize = Option(
    name: "--auto-batch-size", value: nil,
    help: "choose batch_size first: the largest power of two whose steps fit into --memory")
  static let memory = Option(
    name: "--memory", value: "GB", help: "for --auto-batch-size (default: what is available)")
}

extension Command {
  static let pretrain = Command(
    "pretrain", "Train an encoder without labels, and measure what it learned.",
    options: [
      .config, .data, .output, .resume, .objective, .seed, .set, .autoLearningRate, .autoBatchSize,
      .memory, .trapNonFinite, .showKeys,
    ],
    examples: [
      "pretrain",
      "pretrain --output runs/first --seed 7",
      "pretrain --config Examples/configs/stl10_resnet18.yaml --data ~/data",
      "pretrain --set encoder.backbone=resnet18 --set epochs=20",
      "pretrain --resume runs/first", "pretrain --auto-learning-rate",
      "pretrain --auto-batch-size --memory 4",
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
    if result.trained == nil {
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
      for option in [
        Option.config, .output, .objective, .seed, .set, .autoLearningRate, .autoBatchSize,
        .memory,
      ] where arguments.has(option) {
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
    let test =
      arguments.has(.autoLearningRate)
      ? try rangeTest(configuration, directory: arguments.string(.data), say: say) : nil
    var chosen = configuration
    if let rate = test?.suggestion { chosen.learningRate = rate }
    let memory = try arguments.number(.memory, in: 1e-3...1e6)
    if arguments.has(.autoBatchSize) {
      chosen.batchSize = try largestBatch(
        chosen, directory: arguments.string(.data), memory: memory, say: say)
    } else if memory != nil {
      throw UsageError(
        what: "--memory belongs to --auto-batch-size", remedy: "write both, or neither")
    }
    let run = try PreTrainingRun(
      chosen, dataDirectory: arguments.string(.data), output: arguments.string(.output), say: say)
    try test?.write(to: run.folder)
    return run
  }

  /// The largest batch that fits.
  private static func largestBatch(
    _ configuration: Configuration, directory: String?, memory: Double?, say: (String) -> Void
  ) throws -> Int {
    var smallest = configuration
    smallest.batchSize = 2
    let bytes = memory.map { Int($0 * 1e9) } ?? availableMemory()
    say(
      String(format: "Looking for the largest batch that fits into %.2f GB …", Double(bytes) / 1e9))
    let search = try BatchSizeSearch.run(
      configuration, data: DataSource(smallest, directory: directory), memory: bytes
    ) { trial in
      say(String(format: "  %d images: %.2f GB", trial.batchSize, Double(trial.peak) / 1e9))
    }
    guard let size = search.batchSize else {
      throw TrainingError(
        "not even a batch of 2 fits into the memory given",
        remedy: "give more with --memory, or use a smaller encoder or projector")
    }
    say("batch_size \(size); lr is left as it is")
    return size
  }

  /// Tries learning rates on a run that is thrown away.
  private static func rangeTest(
    _ configuration: Configuration, directory: String?, say: (String) -> Void
  ) throws -> LearningRateRangeTest {
    say("Trying learning rates …")
    let training = try PreTraining(
      configuration, data: DataSource(configuration, directory: directory))
    if let path = configuration.initializeFrom {
      try training.encoder.load(Checkpoint.load(path).checkpoint.encoder)
    }
    let test = try training.learningRateRangeTest { batch, rate, loss in
      if batch % 20 == 0 {
        say(String(format: "  batch %d: lr %.2g, loss %.4f", batch, rate, loss))
      }
    }
    guard let rate = test.suggestion else {
      throw TrainingError(
        "the range test found no learning rate at which the loss falls",
        remedy: "choose lr yourself with --set lr=…")
    }
    say(String(format: "lr %.3g, where the smoothed loss falls fastest", rate))
    return test
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
      return try Configuration(
        yaml: Configuration.builtIn, path: "the built-in configuration", overrides: overrides)
    }
  }
}
