// mvmr embed: what an encoder says of every image of a data set, as a file.
//
// Read       Training/EncoderFile.swift, Training/FrozenEncoder.swift ← this file
// Tests      Tests/CommandTests/DistillCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let split = Option(
    name: "--split", value: "NAME",
    help: "train, labelled or test: which images (default: test)")
  static let encoderOutput = Option(
    name: "--layer", value: "NAME", help: "features or projection (default: features)")
  static let side = Option(
    name: "--size", value: "N", help: "side of the input (default: the network's own)")
  static let resize = Option(
    name: "--resize", value: "N", help: "short side before the middle is cut out")
  static let filter = Option(
    name: "--filter", value: "NAME", help: "bilinear or bicubic (default: the network's own)")
  static let statistics = Option(
    name: "--statistics", value: "NAME",
    help: "imagenet, cifar or clip (default: the network's own)")
  static let embeddings = Option(
    name: "--output", value: "FILE", help: "what to write: .npy, .npz or .safetensors")
}

extension Command {
  static let embed = Command(
    "embed", "Write an encoder's features of a data set as .npy, .npz or .safetensors.",
    options: [
      .network, .fileNames, .encoderOutput, .side, .resize, .filter, .statistics, .config, .set,
      .data, .split, .embeddings, .skipObjects, .missingChecksums,
    ], positional: "FILE",
    examples: [
      "embed runs/first --split test --output features.npy",
      "embed resnet56-4bfd9763.th --network cifar_resnet56 --set dataset.name=cifar10 "
        + "--data ~/data --output features.safetensors",
      "embed ViT-B-16.pt --network ViT-B-16-quickgelu --config Examples/configs/stl10_resnet18.yaml "
        + "--data ~/data --split train --output clip.safetensors",
    ]
  ) { arguments in
    guard arguments.positional.count == 1 else {
      throw UsageError(
        what: "one file of weights is wanted, \(arguments.positional.count) are given",
        remedy: "write mvmr embed FILE --output features.npy")
    }
    guard let output = arguments.string(.embeddings) else {
      throw UsageError(what: "--output is missing", remedy: "write --output features.npy")
    }
    let format = try WeightFormat(path: output)
    var file = EncoderFile(
      path: arguments.positional[0], network: try choice(.network, arguments))
    file.names = arguments.string(.fileNames)
    file.output = try choice(.encoderOutput, arguments) ?? .features
    file.preparation.side = try arguments.integer(.side, in: 8...4096)
    file.preparation.resize = try arguments.integer(.resize, in: 8...4096)
    file.preparation.filter = try choice(.filter, arguments)
    let statistics: StatisticsName? = try choice(.statistics, arguments)
    file.preparation.statistics = statistics?.statistics
    let split: Split = try choice(.split, arguments) ?? .test
    file.limits = limits(arguments)

    let encoder = try file.load()
    let data = try dataSource(arguments, file)
    let dataset =
      switch split {
      case .train: data.training
      case .labelled: data.labelled
      case .test: data.test
      }
    CommandLineTool.write("\(encoder.name): \(encoder.preparation.text)\n")
    if !encoder.leftBehind.isEmpty {
      CommandLineTool.write("left behind: \(encoder.leftBehind.count) of the file's tensors\n")
    }
    let start = Date()
    let result = try encoder.features(of: dataset)
    guard result.features.isFinite else {
      throw TrainingError(
        "an embedding holds a number that is not finite; nothing was written",
        remedy: "check the weights with mvmr inspect")
    }
    let features = TensorRecord(result.features.scalars, shape: result.features.shape)
    var tensors: OrderedMap<TensorRecord> = ["features": features]
    if format != .npy {
      tensors["labels"] = TensorRecord(
        result.labels.map(Int64.init), shape: [result.labels.count])
    }
    try format.write(
      tensors, to: output,
      metadata: format != .safetensors
        ? [:]
        : [
          "encoder": encoder.name, "preparation": encoder.preparation.text,
          "digest": encoder.digest(), "dataset": dataset.name, "split": split.rawValue,
        ])
    print(
      String(
        format: "%@: %d images, %d numbers each, in %.1f s", output, dataset.count, encoder.width,
        Date().timeIntervalSince(start)))
    return 0
  }

  private enum Split: String, CaseIterable { case train, labelled, test }

  /// The data a command line names; a run's checkpoint knows its own.
  private static func dataSource(_ arguments: Arguments, _ file: EncoderFile) throws -> DataSource {
    if let known = try file.configuration(), !arguments.has(.config), !arguments.has(.set) {
      return try DataSource(known, directory: arguments.string(.data))
    }
    var configuration: Configuration
    let overrides = arguments.strings(.set)
    if let path = arguments.string(.config) {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      configuration = try Configuration(yaml: text, path: path, overrides: overrides)
    } else if overrides.isEmpty {
      throw UsageError(
        what: "no data set is named",
        remedy: "write --set dataset.name=cifar10, or --config FILE")
    } else {
      configuration = try Configuration(yaml: "", overrides: overrides)
    }
    if !arguments.has(.config), let side = configuration.datasetName.side,
      !overrides.contains(where: { $0.hasPrefix("dataset.size") })
    {
      configuration.imageSize = side
    }
    configuration.batchSize = 1
    return try DataSource(configuration, directory: arguments.string(.data))
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ option: Option, _ arguments: Arguments
  ) throws -> Choice? where Choice.RawValue == String {
    guard let text = arguments.string(option) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    let near = nearestName(to: text, among: names).map { "did you mean \($0)? " } ?? ""
    throw UsageError(
      what: "\(option.name) is '\(text)'",
      remedy: "\(near)choose one of \(names.joined(separator: ", "))")
  }
}
