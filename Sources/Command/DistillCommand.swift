// mvmr distill: train a small network on what a teacher says of images, without labels.
//
// Read       Training/PreTrainingRun.swift, Training/Teacher.swift ← this file
// Tests      Tests/CommandTests/DistillCommandTests.swift

import Foundation
import MVMR

extension Option {
  static let method = Option(
    name: "--method", value: "NAME",
    help: "\(MethodName.allCases.map(\.rawValue).joined(separator: ", ")) (default: mv-mr)")
  static let teacher = Option(
    name: "--teacher", value: "FILE",
    help: "the teacher's weights: a run, or a safetensors, NumPy or PyTorch file")
  static let network = Option(
    name: "--network", value: "NAME",
    help: "the network that file holds, where it does not say so: resnet50, ViT-B-16, …")
  static let fileNames = Option(
    name: "--from", value: "NAME", help: "names the file has (default: told from the names)")
  static let cache = Option(
    name: "--cache", value: "DIR",
    help: "keep the teacher's embeddings of whole images here, and use those that are there")
}

extension Command {
  static let distill = Command(
    "distill", "Train a student on a teacher's embeddings, and measure what it learned.",
    options: [
      .method, .teacher, .network, .fileNames, .cache, .config, .data, .output, .resume, .objective,
      .seed, .set, .memory, .trapNonFinite,
    ],
    examples: [
      "distill --teacher clip-vit-b-16.safetensors --network ViT-B-16 --config "
        + "Examples/configs/stl10_clip.yaml --data ~/data --cache ~/cache",
      "distill --method seed --teacher resnet56-4bfd9763.th --network cifar_resnet56 --config "
        + "Examples/configs/cifar10_seed.yaml --data ~/data",
      "distill --method simreg --teacher runs/first --set batch_size=64",
      "distill --resume runs/student",
    ]
  ) { arguments in
    func say(_ line: String) { CommandLineTool.write(line + "\n") }
    let cache = arguments.string(.cache)
    if let path = arguments.string(.resume) {
      let fixed: [Option] = [
        .method, .network, .fileNames, .config, .output, .objective, .seed, .set,
      ]
      for option in fixed where arguments.has(option) {
        throw UsageError(
          what: "--resume continues the very run that was stopped, so \(option.name) has no place",
          remedy: "leave \(option.name) out, or start a new run without --resume")
      }
      let run = try PreTrainingRun(
        resuming: path, dataDirectory: arguments.string(.data),
        teacherPath: arguments.string(.teacher), cacheDirectory: cache, say: say)
      return try carryOut(run, arguments)
    }
    var more: [String] = []
    for (option, key) in [
      (Option.teacher, "teacher.path"), (.network, "teacher.network"),
      (.fileNames, "teacher.names"),
    ] {
      if let value = arguments.string(option) { more.append("\(key)=\(quoted(value))") }
    }
    let configuration = try configuration(arguments, more: more)
    guard configuration.method.takesTeacher else {
      throw UsageError(
        what: "method \(configuration.method.rawValue) has no teacher",
        remedy: "use mvmr pretrain, or choose mv-mr, seed or simreg")
    }
    guard configuration.teacher.path != nil else {
      throw UsageError(
        what: "a teacher is wanted", remedy: "write --teacher FILE, or teacher.path in the file")
    }
    let run = try PreTrainingRun(
      configuration, dataDirectory: arguments.string(.data), output: arguments.string(.output),
      cacheDirectory: cache, say: say)
    return try carryOut(run, arguments)
  }

  /// A value as YAML that no sign in it can change.
  private static func quoted(_ text: String) -> String {
    "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
  }
}
