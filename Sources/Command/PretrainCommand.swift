// mvmr pretrain: the main job.
//
// Read       this file → Training/PreTrainingRun.swift
// Tests      Tests/CommandTests/CommandTests.swift

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
  static let memory = Option(
    name: "--memory", value: "GB",
    help: "memory the run may need, in 10^9 bytes (default: what is free)")
  static let autoBatchSize = Option(
    name: "--auto-batch-size", value: nil,
    help: "take the largest batch that fits the memory, instead of batch_size")
  static let autoLearningRate = Option(
    name: "--auto-learning-rate", value: nil,
    help: "choose lr by a range test of 100 batches first; its curve lies in the run's folder")
}

extension Command {
  static let pretrain = Command(
    "pretrain", "Train an encoder without labels, and measure what it learned.",
    options: [
      .method, .config, .data, .output, .resume, .objective, .seed, .set, .memory, .autoBatchSize,
      .autoLearningRate, .trapNonFinite, .showKeys,
    ],
    examples: [
      "pretrain",
      "pretrain --output runs/first --seed 7",
      "pretrain --data ~/photographs",
      "pretrain --config Examples/configs/stl10_resnet18.yaml --data ~/data",
      "pretrain --set encoder.backbone=resnet18 --set epochs=20",
      "pretrain --method vicreg --set encoder.out_dim=512-512",
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
    return try carryOut(try prepare(arguments), arguments)
  }

  /// Runs to the end or to Ctrl-C, with progress, and prints what came out.
  static func carryOut(_ run: PreTrainingRun, _ arguments: Arguments) throws -> Int32 {
    let verb = run.configuration.hasTeacher ? "distill" : "pretrain"
    if arguments.has(.trapNonFinite) { run.trapNonFinite() }
    let forecast = try run.forecast()
    let limit = try memoryLimit(arguments)
    let epoch = forecast.seconds * Double(run.stepsPerEpoch)
    CommandLineTool.write(
      """
      A step of \(forecast.batchSize) images needs about \(StepForecast.text(forecast.bytes)) of \
      \(StepForecast.text(limit)), an epoch about \(RunProgress.time(epoch)).

      """)
    try forecast.check(limit: limit, run.configuration)
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
        Continue with: mvmr \(verb) --resume \(result.folder.path)
        """)
      return 130
    }
    print("\n\(result.summary)\n")
    print(
      String(
        format: "%d steps in %.0f s, %.0f images/s; %.1f %% of the time spent waiting for data",
        result.steps, result.seconds, result.imagesPerSecond, 100 * result.waiting)
        + "; \(StepForecast.text(result.peakBytes)) of memory at most")
    if let images = result.teacherImages {
      print("The teacher saw \(images.computed) images; \(images.found) were found in the cache.")
    }
    print(
      """
      Written to \(result.folder.path): result.json, curves.png, curves.svg, metrics.jsonl, \
      checkpoint.safetensors, config.yaml
      """)
    return 0
  }

  /// Bytes the process may have.
  private static func memoryLimit(_ arguments: Arguments) throws -> Int {
    guard let text = arguments.string(.memory) else { return ResidentMemory.available }
    guard let value = Double(text), value > 0, value < 1e6 else {
      throw UsageError(
        what: "--memory is '\(text)'", remedy: "write gigabytes above 0, such as --memory 4.5")
    }
    return Int(value * 1e9)
  }

  /// The largest batch that fits, by the forecast of a batch of the configured size.
  private static func largestBatch(
    _ configuration: Configuration, _ arguments: Arguments, say: (String) -> Void
  ) throws -> Int {
    let data = try DataSource(configuration, directory: arguments.string(.data))
    let limit = try memoryLimit(arguments)
    let largest = try StepForecast(configuration, data: data).largestBatch(within: limit)
    let chosen = min(largest, data.training.count)
    guard chosen >= 2 else {
      throw TrainingError(
        "no batch fits into \(StepForecast.text(limit))",
        remedy: "give more --memory, or set encoder.recompute=true")
    }
    say(
      "batch_size \(chosen), the largest that fits into \(StepForecast.text(limit)); lr is left as it is"
    )
    return chosen
  }

  private static func prepare(_ arguments: Arguments) throws -> PreTrainingRun {
    func say(_ line: String) { CommandLineTool.write(line + "\n") }
    if let path = arguments.string(.resume) {
      for option in [
        Option.method, .config, .output, .objective, .seed, .set, .autoBatchSize,
        .autoLearningRate,
      ] where arguments.has(option) {
        throw UsageError(
          what: "--resume continues the very run that was stopped, so \(option.name) has no place",
          remedy: "leave \(option.name) out, or start a new run without --resume")
      }
      return try PreTrainingRun(
        resuming: path, dataDirectory: arguments.string(.data), say: say)
    }
    let configuration = try configuration(arguments)
    if configuration.hasTeacher {
      throw TrainingError(
        "the configuration has a teacher, so it asks for distillation",
        remedy: "use mvmr distill, or remove the keys of teacher and clip to pre-train without one")
    }
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
    if arguments.has(.autoBatchSize) {
      chosen.batchSize = try largestBatch(chosen, arguments, say: say)
    }
    let run = try PreTrainingRun(
      chosen, dataDirectory: arguments.string(.data), output: arguments.string(.output), say: say)
    try test?.write(to: run.folder)
    return run
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
  static func configuration(
    _ arguments: Arguments, more: [String] = []
  ) throws -> Configuration {
    var overrides = arguments.strings(.set) + more
    if let method = arguments.string(.method) { overrides.append("method=\(method)") }
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
