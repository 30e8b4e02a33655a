// mvmr fingerprint: the digest of a short training run, to compare machines, builds and thread counts.
//
// Read       Training/Fingerprint.swift ← this file

import MVMR

extension Option {
  static let steps = Option(
    name: "--steps", value: "N", help: "steps to train, 1…40 (default: 20)")
  static let precision = Option(
    name: "--scalar", value: "TYPE", help: "float32 or float64 (default: both)")
}

extension Command {
  static let fingerprint = Command(
    "fingerprint", "Print the SHA-256 of a short training run: the same bits everywhere?",
    options: [.steps, .precision],
    examples: ["fingerprint", "fingerprint --scalar float64 --threads 3"]
  ) { arguments in
    let steps = try arguments.integer(.steps, in: 1...40) ?? 20
    let scalar = arguments.string(.precision)
    guard scalar == nil || scalar == Float.name || scalar == Double.name else {
      throw UsageError(
        what: "--scalar is '\(scalar ?? "")'", remedy: "write \(Float.name) or \(Double.name)")
    }
    if scalar != Double.name { print(try TrainingFingerprint(steps: steps, of: Float.self).line) }
    if scalar != Float.name { print(try TrainingFingerprint(steps: steps, of: Double.self).line) }
    return 0
  }
}
