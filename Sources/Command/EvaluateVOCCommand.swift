// mvmr evaluate voc: images that show several classes at once.
//
// Read       Training/Evaluation/VOCEvaluation.swift ← this file
// Tests      Tests/CommandTests/EvaluateVOCCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let fittedSplit = Option(
    name: "--train", value: "SPLIT", help: "trainval, or train as released (default: trainval)")
  static let measuredSplit = Option(
    name: "--test", value: "SPLIT", help: "test, or val as released (default: test)")
  static let vocSide = Option(
    name: "--size", value: "N", help: "pixels of the square the encoder sees (default: 300)")
  static let vocCurves = Option(
    name: "--curves", value: "FILE",
    help: "drawing of precision over recall, .png or .svg (default: voc.png in the run's folder)")
}

extension Command {
  static let evaluateVOC = Command(
    "evaluate voc", "Average precision of a multi-label linear head on Pascal VOC 2007.",
    options: [
      .data, .fittedSplit, .measuredSplit, .vocSide, .tolerance, .vocCurves, .results, .json,
    ],
    positional: "CHECKPOINT",
    examples: [
      "evaluate voc runs/first --data ~/data",
      "evaluate voc runs/first --data ~/data --train train --test val --curves curves.svg",
    ]
  ) { arguments in
    let path = try checkpointPath(arguments)
    let fitted = try arguments.word(.fittedSplit, of: ["trainval", "train"]) ?? "trainval"
    let measured = try arguments.word(.measuredSplit, of: ["test", "val"]) ?? "test"
    if fitted == "trainval" && measured == "val" {
      throw UsageError(
        what: "val is a part of trainval", remedy: "write --train train, or --test test")
    }
    let side = try arguments.integer(.vocSide, in: 8...1024) ?? 300
    let tolerance = try arguments.number(.tolerance, in: 1e-12...1) ?? 1e-5
    let picture = arguments.string(.vocCurves)
    if let picture, !picture.hasSuffix(".png"), !picture.hasSuffix(".svg") {
      throw UsageError(
        what: "'\(picture)' is neither .png nor .svg", remedy: "end the name of --curves with one")
    }
    guard let directory = arguments.string(.data) else {
      throw UsageError(
        what: "no data are named",
        remedy: "write --data DIR, which holds VOCdevkit; `mvmr download voc2007` fetches it")
    }
    func open(_ split: String) throws -> VOC2007 {
      try VOC2007(directory: directory, split: VOC2007.Split(rawValue: split) ?? .test)
    }
    let encoder = try FrozenCheckpoint(path, say: { CommandLineTool.write($0 + "\n") })
    let result = try encoder.evaluateMultiLabel(
      training: open(fitted), test: open(measured), side: side, tolerance: tolerance)
    if !arguments.has(.json) { print(result.table + "\n") }
    show(arguments, result.record)
    let folder = RunFolder(resuming: path).path
    try result.draw(to: picture ?? "\(folder)/voc.png")
    try append(result.record, arguments, own: encoder.resultsFile)
    return 0
  }
}
