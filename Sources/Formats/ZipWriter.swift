// Writing zip archives: stored entries, each at a multiple of 64 bytes.
//
// Layout     As PyTorch writes them: data aligned by an extra field `FB` of letters Z, so that a
//            reader may map a tensor; sizes and CRC-32 in the local header; no dates. The same
//            entries always give the same bytes.
// Read       ZipArchive.swift ← this file → TorchWriter.swift, NumPyArchive.swift
// Tests      Tests/FormatsTests/ZipArchiveTests.swift

/// A zip archive as parts that follow one another.
///
/// - Parameter entries: Contents by name.
/// - Returns: Headers and, without a copy, the contents.
/// - Throws: `unsafe` for a name that leaves its folder; `limitExceeded` beyond 4 GiB or 65 534
///   entries, which would need the 64-bit extension.
func zipArchive(_ entries: OrderedMap<[UInt8]>) throws(FormatError) -> [[UInt8]] {
  var parts: [[UInt8]] = []
  var directory: [UInt8] = []
  var offset = 0
  for entry in entries {
    let name = Array(entry.key.utf8)
    let size = entry.value.count
    guard !name.isEmpty, name.count < 4096, name.first != UInt8(ascii: "/"), !name.contains(0),
      !name.contains(UInt8(ascii: "\\")), !entry.key.contains("..")
    else {
      throw FormatError(
        .unsafe, format: "zip", "an entry cannot be called \(FormatError.quoted(entry.key))")
    }
    let padding = (64 - (offset + 30 + name.count + 4) % 64) % 64
    guard offset + size < 0xFFFF_0000 else {
      throw FormatError(
        .limitExceeded, format: "zip", "the archive would exceed 4 GiB",
        remedy: "write a .safetensors file")
    }
    // Version 2.0, UTF-8 name, stored, no date.
    var shared: [UInt8] = [20, 0, 0, 8, 0, 0, 0, 0, 0, 0]
    shared += littleEndian(CRC32.of(entry.value))
    shared += littleEndian(UInt32(size)) + littleEndian(UInt32(size))
    shared += littleEndian(UInt16(name.count))
    let local: [UInt8] =
      [0x50, 0x4B, 3, 4] + shared + littleEndian(UInt16(4 + padding)) + name
      + Array("FB".utf8) + littleEndian(UInt16(padding))
      + [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
    directory += [0x50, 0x4B, 1, 2, 20, 0] + shared + [UInt8](repeating: 0, count: 12)
    directory += littleEndian(UInt32(offset)) + name
    parts += [local, entry.value]
    offset += local.count + size
  }
  guard entries.count < 0xFFFF, offset + directory.count < 0xFFFF_0000 else {
    throw FormatError(
      .limitExceeded, format: "zip", "\(entries.count) entries are too many",
      remedy: "write a .safetensors file")
  }
  let count = littleEndian(UInt16(entries.count))
  let end: [UInt8] =
    [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + littleEndian(UInt32(directory.count))
    + littleEndian(UInt32(offset)) + [0, 0]
  return parts + [directory, end]
}

/// The bytes of a number, lowest first.
func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
  (0..<(Number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> Number(8 * $0)) }
}
