// A golden case: one operation, its inputs, and what must come out, in one safetensors file.
//
// Layout     tensors   input.* parameter.* attribute.* output.* cotangent.* gradient.*
//            metadata  operation, attribute.<key>, scalar, tolerance.relative, tolerance.absolute,
//                      tolerance.reason, source, layout, writer, oracle.format
//            Activations and images are [batch, height, width, channels]; parameters are PyTorch's, as in
//            a state dictionary. docs/oracle.md is the specification.
// Safety     A file is hostile until it is read: nothing is computed before names, types, shapes, sizes
//            and values have been proved, here and in CaseEvaluation.swift.
// Read       OracleOperation.swift ← this file → CaseEvaluation.swift
// Tests      Tests/OracleTests/HostileCaseTests.swift

import Formats
import Foundation

/// One golden case.
public struct GoldenCase: Sendable {
  /// The operation.
  public let operation: OracleOperation
  /// Every attribute of it.
  public let attributes: OracleAttributes
  /// The number type.
  public let scalar: OracleScalar
  /// How far a result may be from `output.*` and `gradient.*`.
  public let tolerance: Tolerance
  /// What wrote it.
  public let writer: String
  /// All tensors by name.
  public var tensors: OrderedMap<TensorRecord>

  /// The version this program writes.
  public static let format = "1"
  /// What this program calls itself in a case.
  public static let writer = "mv-mr-swift oracle 1"
  static let layout =
    "activations [batch, height, width, channels]; parameters as in PyTorch's state dictionaries"
  static let families = ["input", "parameter", "attribute", "output", "cotangent", "gradient"]
  /// Bytes of a file the oracle reads.
  static let largestFile = 1 << 30

  /// The tensors of a family such as `output`, in the order of the file.
  func names(_ family: String) -> [String] {
    tensors.keys.filter { $0.hasPrefix(family + ".") }
  }
}

extension GoldenCase {
  /// Reads a case.
  ///
  /// - Parameter path: A file that anyone wrote.
  /// - Throws: `OracleError` or `FormatError`, naming the file, the tensor and the mend.
  public init(path: String) throws {
    var limits = SafeTensorsLimits()
    limits.fileSize = GoldenCase.largestFile
    limits.tensorCount = 10_000
    limits.rank = 8
    limits.nameLength = 256
    let file = try SafeTensorsFile(path: path, limits: limits)
    do { self = try GoldenCase(file) } catch let error as OracleError {
      throw error.inFile(path)
    }
  }

  /// Reads a case that is in memory.
  ///
  /// - Throws: `OracleError`.
  public init(_ file: SafeTensorsFile) throws {
    func entry(_ key: String) throws(OracleError) -> String {
      if let text = file.metadata[key] { return text }
      throw OracleError(
        "__metadata__ has no '\(key)'", mend: "write it as docs/oracle.md describes")
    }
    if let format = file.metadata["oracle.format"], format != GoldenCase.format {
      throw OracleError(
        "the format is \(FormatError.quoted(format)), not '\(GoldenCase.format)'",
        mend: "check it with the version that wrote it")
    }
    let operation = try OracleOperation.named(try entry("operation"))
    let scalarText = try entry("scalar")
    guard let scalar = OracleScalar(rawValue: scalarText) else {
      throw OracleError(
        "the scalar is \(FormatError.quoted(scalarText))", mend: "write float64 or float32")
    }
    let prefix = "attribute."
    let pairs = file.metadata.filter { $0.key.hasPrefix(prefix) }
      .map { (key: String($0.key.dropFirst(prefix.count)), text: $0.value) }
    for name in file.tensors.keys {
      let family = name.prefix { $0 != "." }
      guard GoldenCase.families.contains(String(family)), name.count > family.count + 1 else {
        throw OracleError(
          tensor: name, "the name belongs to no family",
          mend:
            "begin it with one of \(GoldenCase.families.map { $0 + "." }.joined(separator: " "))")
      }
    }
    let attributes = try OracleAttributes(pairs, of: operation.attributes)
    let standard = operation.tolerance(attributes, scalar)
    self.init(
      operation: operation, attributes: attributes, scalar: scalar,
      tolerance: try GoldenCase.tolerance(file.metadata, operation, standard),
      writer: file.metadata["writer"] ?? "unknown", tensors: file.tensors)
  }

  /// The file's own tolerance where it has one, else the operation's.
  private static func tolerance(
    _ metadata: OrderedMap<String>, _ operation: OracleOperation, _ standard: Tolerance
  ) throws(OracleError) -> Tolerance {
    func number(_ key: String, _ standard: Double, _ limit: Double) throws(OracleError) -> Double {
      guard let text = metadata[key] else { return standard }
      guard let value = Double(text), (0...limit).contains(value) else {
        throw OracleError(
          "\(key) is \(FormatError.quoted(text))", mend: "write a number in 0…\(limit)")
      }
      return value
    }
    // Bytes may be a level apart; numbers never need as much.
    let isBytes = operation.tolerances.float64.absolute >= 1
    return Tolerance(
      relative: try number("tolerance.relative", standard.relative, 0.1),
      absolute: try number("tolerance.absolute", standard.absolute, isBytes ? 1 : 0.1),
      reason: metadata["tolerance.reason"] ?? standard.reason)
  }

  /// The case as a file.
  public var file: SafeTensorsFile {
    var metadata: OrderedMap<String> = [
      "oracle.format": GoldenCase.format, "operation": operation.name, "scalar": scalar.rawValue,
      "tolerance.relative": "\(tolerance.relative)", "tolerance.absolute": "\(tolerance.absolute)",
      "tolerance.reason": tolerance.reason, "source": operation.source,
      "layout": GoldenCase.layout, "writer": writer,
    ]
    for attribute in attributes.texts {
      metadata.insert(attribute.value, for: "attribute.\(attribute.key)")
    }
    return SafeTensorsFile(metadata: metadata, tensors: tensors)
  }

  /// Writes the case as a whole or not at all.
  ///
  /// - Returns: The bytes written.
  @discardableResult
  public func write(to path: String) throws -> [UInt8] {
    let bytes = try file.serialized()
    try writeWhole(bytes, to: path)
    return bytes
  }
}

/// Writes a small file so that nobody ever sees half of it.
func writeWhole(_ bytes: [UInt8], to path: String) throws {
  do { try Data(bytes).write(to: URL(filePath: path), options: .atomic) } catch {
    var failure = OracleError(
      "it cannot be written (\(error.localizedDescription))",
      mend: "check that the directory exists, is writable and has room")
    failure.file = path
    throw failure
  }
}
