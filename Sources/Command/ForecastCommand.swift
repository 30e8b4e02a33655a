// mvmr forecast: what configurations will need, as a table, before anything is trained.
//
// Read       Training/RecipeForecast.swift → this file
// Tests      Tests/CommandTests/ForecastCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let cores = Option(
    name: "--cores", value: "N", help: "a number of cores to foretell; repeatable (default: 2, 8)",
    repeats: true)
}

extension Command {
  static let forecast = Command(
    "forecast", "Memory and time of an epoch of configurations, before anything is trained.",
    options: [.cores, .data, .set], positional: "CONFIG…",
    examples: [
      "forecast Examples/configs/stl10_resnet18.yaml",
      "forecast --cores 4 --cores 16 Examples/configs/*.yaml",
      "forecast --set batch_size=512 Examples/configs/synthetic.yaml",
      "forecast Examples/configs/*.yaml > docs/data/recipe-forecast.txt",
    ]
  ) { arguments in
    guard !arguments.positional.isEmpty else {
      throw UsageError(what: "no configuration is named", remedy: "name .yaml files")
    }
    let given = try arguments.integers(.cores, in: 1...1024)
    let cores = given.isEmpty ? [2, 8] : given
    let recipes = try arguments.positional.map { path in
      let text = try String(contentsOfFile: path, encoding: .utf8)
      return try Configuration(yaml: text, path: path, overrides: arguments.strings(.set))
    }
    let threads = ThreadTeam.count
    let share = try serialShare(threads)
    print(
      "| recipe | data | network | batch | memory | "
        + cores.map { "epoch on \($0) cores" }.joined(separator: " | ") + " |")
    print("| --- | --- | --- | --- | --- |" + cores.map { _ in " --- |" }.joined())
    for (path, recipe) in zip(arguments.positional, recipes) {
      let forecast = try RecipeForecast(recipe, directory: arguments.string(.data))
      print(row(path, recipe, forecast, cores, threads, share))
      // A recipe may take minutes: each row is shown as it comes, also through a pipe.
      fflush(nil)
    }
    print(
      """

      Tried on \(threads) cores with small batches of drawn shapes. For other numbers of cores \
      \(String(format: "%.0f", 100 * share)) % of a step is taken to be the work of one thread, as \
      measured on the built-in job.
      """)
    return 0
  }

  /// How much of a step of the built-in job one thread does alone.
  private static func serialShare(_ threads: Int) throws -> Double {
    guard threads > 1 else { return 0 }
    let builtIn = try Configuration(yaml: Configuration.builtIn)
    defer { ThreadTeam.count = threads }
    // A difference of short times: the middle of five, in turn.
    var shares: [Double] = []
    for _ in 0..<5 {
      ThreadTeam.count = threads
      let many = try RecipeForecast(builtIn).step.seconds
      ThreadTeam.count = 1
      let one = try RecipeForecast(builtIn).step.seconds
      shares.append(RecipeForecast.serialShare(one: one, many: many, threads: threads))
    }
    return shares.sorted()[2]
  }

  private static func row(
    _ path: String, _ recipe: Configuration, _ forecast: RecipeForecast, _ cores: [Int],
    _ threads: Int, _ share: Double
  ) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let teacher = forecast.configuration.teacher.network.map { " from \($0.rawValue)" } ?? ""
    let times = cores.map { n in
      duration(
        RecipeForecast.seconds(
          onCores: n, from: forecast.epochSeconds, measuredOn: threads, serialShare: share))
    }
    let cells =
      [
        name, "\(recipe.datasetName.rawValue), \(forecast.images) images",
        "\(recipe.backbone.rawValue)\(teacher)", "\(recipe.batchSize)",
        StepForecast.text(forecast.step.bytes),
      ] + times
    return "| " + cells.joined(separator: " | ") + " |"
  }

  /// Two digits of a time, in the unit that fits.
  private static func duration(_ seconds: Double) -> String {
    let (value, unit) =
      seconds < 90
      ? (seconds, "s") : seconds < 5400 ? (seconds / 60, "min") : (seconds / 3600, "h")
    return String(format: value < 9.5 ? "%.1f %@" : "%.0f %@", value, unit)
  }
}
