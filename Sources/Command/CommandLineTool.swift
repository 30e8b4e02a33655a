// The commands of mvmr and how one is chosen.
//
// Status     0 success · 1 the work failed · 64 the command line is wrong · 130 interrupted
// Read       Arguments.swift ← this file → PretrainCommand.swift
// Tests      Tests/CommandTests/CommandTests.swift

import Foundation
import MVMR

/// One command.
struct Command: Sendable {
  let name: String
  let summary: String
  let options: [Option]
  let positional: String?
  let examples: [String]
  let run: @Sendable (Arguments) throws -> Int32

  init(
    _ name: String, _ summary: String, options: [Option] = [], positional: String? = nil,
    examples: [String], run: @escaping @Sendable (Arguments) throws -> Int32
  ) {
    self.name = name
    self.summary = summary
    self.options = options
    self.positional = positional
    self.examples = examples
    self.run = run
  }

  var help: String {
    var text = "\(summary)\n\nUsage: mvmr \(name)\(options.isEmpty ? "" : " [options]")"
    text += positional.map { " \($0)" } ?? ""
    let all = options + [.threads, .help]
    let width = all.map(\.usage.count).max() ?? 0
    text += "\n\nOptions:\n"
    for option in all {
      let pad = String(repeating: " ", count: width - option.usage.count)
      text += "  \(option.usage)\(pad)  \(option.help)\n"
    }
    text += "\nExamples:\n" + examples.map { "  mvmr \($0)\n" }.joined()
    return text
  }
}

enum CommandLineTool {
  static let commands: [Command] = [
    .pretrain, .distill, .embed, .evaluateLinear, .evaluateKNN, .evaluateClusters, .evaluateVOC,
    .results, .finetune, .ablate, .oracleList, .oracleEmit, .oracleCheck, .oracleTrace,
    .oracleBisect,
    .compare, .inspect, .convert, .gradcheck, .fingerprint, .bench, .synthesize, .download,
    .dataCheck, .dataShow, .forecast, .notebookRun, .bookUpdate, .bookCheck, .bookSources,
  ]

  static let help = """
    mvmr: multi-views and multi-representations for self-supervised learning, in plain Swift.

    Usage: mvmr COMMAND [options]

    Commands:
    \(commands.map { "  \($0.name.padding(toLength: 18, withPad: " ", startingAt: 0))\($0.summary)" }
      .joined(separator: "\n"))

    `mvmr COMMAND --help` shows a command's options and examples.
    """

  /// Runs a command line and returns the exit status.
  static func run(_ words: [String]) -> Int32 {
    guard let first = words.first, first != "--help", first != "-h", first != "help" else {
      print(help)
      return words.isEmpty ? 64 : 0
    }
    // A command's name is one word or two.
    let two = words.prefix(2).joined(separator: " ")
    guard let command = commands.first(where: { $0.name == two || $0.name == first }) else {
      let near =
        nearestName(to: two, among: commands.map(\.name))
        ?? nearestName(to: first, among: commands.map(\.name))
      let group = commands.filter { $0.name.hasPrefix(first + " ") }.map(\.name)
      fail(
        group.isEmpty
          ? "there is no command '\(first)'"
          : "'\(first)' is one of \(group.joined(separator: ", "))",
        near.map { "did you mean `mvmr \($0)`?" } ?? "`mvmr --help` lists the commands")
      return 64
    }
    let rest = Array(words.dropFirst(command.name.split(separator: " ").count))
    if rest.contains("--help") || rest.contains("-h") {
      print(command.help)
      return 0
    }
    do {
      let arguments = try Arguments(rest, for: command)
      if let threads = try arguments.integer(.threads, in: 1...1024) { ThreadTeam.count = threads }
      return try command.run(arguments)
    } catch let error as UsageError {
      fail(error.what, error.remedy ?? "`mvmr \(command.name) --help` shows the options")
      return 64
    } catch {
      write("error: \(error)\n")
      return 1
    }
  }

  private static func fail(_ what: String, _ remedy: String) {
    write("error: \(what)\n  To mend: \(remedy)\n")
  }

  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
