// Bisecting two traces: the first step, and in it the first tensor, at which a port parts from ours.
//
// Idea       Everything after the first difference differs too. So steps are compared in order, and the
//            tensors of a step in the order of their causes; the first that is beyond tolerance is where
//            to look, and the last ones that agree say what to trust.
// Partial    A port need not write everything: what it leaves out is skipped and counted.
// Tolerance  1e-7 of a tensor's largest element in float64, 1e-3 in float32. That is loose for one step
//            and tight for ten: Adam divides by the square root of its second moment, so that rounding
//            noise in a gradient near zero moves a parameter by up to the learning rate.
// Read       TrainingTrace.swift ← this file → Command/OracleBisectCommand.swift
// Tests      Tests/OracleTests/TraceTests.swift

import Formats
import Foundation

/// Where two traces part.
public struct TraceBisection: Sendable {
  /// One compared step.
  public struct Step: Sendable {
    /// Its number; 0 compares the parameters training begins with.
    public let step: Int
    /// Every tensor that both traces hold, causes before effects.
    public let comparisons: [TensorComparison]
    /// Tensors the other trace left out.
    public let skipped: Int
    /// The first tensor beyond tolerance.
    public var first: TensorComparison? { comparisons.first { !$0.passes } }
  }

  /// All compared steps, up to the first that differs.
  public let steps: [Step]
  /// Relative to a tensor's largest element.
  public let tolerance: Double
  /// The step at which the traces part; nil when they agree.
  public var parting: Step? { steps.last.flatMap { $0.first == nil ? nil : $0 } }

  /// Compares two traces.
  ///
  /// - Parameters:
  ///   - directory: The trace that is right, with its manifest.
  ///   - other: A folder of step files of the same names.
  ///   - tolerance: Relative to a tensor's largest element; nil for that of the number type.
  /// - Throws: `OracleError` when there is nothing to compare, or a file cannot be used.
  public init(_ directory: String, _ other: String, tolerance: Double? = nil) throws {
    let path = "\(directory)/\(TrainingTrace.manifestName)"
    let manifest = try JSONValue(path: path)
    guard manifest["format"]?.integer == TrainingTrace.format,
      let last = manifest["steps"]?.integer, (1...1_000_000).contains(last),
      let scalar = manifest["scalar"]?.string.flatMap(OracleScalar.init(rawValue:)),
      let order = manifest["order"]?.array?.compactMap(\.string)
    else {
      throw OracleError(
        "it is not the manifest of a trace of format \(TrainingTrace.format)",
        mend: "name a folder that `mvmr oracle trace` wrote, ours first"
      ).inFile(path)
    }
    self.tolerance = tolerance ?? (scalar == .float64 ? 1e-7 : 1e-3)
    var steps: [Step] = []
    for number in 0...last {
      let name = TrainingTrace.fileName(step: number)
      guard FileManager.default.fileExists(atPath: "\(other)/\(name)") else { continue }
      let step = try TraceBisection.compare(
        number, "\(directory)/\(name)", "\(other)/\(name)", order, self.tolerance)
      steps.append(step)
      if step.first != nil { break }
    }
    guard steps.contains(where: { !$0.comparisons.isEmpty }) else {
      throw OracleError(
        "there is nothing to compare",
        mend: "write files such as \(TrainingTrace.fileName(step: 1)) with tensors of our names"
      ).inFile(other)
    }
    self.steps = steps
  }

  private static func compare(
    _ step: Int, _ path: String, _ other: String, _ order: [String], _ tolerance: Double
  ) throws -> Step {
    var limits = SafeTensorsLimits()
    limits.tensorCount = 10_000
    limits.rank = 8
    limits.nameLength = 256
    let ours = try SafeTensorsFile(path: path, limits: limits).tensors
    let theirs = try SafeTensorsFile(path: other, limits: limits).tensors
    for name in theirs.keys where ours[name] == nil {
      throw OracleError(
        tensor: name, "our trace has no such tensor",
        mend: OracleError.nearest(name, among: ours.keys)
      ).inFile(other)
    }
    // Step 0 holds parameters only; what the manifest does not list comes last.
    let listed = order.filter { ours[$0] != nil }
    let known = Set(listed)
    let names = listed + ours.keys.filter { !known.contains($0) }
    let held = names.filter { theirs[$0] != nil }
    let allowed = Tolerance(relative: tolerance, absolute: 0, reason: "the trace's")
    return Step(
      step: step,
      comparisons: try held.map {
        try TensorComparison($0, ours: theirs[$0], theirs: ours[$0], tolerance: allowed)
      }, skipped: names.count - held.count)
  }
}

extension TraceBisection {
  /// What people read: a line a step, then the place where the traces part.
  public var table: String {
    var rows = [["step", "tensors", "skipped", "largest relative error", "in", "verdict"]]
    for step in steps {
      let worst = step.comparisons.filter { $0.relative != 0 }
        .max { ($0.relative ?? .infinity) < ($1.relative ?? .infinity) }
      rows.append([
        "\(step.step)", "\(step.comparisons.count)", "\(step.skipped)",
        worst.map { $0.relative.map { String(format: "%.1e", $0) } ?? "–" } ?? "0",
        worst?.name ?? "–",
        step.first == nil ? "ok" : "DIFFERS",
      ])
    }
    let text = CheckReport.aligned(rows) + "\n"
    guard let parting, let first = parting.first else {
      return text + "The traces agree within \(tolerance) in every tensor both hold."
    }
    let near = parting.comparisons.firstIndex { !$0.passes } ?? 0
    var place = "The traces part at step \(parting.step), in \(FormatError.quoted(first.name))"
    if let values = first.values {
      place += " at \(first.place): \(values.ours), expected \(values.theirs)"
    } else {
      place += ": \(first.verdict.rawValue) \(first.place)"
    }
    var around = [["tensor", "shape", "relative", "verdict"]]
    for (i, one) in parting.comparisons.enumerated() where abs(i - near) <= 3 {
      around.append([
        one.name, "\(one.shape)",
        one.relative.map { String(format: "%.1e", $0) } ?? "–", one.verdict.rawValue,
      ])
    }
    return text + place + "\n\n" + CheckReport.aligned(around)
      + "\n" + TraceBisection.hint(first.name)
  }

  /// What a difference in a tensor says, when everything before it agrees.
  private static func hint(_ name: String) -> String {
    let family = name.prefix { $0 != "." }
    switch family {
    case "batch": return "The order of the images or the schedule differs."
    case "view": return "Decoding, augmentation or normalisation differs: take our views to go on."
    case "representation": return "This fixed mapping differs: the images before it agree."
    case "features": return "The backbone differs in its forward pass, or began with other weights."
    case "embedding": return "The projector differs in its forward pass."
    case "loss": return "This term differs: the embeddings it is computed from agree."
    case "gradient":
      return "A backward pass differs here: the loss and all gradients nearer to it agree."
    default: return "The optimiser or a running statistic differs: the gradients agree."
    }
  }

  /// The same as one JSON object.
  public var json: JSONValue {
    [
      "agrees": .bool(parting == nil), "tolerance": .number(tolerance),
      "step": parting.map { .integer($0.step) } ?? .null,
      "tensor": parting?.first.map { .string($0.name) } ?? .null,
      "steps": .array(
        steps.map { step in
          [
            "step": .integer(step.step), "skipped": .integer(step.skipped),
            "tensors": .array(
              step.comparisons.map { one in
                [
                  "name": .string(one.name),
                  "relative": one.relative.map { .number($0) } ?? .null,
                  "worst_at": .string(one.place), "verdict": .string(one.verdict.rawValue),
                ]
              }),
          ]
        }),
    ]
  }
}
