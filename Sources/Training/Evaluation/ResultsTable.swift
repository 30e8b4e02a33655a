// Records of many runs as one table.
//
// Read       EvaluationRecord.swift ← this file → Command/ResultsCommand.swift
// Tests      Tests/TrainingTests/EvaluationRecordTests.swift

import Formats
import Foundation

/// Records, in the order of the files they were read from.
public struct ResultsTable: Sendable {
  /// The records.
  public let records: [EvaluationRecord]

  /// A table of given records.
  public init(_ records: [EvaluationRecord]) { self.records = records }

  /// Reads records.
  ///
  /// - Parameter paths: Files of records, folders of runs that hold one, or folders of such folders.
  /// - Throws: When a path leads to no record, or a file holds something else.
  public init(_ paths: [String]) throws {
    var all: [EvaluationRecord] = []
    for path in paths {
      let files = ResultsTable.files(at: path)
      guard !files.isEmpty else {
        throw TrainingError(
          "'\(path)' holds no \(EvaluationRecord.fileName)",
          remedy: "name the folder of a run that `mvmr evaluate` has measured")
      }
      for file in files {
        for (number, line) in try JSONLinesWriter.read(file).enumerated() {
          do { all.append(try EvaluationRecord(line)) } catch let error as TrainingError {
            throw TrainingError(
              "\(file), result \(number + 1): \(error.what)", remedy: error.remedy)
          }
        }
      }
    }
    records = all
  }

  /// The files of records a path leads to, in the order of their names.
  static func files(at path: String) -> [String] {
    guard RunFolder.isFolder(path) else {
      return FileManager.default.fileExists(atPath: path) ? [path] : []
    }
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    let inner = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return ([folder] + inner.map { "\(folder)/\($0)" })
      .map { "\($0)/\(EvaluationRecord.fileName)" }
      .filter { FileManager.default.fileExists(atPath: $0) }
  }

  private static let heads = [
    "run", "protocol", "data", "result in %", "train / held out / test", "views", "chosen",
    "seed", "weights", "s",
  ]

  private var rows: [[String]] {
    records.map { record in
      [
        record.checkpoint, record.protocolName, record.dataset,
        record.metrics.entries.map {
          "\($0.key) \(ResultsTable.percent($0.value.double ?? .nan, $0.key))"
        }
        .joined(separator: ", "),
        "\(record.split.training) / \(record.split.validation) / \(record.split.test)",
        record.views, record.epochChoice, "\(record.seed)", String(record.weights.prefix(8)),
        String(format: "%.1f", record.seconds),
      ]
    }
  }

  /// A share as a percentage; what is a count, an epoch for example, stays.
  private static func percent(_ value: Double, _ name: String) -> String {
    name.hasPrefix("epoch") ? "\(Int(value))" : String(format: "%.2f", 100 * value)
  }

  /// The table as Markdown.
  public var markdown: String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ")
        + " |"
    }
    return
      ([line(ResultsTable.heads), line(ResultsTable.heads.map { _ in "---" })]
      + rows.map(line)).joined(separator: "\n")
  }

  /// One JSON object a line, as in the files.
  public var jsonLines: String { records.map(\.json.text).joined(separator: "\n") }

  /// The table in columns, for a terminal; what was seen and chosen stands below each row.
  public var text: String {
    let long = [5, 6]  // views, chosen
    let short = ResultsTable.heads.indices.filter { !long.contains($0) }
    let all = [ResultsTable.heads] + rows
    let widths = short.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.enumerated().map { number, row in
      let line = zip(short, widths).map { column, width in
        row[column] + String(repeating: " ", count: width - row[column].count)
      }.joined(separator: "  ").trimmingTrailingBlanks
      return number == 0 ? line : "\(line)\n    views: \(row[5])\n    chosen: \(row[6])"
    }.joined(separator: "\n")
  }
}

extension String {
  fileprivate var trimmingTrailingBlanks: String {
    String(self.reversed().drop { $0 == " " }.reversed())
  }
}
