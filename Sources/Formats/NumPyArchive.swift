// .npz: a zip archive of .npy files, one an array.
//
// Layout     entries `<name>.npy`, stored or packed
// Read       ZipArchive.swift, NumPyArray.swift ← this file → WeightFile.swift
// Tests      Tests/FormatsTests/NumPyTests.swift

/// Arrays by name, read one at a time.
public struct NumPyArchive: Sendable {
  private struct Member {
    let entry: ZipArchive.Entry
    let header: NumPyHeader
  }

  private let archive: ZipArchive
  private var members = OrderedMap<Member>()

  /// Reads the directory and every array's header.
  ///
  /// - Parameters:
  ///   - source: A .npz file.
  ///   - limits: What to refuse.
  /// - Throws: An error that names the array and the rule.
  public init(_ source: ByteSource, limits: ZipLimits = ZipLimits()) throws(FormatError) {
    archive = try ZipArchive(source, limits: limits)
    for entry in archive.entries.entries.map(\.value) {
      guard entry.name.hasSuffix(".npy"), entry.name.utf8.count > 4 else {
        throw FormatError(
          .malformed, format: "npz", "the entry \(FormatError.quoted(entry.name)) is no .npy file")
      }
      let name = String(entry.name.dropLast(4))
      do throws(FormatError) {
        let prefix = try archive.readPrefix(entry, count: NumPyHeader.longest + 12)
        let header = try NumPyHeader(prefix)
        try NumPyArray.checkLength(header, fileSize: entry.size)
        members.insert(Member(entry: entry, header: header), for: name)
      } catch { throw NumPyArchive.named(error, name) }
    }
  }

  /// The arrays: name, type, shape.
  var infos: [TensorInfo] {
    members.map {
      TensorInfo(name: $0.key, dtype: $0.value.header.dtype, shape: $0.value.header.shape)
    }
  }

  /// The array of a name; nil if there is none.
  ///
  /// - Throws: `checksum` if its bytes are damaged.
  public func array(_ name: String) throws(FormatError) -> TensorRecord? {
    guard let member = members[name] else { return nil }
    do throws(FormatError) {
      return try NumPyArray.read(try archive.read(member.entry))
    } catch { throw NumPyArchive.named(error, name) }
  }

  /// The parts of a .npz file with these arrays, sorted by name and stored unpacked.
  ///
  /// - Throws: `unsafe` for names that cannot be a file's.
  static func parts(_ tensors: OrderedMap<TensorRecord>) throws(FormatError) -> [[UInt8]] {
    var entries = OrderedMap<[UInt8]>()
    let sorted = tensors.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for entry in sorted {
      guard !entry.key.isEmpty, !entry.key.utf8.contains(UInt8(ascii: "/")) else {
        throw FormatError(
          .unsafe, format: "npz", "an array cannot be called \(FormatError.quoted(entry.key))")
      }
      do throws(FormatError) {
        entries.insert(try NumPyArray.serialized(entry.value), for: entry.key + ".npy")
      } catch { throw named(error, entry.key) }
    }
    return try zipArchive(entries)
  }

  private static func named(_ error: FormatError, _ name: String) -> FormatError {
    var error = error
    error.problem = "array \(FormatError.quoted(name)): \(error.problem)"
    return error
  }
}
