// mvmr results: everything that was measured, as one table.
//
// Read       Training/Evaluation/ResultsTable.swift ← this file
// Tests      Tests/CommandTests/EvaluateCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let markdownRecords = Option(
    name: "--markdown", value: nil, help: "print a Markdown table")
  static let jsonRecords = Option(
    name: "--json", value: nil, help: "print one JSON object a line, as in the files")
}

extension Command {
  static let results = Command(
    "results", "Every result of `mvmr evaluate`, with its protocol, as one table.",
    options: [.markdownRecords, .jsonRecords], positional: "[DIR…]",
    examples: ["results", "results runs/first runs/second --markdown", "results all.jsonl --json"]
  ) { arguments in
    if arguments.has(.markdownRecords) && arguments.has(.jsonRecords) {
      throw UsageError(what: "--markdown and --json exclude each other", remedy: "choose one")
    }
    let paths = arguments.positional.isEmpty ? ["runs"] : arguments.positional
    let table = try ResultsTable(paths)
    print(
      arguments.has(.markdownRecords)
        ? table.markdown : arguments.has(.jsonRecords) ? table.jsonLines : table.text)
    return 0
  }
}
