// mvmr oracle list: what golden cases can be written for.
//
// Read       Oracle/OperationTable.swift ← this file → OracleEmitCommand.swift

import Foundation
import MVMR

extension Option {
  static let markdown = Option(
    name: "--markdown", value: nil, help: "print the table of docs/oracle.md")
}

extension Command {
  static let oracleList = Command(
    "oracle list", "Show every operation with its attributes, its source and its tolerance.",
    options: [.json, .markdown], positional: "[NAME…]",
    examples: ["oracle list", "oracle list conv2d attention", "oracle list --json"]
  ) { arguments in
    let operations =
      try arguments.positional.isEmpty
      ? OracleOperation.all : arguments.positional.map { try asMisuse(OracleOperation.named($0)) }
    if arguments.has(.json) {
      print(JSONValue.array(operations.map(\.json)).text)
    } else if arguments.has(.markdown) {
      for operation in operations { print(operation.documentationRow) }
    } else {
      print(operations.map(\.description).joined(separator: "\n"), terminator: "")
      if arguments.positional.isEmpty { print("\n\(operations.count) operations") }
    }
    return 0
  }

  /// The answer; an error of the oracle is one of the command line here.
  static func asMisuse<Answer>(_ body: @autoclosure () throws -> Answer) throws -> Answer {
    do { return try body() } catch let error as OracleError {
      throw UsageError(what: error.problem, remedy: error.remedy)
    }
  }
}
