// mvmr oracle trace: writes every tensor of the first steps of the main job.
//
// Read       Oracle/TrainingTrace.swift ← this file → OracleBisectCommand.swift

import Foundation
import MVMR

extension Option {
  static let traceSteps = Option(
    name: "--steps", value: "N", help: "steps to write (default: 10)")
  static let traceFolder = Option(
    name: "--output", value: "DIR", help: "the folder to write; -o DIR is the same")
}

extension Command {
  static let oracleTrace = Command(
    "oracle trace", "Write every tensor of the first training steps, for a port to compare.",
    options: [.traceSteps, .traceFolder, .scalar, .config, .data, .set, .seed],
    examples: [
      "oracle trace --steps 10 -o trace",
      "oracle trace --steps 3 --set batch_size=16 --set encoder.out_dim=64-64 -o trace",
      "oracle trace --config Examples/configs/cifar10_small.yaml --data DIR -o trace",
    ]
  ) { arguments in
    guard let folder = arguments.string(.traceFolder) else {
      throw UsageError(what: "no folder is named", remedy: "write -o DIR")
    }
    let steps = try arguments.integer(.traceSteps, in: 1...100_000) ?? 10
    let configuration = try configuration(arguments)
    let data = try DataSource(configuration, directory: arguments.string(.data))
    let bytes = try TrainingTrace.write(
      configuration, data: data, steps: steps, scalar: scalar(arguments), to: folder
    ) { step, loss, bytes in
      CommandLineTool.write(
        String(format: "step %d: loss %.6f, %.1f MB\n", step, loss, Double(bytes) / 1e6))
    }
    print(
      String(
        format: "%d steps, %.1f MB, and trace.json are in %@", steps, Double(bytes) / 1e6, folder))
    return 0
  }
}
