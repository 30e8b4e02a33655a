// mvmr oracle bisect: the first step and tensor at which two traces part.
//
// Status     0 when they agree, 1 when they part or cannot be compared, 64 for misuse.
// Read       Oracle/TraceBisection.swift ← this file

import Foundation
import MVMR

extension Option {
  static let traceTolerance = Option(
    name: "--tolerance", value: "X",
    help: "relative to a tensor's largest element (default: 1e-7 in float64, 1e-3 in float32)")
}

extension Command {
  static let oracleBisect = Command(
    "oracle bisect", "Find the first step and tensor at which two training traces part.",
    options: [.traceTolerance, .json], positional: "TRACE THEIRS",
    examples: ["oracle bisect trace their-trace", "oracle bisect trace their-trace --json"]
  ) { arguments in
    guard arguments.positional.count == 2 else {
      throw UsageError(
        what: "two folders are wanted, \(arguments.positional.count) are given",
        remedy: "name a trace that `mvmr oracle trace` wrote, then the one to compare")
    }
    for path in arguments.positional {
      var isFolder: ObjCBool = false
      guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
        isFolder.boolValue
      else {
        throw UsageError(what: "there is no folder '\(path)'", remedy: "name two folders")
      }
    }
    var tolerance: Double?
    if let text = arguments.string(.traceTolerance) {
      guard let value = Double(text), (0...0.1).contains(value) else {
        throw UsageError(what: "--tolerance is '\(text)'", remedy: "write a number in 0…0.1")
      }
      tolerance = value
    }
    let found = try TraceBisection(
      arguments.positional[0], arguments.positional[1], tolerance: tolerance)
    print(arguments.has(.json) ? found.json.text : found.table)
    return found.parting == nil ? 0 : 1
  }
}
