// mvmr inspect, mvmr convert: other people's weights, looked at and carried over.
//
// Read       Formats/WeightFile.swift, Formats/NameMaps/NameConversion.swift ← this file
// Tests      Tests/CommandTests/WeightCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let map = Option(
    name: "--map", value: "NAME", help: "names to give: \(names) (default: as they are)")
  static let from = Option(
    name: "--from", value: "NAME", help: "names the file has (default: told from the names)")
  static let skipObjects = Option(
    name: "--skip-objects", value: nil,
    help: "pass over Python objects of unknown classes instead of refusing the file")
  static let missingChecksums = Option(
    name: "--no-checksums", value: nil,
    help: "accept PyTorch archives that were written without checksums")

  private static let names = NameMap.all.map(\.name).joined(separator: ", ")
}

extension Command {
  static let inspect = Command(
    "inspect",
    "List the tensors of a safetensors, NumPy or PyTorch file; nothing in it is executed.",
    options: [.json, .skipObjects, .missingChecksums], positional: "FILE",
    examples: ["inspect resnet20-12fca82f.th", "inspect runs/first/checkpoint.safetensors --json"]
  ) { arguments in
    guard arguments.positional.count == 1 else {
      throw UsageError(
        what: "one file is wanted, \(arguments.positional.count) are given",
        remedy: "write mvmr inspect FILE")
    }
    let path = arguments.positional[0]
    let file = try WeightFile(path: path, limits: limits(arguments))
    if arguments.has(.json) {
      print(try json(file).text)
      return 0
    }
    print("\(file.format), \(file.hasChecksums ? "with" : "without") checksums")
    try printTable(file)
    for entry in file.values.entries.prefix(40) {
      print("  \(printable(entry.key)) = \(printable(entry.value))")
    }
    if file.values.count > 40 { print("  … and \(file.values.count - 40) more values") }
    for name in file.passedOver { print("  passed over: \(printable(name))") }
    return 0
  }

  static let convert = Command(
    "convert", "Carry weights from one file format and one project's names to another's.",
    options: [.map, .from, .skipObjects, .missingChecksums], positional: "IN OUT",
    examples: [
      "convert resnet20-12fca82f.th resnet20.safetensors",
      "convert moco_v2_800ep_pretrain.pth.tar encoder.safetensors --map mvmr",
      "convert runs/first/checkpoint.safetensors encoder.pth --map official",
      "convert ViT-B-16.pt vit.safetensors --map open_clip",
    ]
  ) { arguments in
    guard arguments.positional.count == 2 else {
      throw UsageError(
        what: "two files are wanted, \(arguments.positional.count) are given",
        remedy:
          "write mvmr convert IN OUT; OUT ends in .safetensors, .npz, .npy, .pt, .pth or .ckpt")
    }
    let (input, output) = (arguments.positional[0], arguments.positional[1])
    let target = try arguments.string(.map).map { try map($0) }
    let source = try arguments.string(.from).map { try map($0) }
    if source != nil, target == nil {
      throw UsageError(
        what: "--from needs --map", remedy: "say which names to give, with --map NAME")
    }
    let format = try WeightFormat(path: output)
    let file = try WeightFile(path: input, limits: limits(arguments))
    guard let target else {
      let metadata = format == .safetensors && file.format == "safetensors" ? file.values : [:]
      try format.write(try file.allTensors(), to: output, metadata: metadata)
      print("\(output): \(file.tensors.count) tensors, names as they were")
      for name in file.passedOver { print("  passed over: \(printable(name))") }
      return 0
    }
    let known = try networkOfRun(file, path: input)
    let weights = try NamedWeights(
      file, path: input, from: source ?? known.map { _ in .project }, backbone: known)
    let (tensors, leftBehind) = try weights.renamed(to: target)
    try format.write(
      tensors, to: output, metadata: ["names": target.name], torchValue: target.torchValue(tensors))
    var report = weights.report
    report.leftBehind += leftBehind
    print(
      "\(output): \(tensors.count) tensors, from the names of \(weights.source.name) to those of \(target.name)"
    )
    print(report)
    return 0
  }

  /// Names and shapes of the backbone of a run's checkpoint, which knows its network; nil for other files.
  private static func networkOfRun(_ file: WeightFile, path: String) throws -> ExpectedNames? {
    guard file.format == "safetensors", file.values["kind"] == Checkpoint.kind,
      let text = file.values["configuration"]
    else { return nil }
    let network = try Configuration(yaml: text, path: path).network
    return network.network(Float.self, key: RandomKey(seed: 0)).parameters.map {
      ($0.name, $0.parameter.fileShape)
    }
  }

  private static func map(_ name: String) throws -> NameMap {
    do { return try NameMap.named(name) } catch {
      throw UsageError(what: error.problem, remedy: error.remedy)
    }
  }

  static func limits(_ arguments: Arguments) -> WeightFile.Limits {
    var limits = WeightFile.Limits()
    limits.torch.pickle.passesOverUnknownGlobals = arguments.has(.skipObjects)
    limits.torch.zip.acceptsMissingChecksums = arguments.has(.missingChecksums)
    return limits
  }

  /// Text from a file without the quotes of messages.
  private static func printable(_ text: String) -> String {
    String(FormatError.quoted(text).dropFirst().dropLast())
  }

  private static func printTable(_ file: WeightFile) throws {
    let rows = file.tensors.map { (printable($0.name), "\($0.shape)", $0) }
    let nameWidth = min(60, rows.map(\.0.count).max() ?? 0)
    let shapeWidth = rows.map(\.1.count).max() ?? 0
    for (name, shape, info) in rows {
      let statistics = try file.tensor(info.name).statistics()
      let numbers = statistics.map { String(format: "%12.5g ± %.5g", $0.mean, $0.deviation) }
      print(
        name.padding(toLength: max(nameWidth, name.count), withPad: " ", startingAt: 0),
        shape.padding(toLength: shapeWidth, withPad: " ", startingAt: 0),
        info.dtype.rawValue.padding(toLength: 4, withPad: " ", startingAt: 0),
        String(format: "%11d B", info.byteCount), numbers ?? "")
    }
    let bytes = file.tensors.reduce(0) { $0 + $1.byteCount }
    print("\(file.tensors.count) tensors, \(bytes) bytes")
  }

  private static func json(_ file: WeightFile) throws -> JSONValue {
    var tensors: [JSONValue] = []
    for info in file.tensors {
      var row: OrderedMap<JSONValue> = [
        "name": .string(info.name), "shape": .array(info.shape.map(JSONValue.integer)),
        "dtype": .string(info.dtype.rawValue), "bytes": .integer(info.byteCount),
      ]
      if let statistics = try file.tensor(info.name).statistics() {
        // JSON has no NaN and no infinity.
        row["mean"] = statistics.mean.isFinite ? .number(statistics.mean) : .null
        row["deviation"] = statistics.deviation.isFinite ? .number(statistics.deviation) : .null
      }
      tensors.append(.object(row))
    }
    var values = OrderedMap<JSONValue>()
    for entry in file.values { values.insert(.string(entry.value), for: entry.key) }
    return .object([
      "format": .string(file.format), "checksums": .bool(file.hasChecksums),
      "tensors": .array(tensors), "values": .object(values),
      "passed_over": .array(file.passedOver.map(JSONValue.string)),
    ])
  }
}
