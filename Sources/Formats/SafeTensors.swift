// safetensors: named tensors in one file, and nothing that could run.
//
// Source     The safetensors format, version 0.8; reading is stricter than the reference reader and
//            writing is byte-identical to the reference writer.
// Layout     8 bytes: N, little-endian; N bytes: JSON header; then the tensors, dense, in order.
// Extension  The format has no checksum: in a small file 97 of 100 flipped bits change values
//            silently. Ours carry three metadata entries, always written and, when present, always
//            verified: `mvmr.format` = 1, `mvmr.data_crc32` and `mvmr.header_crc32` (8 hexadecimal
//            digits each; the latter over the first 8 + N bytes with its own digits as zeros).
//            Every safetensors reader still reads such a file.
// Read       TensorRecord.swift ← this file → SafeTensorsReader.swift, SafeTensorsWriter.swift
// Tests      Tests/FormatsTests/SafeTensorsTests.swift, SafeTensorsHostileTests.swift

/// The content of a safetensors file.
public struct SafeTensorsFile: Equatable, Sendable {
  /// Free text by name.
  ///
  /// The three `mvmr.…` entries of the integrity extension are not shown here.
  public var metadata: OrderedMap<String>
  /// Tensors by name; a file read from disk has them in the order of their bytes.
  public var tensors: OrderedMap<TensorRecord>
  /// Whether the file carried checksums when it was read, and they held.
  public internal(set) var isVerified = false

  public init(metadata: OrderedMap<String> = [:], tensors: OrderedMap<TensorRecord> = [:]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The tensor of a name, which must exist.
  ///
  /// - Parameter name: A key such as `encoder.layer1.0.conv1.weight`.
  /// - Returns: The tensor.
  /// - Throws: `malformed`, naming the nearest key that does exist.
  public func tensor(_ name: String) throws(FormatError) -> TensorRecord {
    if let tensor = tensors[name] { return tensor }
    let nearest = nearestName(to: name, among: tensors.keys)
    throw FormatError(
      .malformed, format: "safetensors",
      "there is no tensor \(FormatError.quoted(name)) among \(tensors.count)",
      remedy: nearest.map { "did you mean \(FormatError.quoted($0))?" } ?? "")
  }

  /// Equal in metadata and tensors, names, order and bytes.
  public static func == (a: SafeTensorsFile, b: SafeTensorsFile) -> Bool {
    a.metadata == b.metadata && a.tensors == b.tensors
  }
}

/// What a reader accepts before it reads a single tensor.
public struct SafeTensorsLimits: Sendable {
  /// Bytes of the whole file.
  public var fileSize = 16 << 30
  /// Bytes of the header; the reference itself stops at 100 000 000.
  public var headerSize = 16 << 20
  /// Tensors in one file.
  public var tensorCount = 1_000_000
  /// Axes of one tensor.
  public var rank = 64
  /// Bytes of a name.
  public var nameLength = 4096

  public init() {}
}

/// The names of the integrity extension.
enum Integrity {
  static let format = "mvmr.format"
  static let dataChecksum = "mvmr.data_crc32"
  static let headerChecksum = "mvmr.header_crc32"
  static let names = [format, dataChecksum, headerChecksum]
  /// What stands before the digits of the header's checksum, in the header as written.
  static let headerMark = Array("\"\(headerChecksum)\":\"".utf8)
}
