// mvmr oracle emit: writes a golden case, or the whole conformance kit.
//
// Read       Oracle/ConformanceKit.swift ← this file → OracleCheckCommand.swift

import Foundation
import MVMR

extension Option {
  static let attribute = Option(
    name: "--set", value: "KEY=VALUE", help: "set one attribute of the operation; repeatable",
    repeats: true)
  static let shape = Option(
    name: "--shape", value: "TENSOR=N,N…", help: "another shape of one input; repeatable",
    repeats: true)
  static let scalar = Option(
    name: "--scalar", value: "NAME", help: "float64 or float32 (default: float64)")
  static let caseFile = Option(
    name: "--output", value: "FILE", help: "the file to write; -o FILE is the same")
  static let all = Option(
    name: "--all", value: "DIR", help: "write the whole conformance kit into a folder")
}

extension Command {
  static let oracleEmit = Command(
    "oracle emit", "Write a golden case: inputs, outputs, cotangents and gradients.",
    options: [.attribute, .shape, .seed, .scalar, .caseFile, .all], positional: "[OPERATION]",
    examples: [
      "oracle emit conv2d --set stride=2 --set padding=1 -o conv.safetensors",
      "oracle emit mv-mr-objective --scalar float32 --seed 7 -o loss.safetensors",
      "oracle emit maximum-pool --shape input.x=1,9,9,2 -o pool.safetensors",
      "oracle emit --all kit",
    ]
  ) { arguments in
    let seed = UInt64(try arguments.integer(.seed, in: 0...Int.max) ?? 0)
    let scalar = try scalar(arguments)
    if let directory = arguments.string(.all) {
      for option in [Option.attribute, .shape, .caseFile] where arguments.has(option) {
        throw UsageError(
          what: "--all writes every operation, so \(option.name) has no place",
          remedy: "leave it out, or name one operation")
      }
      guard arguments.positional.isEmpty else {
        throw UsageError(
          what: "'\(arguments.positional[0])' and --all are both given",
          remedy: "name one operation, or write them all")
      }
      let kit = try ConformanceKit.emit(to: directory, seed: seed, scalar: scalar)
      let size = kit.entries.reduce(0) { $0 + $1.size }
      print(
        String(
          format: "%d cases of %d operations, %.1f MB, and manifest.json are in %@",
          kit.entries.count, OracleOperation.all.count, Double(size) / 1e6, directory))
      return 0
    }
    guard arguments.positional.count == 1 else {
      throw UsageError(
        what: "one operation is wanted, \(arguments.positional.count) are given",
        remedy: "`mvmr oracle list` shows all of them")
    }
    guard let path = arguments.string(.caseFile) else {
      throw UsageError(what: "no file is named", remedy: "write -o FILE")
    }
    let operation = try asMisuse(OracleOperation.named(arguments.positional[0]))
    let shapes = try pairs(arguments, .shape).map { tensor, text in
      let extents = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard extents.count <= 8, !extents.contains(nil) else {
        throw UsageError(what: "--shape is '\(text)'", remedy: "write \(Option.shape.usage)")
      }
      return (tensor: tensor, shape: extents.compactMap { $0 })
    }
    let golden = try asMisuse(
      GoldenCase.sample(
        operation, set: pairs(arguments, .attribute), seed: seed, scalar: scalar, shapes: shapes))
    let bytes = try golden.write(to: path)
    print("\(golden.tensors.count) tensors, \(bytes.count) bytes, are in \(path)")
    return 0
  }

  /// The values of an option that are a key and a text.
  private static func pairs(
    _ arguments: Arguments, _ option: Option
  ) throws -> [(key: String, text: String)] {
    try arguments.strings(option).map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw UsageError(
          what: "\(option.name) \(text) has no '='", remedy: "write \(option.usage)")
      }
      return (key: String(parts[0]), text: String(parts[1]))
    }
  }

  static func scalar(_ arguments: Arguments) throws -> OracleScalar {
    guard let text = arguments.string(.scalar) else { return .float64 }
    guard let scalar = OracleScalar(rawValue: text) else {
      throw UsageError(what: "--scalar is '\(text)'", remedy: "write float64 or float32")
    }
    return scalar
  }
}
