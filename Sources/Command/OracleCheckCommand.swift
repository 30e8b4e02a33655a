// mvmr oracle check: recomputes a golden case, or compares two files, or scores a kit.
//
// Status     0 only when everything is within tolerance, 1 when not, 64 for misuse.
// Read       Oracle/CheckReport.swift ← this file

import Foundation
import MVMR

extension Command {
  static let oracleCheck = Command(
    "oracle check", "Recompute a golden case, compare two files of it, or score a kit.",
    options: [.json], positional: "FILE|DIR [THEIRS]",
    examples: [
      "oracle check conv.safetensors", "oracle check conv.safetensors theirs.safetensors",
      "oracle check kit their-kit --json",
    ]
  ) { arguments in
    guard (1...2).contains(arguments.positional.count) else {
      throw UsageError(
        what: "one or two files are wanted, \(arguments.positional.count) are given",
        remedy: "name a case to recompute it, or a case and what another program made of it")
    }
    let path = arguments.positional[0]
    let theirs = arguments.positional.count == 2 ? arguments.positional[1] : nil
    let isKit = try isDirectory(path)
    if let theirs, try isDirectory(theirs) != isKit {
      throw UsageError(
        what: "one of '\(path)' and '\(theirs)' is a folder, the other is not",
        remedy: "compare two files, or two folders")
    }
    if isKit {
      let report = try KitReport(path, theirs: theirs)
      print(arguments.has(.json) ? report.json.text : report.table)
      return report.passes ? 0 : 1
    }
    let report =
      try theirs.map { try CheckReport(comparing: path, with: $0) }
      ?? CheckReport(recomputing: path)
    print(arguments.has(.json) ? report.json.text : report.table)
    return report.passes ? 0 : 1
  }

  private static func isDirectory(_ path: String) throws -> Bool {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw UsageError(what: "there is no '\(path)'", remedy: "name a file or a folder that exists")
    }
    return isFolder.boolValue
  }
}
