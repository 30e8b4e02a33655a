// What `oracle check` found in one case: a table for people, JSON for programs.
//
// Read       TensorComparison.swift ← this file → ConformanceKit.swift
// Tests      Tests/OracleTests/ComparisonTests.swift

import Formats
import Foundation

/// The result of checking one case.
public struct CheckReport: Sendable {
  /// What was checked, as the caller named it.
  public let title: String
  public let operation: String
  public let scalar: OracleScalar
  public let tolerance: Tolerance
  /// Whether the file asks for less than the operation's own tolerance.
  public let isLooser: Bool
  /// The reason of the tolerance, clipped where it is not our own text.
  private let reason: String
  /// One for each output and gradient.
  public let comparisons: [TensorComparison]

  /// Whether everything is within tolerance.
  public var passes: Bool { !comparisons.isEmpty && comparisons.allSatisfy(\.passes) }

  private init(_ title: String, _ golden: GoldenCase, _ comparisons: [TensorComparison]) {
    self.title = title
    operation = golden.operation.name
    scalar = golden.scalar
    tolerance = golden.tolerance
    let standard = golden.operation.tolerance(golden.attributes, golden.scalar)
    reason =
      standard.reason == tolerance.reason
      ? tolerance.reason
      : FormatError.quoted(tolerance.reason).trimmingCharacters(in: ["'"])
    isLooser =
      tolerance.relative > standard.relative || tolerance.absolute > standard.absolute
    self.comparisons = comparisons
  }

  /// Recomputes a case and compares the result with what the file expects.
  ///
  /// - Throws: `OracleError` when the file cannot be used.
  public init(recomputing path: String) throws {
    let golden = try GoldenCase(path: path)
    do {
      guard !(golden.names("output") + golden.names("gradient")).isEmpty else {
        throw OracleError(
          "it holds no output and no gradient", mend: "write what is to be checked as output.*")
      }
      let ours = try golden.recomputed()
      let held = golden.names("output") + golden.names("gradient")
      for name in ours.keys where !held.contains(name) {
        throw OracleError(
          tensor: name, "it is missing", mend: "write what is expected under this name")
      }
      for name in held where ours[name] == nil {
        throw OracleError(
          tensor: name, "\(golden.operation.name) has no such result",
          mend: OracleError.nearest(name, among: ours.keys))
      }
      self.init(path, golden, try CheckReport.compare(golden, with: ours))
    } catch let error as OracleError { throw error.inFile(path) }
  }

  /// Compares the outputs and gradients of two files of one case.
  ///
  /// - Parameters:
  ///   - path: What is expected; its tolerance counts.
  ///   - other: What somebody computed; inputs it repeats must be the same.
  /// - Throws: `OracleError` when they are not files of one case.
  public init(comparing path: String, with other: String) throws {
    let golden = try GoldenCase(path: path)
    let theirs = try GoldenCase(path: other)
    do { try CheckReport.proveSameCase(golden, theirs, path) } catch { throw error.inFile(other) }
    var results = OrderedMap<TensorRecord>()
    for entry in theirs.tensors
    where entry.key.hasPrefix("output.") || entry.key.hasPrefix("gradient.") {
      results.insert(entry.value, for: entry.key)
    }
    self.init(other, golden, try CheckReport.compare(golden, with: results))
  }

  private static func proveSameCase(
    _ golden: GoldenCase, _ theirs: GoldenCase, _ path: String
  ) throws(OracleError) {
    if theirs.operation.name != golden.operation.name {
      throw OracleError(
        "it is a case of \(theirs.operation.name), '\(path)' one of \(golden.operation.name)",
        mend: "compare files of one case")
    }
    if theirs.scalar != golden.scalar {
      throw OracleError(
        "the scalar is \(theirs.scalar.rawValue), in '\(path)' \(golden.scalar.rawValue)",
        mend: "compute in the scalar of the case")
    }
    for entry in golden.attributes.texts where theirs.attributes.texts[entry.key] != entry.value {
      throw OracleError(
        "the attribute '\(entry.key)' is "
          + "\(FormatError.quoted(theirs.attributes.texts[entry.key] ?? "")), in '\(path)' "
          + FormatError.quoted(entry.value), mend: "compute with the attributes of the case")
    }
    for family in ["input", "parameter", "attribute", "cotangent"] {
      for name in theirs.names(family) where theirs.tensors[name] != golden.tensors[name] {
        throw OracleError(
          tensor: name, "it is not the one of '\(path)'",
          mend: "compute from the tensors of the case, or leave them out")
      }
    }
  }

  private static func compare(
    _ golden: GoldenCase, with results: OrderedMap<TensorRecord>
  ) throws -> [TensorComparison] {
    let expected = golden.names("output") + golden.names("gradient")
    let extra = results.keys.filter { !expected.contains($0) }
    // Outputs first, then gradients, each in the order of their names.
    let names = (expected + extra).sorted {
      ($0.hasPrefix("output.") ? 0 : 1, $0) < ($1.hasPrefix("output.") ? 0 : 1, $1)
    }
    return try names.map {
      try TensorComparison(
        $0, ours: results[$0], theirs: golden.tensors[$0], tolerance: golden.tolerance)
    }
  }
}

extension CheckReport {
  /// The table people read.
  public var table: String {
    var rows = [["tensor", "shape", "absolute", "relative", "ulp", "worst at", "verdict"]]
    for one in comparisons {
      rows.append([
        FormatError.quoted(one.name).trimmingCharacters(in: ["'"]), "\(one.shape)",
        one.absolute.map(short) ?? "–", one.relative.map(short) ?? "–", one.ulps.map(count) ?? "–",
        one.place, one.verdict.rawValue,
      ])
    }
    var text = "\(operation), \(scalar.rawValue): \(title)\n"
    text +=
      "tolerance \(short(tolerance.relative)) of the largest element + \(short(tolerance.absolute))"
    text += ": \(reason)\n"
    if isLooser { text += "note: this is looser than the operation's own tolerance\n" }
    text += "\n" + CheckReport.aligned(rows)
    for one in comparisons where one.verdict == .beyond {
      guard let values = one.values else { continue }
      text += "\n\(FormatError.quoted(one.name)) at \(one.place): "
      text += "\(values.ours), expected \(values.theirs)"
    }
    let failures = comparisons.count { !$0.passes }
    return text + "\n"
      + (passes
        ? "\(comparisons.count) of \(comparisons.count) tensors within tolerance"
        : "\(failures) of \(comparisons.count) tensors beyond tolerance")
  }

  /// The same as one JSON object.
  public var json: JSONValue {
    .object([
      "file": .string(title), "operation": .string(operation), "scalar": .string(scalar.rawValue),
      "passes": .bool(passes),
      "tolerance": [
        "relative": .number(tolerance.relative), "absolute": .number(tolerance.absolute),
        "reason": .string(tolerance.reason), "looser": .bool(isLooser),
      ],
      "tensors": .array(
        comparisons.map { one in
          [
            "name": .string(one.name), "shape": .array(one.shape.map(JSONValue.integer)),
            "absolute": one.absolute.map { .number($0) } ?? .null,
            "relative": one.relative.map { .number($0) } ?? .null,
            "ulp": one.ulps.map { .number($0) } ?? .null, "worst_at": .string(one.place),
            "ours": one.values.map { .number($0.ours) } ?? .null,
            "expected": one.values.map { .number($0.theirs) } ?? .null,
            "verdict": .string(one.verdict.rawValue),
          ]
        }),
    ])
  }

  /// Columns of equal width, two blanks apart.
  static func aligned(_ rows: [[String]]) -> String {
    let columns = rows.first?.count ?? 0
    let widths = (0..<columns).map { c in rows.map { $0[c].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces) + "\n"
    }.joined()
  }
}

private func short(_ value: Double) -> String {
  value == 0 ? "0" : String(format: "%.1e", value)
}

private func count(_ value: Double) -> String {
  value < 1e6 ? String(format: "%.0f", value) : String(format: "%.1e", value)
}
