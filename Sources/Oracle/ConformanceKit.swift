// The conformance kit: every case of every operation in one folder, with a manifest.
//
// Idea       A port in another language reads the manifest, computes each case, and writes a folder with
//            files of the same names; `oracle check KIT THEIRS` is its score.
// Layout     <operation>[-<variant>].safetensors, manifest.json
// Safety     File names in a manifest are plain: a kit cannot make the oracle read or write elsewhere.
// Read       CheckReport.swift ← this file → Command/OracleEmitCommand.swift
// Tests      Tests/OracleTests/KitTests.swift

import Formats
import Foundation

/// One file of a kit.
public struct KitEntry: Sendable {
  /// The file's name in the folder.
  public let file: String
  public let operation: String
  /// Bytes of the file.
  public let size: Int
}

/// A folder of golden cases.
public struct ConformanceKit: Sendable {
  public let directory: String
  public let entries: [KitEntry]

  static let manifestName = "manifest.json"
  static let format = 1

  /// The cases of a kit: each operation with each of its variants.
  static var plan: [(file: String, operation: OracleOperation, variant: KitVariant)] {
    OracleOperation.all.flatMap { operation in
      operation.kit.map { variant in
        let name = operation.name + (variant.name.isEmpty ? "" : "-" + variant.name)
        return ("\(name).safetensors", operation, variant)
      }
    }
  }

  /// Computes and writes a whole kit.
  ///
  /// - Parameters:
  ///   - directory: Created when it does not exist; files of other names stay.
  ///   - seed: Equal seeds give equal kits.
  ///   - scalar: The number type of all cases.
  ///   - progress: Called with each entry, once it is written.
  /// - Throws: When the folder or a file cannot be written.
  /// - Returns: The kit; the manifest is written last, so a folder that has one is complete.
  public static func emit(
    to directory: String, seed: UInt64 = 0, scalar: OracleScalar = .float64,
    progress: (KitEntry) -> Void = { _ in }
  ) throws -> ConformanceKit {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      var failure = OracleError(
        "the folder cannot be made (\(error.localizedDescription))",
        mend: "name a folder that can be written")
      failure.file = directory
      throw failure
    }
    var entries: [KitEntry] = []
    var cases: [JSONValue] = []
    for (file, operation, variant) in plan {
      let golden = try GoldenCase.sample(
        operation, set: variant.attributes, seed: seed, scalar: scalar, shapes: variant.shapes,
        multiplesOf: variant.quantum, in: variant.range)
      let bytes = try golden.write(to: "\(directory)/\(file)")
      let entry = KitEntry(file: file, operation: operation.name, size: bytes.count)
      entries.append(entry)
      progress(entry)
      var attributes = OrderedMap<JSONValue>()
      for one in golden.attributes.texts { attributes.insert(.string(one.value), for: one.key) }
      cases.append([
        "file": .string(file), "operation": .string(operation.name),
        "source": .string(operation.source), "attributes": .object(attributes),
        "tolerance": [
          "relative": .number(golden.tolerance.relative),
          "absolute": .number(golden.tolerance.absolute),
        ],
        "tensors": .array(golden.tensors.keys.sorted().map(JSONValue.string)),
        "bytes": .integer(bytes.count), "sha256": .string(SHA256.hex(of: bytes)),
      ])
    }
    let manifest: JSONValue = [
      "format": .integer(format), "writer": .string(GoldenCase.writer),
      "scalar": .string(scalar.rawValue), "seed": .integer(Int(clamping: seed)),
      "layout": .string(GoldenCase.layout), "cases": .array(cases),
    ]
    // One case a line, so that two manifests can be compared by eye.
    let text = manifest.text.replacingOccurrences(of: "{\"file\":", with: "\n{\"file\":") + "\n"
    try writeWhole(Array(text.utf8), to: "\(directory)/\(manifestName)")
    return ConformanceKit(directory: directory, entries: entries)
  }

}

extension ConformanceKit {
  /// Reads the manifest of a kit.
  ///
  /// - Throws: An error that names the manifest.
  public init(directory: String) throws {
    let path = "\(directory)/\(ConformanceKit.manifestName)"
    let manifest = try JSONValue(path: path)
    func fail(_ problem: String, _ remedy: String) -> OracleError {
      OracleError(problem, mend: remedy).inFile(path)
    }
    guard manifest["format"]?.integer == ConformanceKit.format else {
      throw fail(
        "the format is not \(ConformanceKit.format)", "read it with the version that wrote it")
    }
    guard let cases = manifest["cases"]?.array, !cases.isEmpty else {
      throw fail("there is no list of cases", "write the kit again: mvmr oracle emit --all DIR")
    }
    self.directory = directory
    var seen: Set<String> = []
    entries = try cases.map { one in
      guard let file = one["file"]?.string, let operation = one["operation"]?.string else {
        throw fail("a case has no file or no operation", "write the kit again")
      }
      guard file.hasSuffix(".safetensors"), !file.hasPrefix("."), !file.contains("/"),
        !file.contains("\0"), file.utf8.count <= 255
      else {
        throw fail(
          "\(FormatError.quoted(file)) is no plain file name", "name files inside the folder")
      }
      guard seen.insert(file).inserted else {
        throw fail("\(FormatError.quoted(file)) is listed twice", "list each case once")
      }
      return KitEntry(file: file, operation: operation, size: one["bytes"]?.integer ?? 0)
    }
  }
}

/// The score of a whole kit.
public struct KitReport: Sendable {
  /// One line of the score.
  public struct Line: Sendable {
    public let file: String
    /// What the comparison found, or why there was none.
    public let result: Result<CheckReport, OracleError>
    /// Whether the case is right.
    public var passes: Bool { (try? result.get())?.passes ?? false }
  }

  public let lines: [Line]

  /// Whether every case is right.
  public var passes: Bool { !lines.isEmpty && lines.allSatisfy(\.passes) }

  /// Scores a kit: recomputed here, or against the files somebody else wrote.
  ///
  /// - Parameters:
  ///   - directory: The kit.
  ///   - theirs: A folder with files of the same names; nil to recompute.
  /// - Throws: When the kit itself cannot be read.
  public init(_ directory: String, theirs: String? = nil) throws {
    let kit = try ConformanceKit(directory: directory)
    lines = kit.entries.map { entry in
      let path = "\(directory)/\(entry.file)"
      do {
        let report =
          try theirs.map { try CheckReport(comparing: path, with: "\($0)/\(entry.file)") }
          ?? CheckReport(recomputing: path)
        return Line(file: entry.file, result: .success(report))
      } catch let error as OracleError {
        return Line(file: entry.file, result: .failure(error))
      } catch {
        // Readers of other formats name their file already.
        return Line(
          file: entry.file, result: .failure(OracleError("\(error)", mend: "write this case")))
      }
    }
  }

  /// The table people read.
  public var table: String {
    var rows = [["case", "tensors", "worst relative", "in", "verdict"]]
    var errors = ""
    for line in lines {
      switch line.result {
      case .success(let report):
        let worst = report.comparisons.max {
          // A comparison without a number, and NaN, are the worst of all.
          ($0.relative.map { $0.isNaN ? .infinity : $0 } ?? .infinity)
            < ($1.relative.map { $0.isNaN ? .infinity : $0 } ?? .infinity)
        }
        rows.append([
          line.file, "\(report.comparisons.count)",
          worst?.relative.map { $0 == 0 ? "0" : String(format: "%.1e", $0) } ?? "–",
          worst?.name ?? "", report.passes ? "ok" : "DIFFERS",
        ])
      case .failure(let error):
        rows.append([line.file, "–", "–", "", "ERROR"])
        errors += "\n\(error)"
      }
    }
    return CheckReport.aligned(rows) + errors + (errors.isEmpty ? "" : "\n")
      + "\(lines.count { $0.passes }) of \(lines.count) cases within tolerance"
  }

  /// The same as one JSON object.
  public var json: JSONValue {
    .object([
      "passes": .bool(passes), "right": .integer(lines.count { $0.passes }),
      "cases": .integer(lines.count),
      "results": .array(
        lines.map { line in
          switch line.result {
          case .success(let report): report.json
          case .failure(let error):
            ["file": .string(line.file), "passes": .bool(false), "error": .string("\(error)")]
          }
        }),
    ])
  }
}
