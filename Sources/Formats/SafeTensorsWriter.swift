// Writing safetensors: the same content always gives the same bytes.
//
// Idea       Tensors are sorted by falling element size, then by name, so that each lies at a
//            multiple of its own size; metadata is sorted by name; the header is padded with blanks
//            to a multiple of 8. This is what the reference writer does, byte for byte.
// Tests      Tests/FormatsTests/SafeTensorsTests.swift

extension SafeTensorsFile {
  /// The whole file as bytes.
  ///
  /// - Parameter withChecksums: Whether to add the integrity entries; without them the bytes are
  ///   those of the reference writer.
  /// - Returns: The file.
  /// - Throws: An error for names that cannot be written.
  public func serialized(withChecksums: Bool = true) throws(FormatError) -> [UInt8] {
    let parts = try parts(withChecksums: withChecksums)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    for part in parts { bytes += part }
    return bytes
  }

  /// Replaces a file, crash-safely and with checksums.
  ///
  /// - Parameters:
  ///   - path: The file; its current version stays as `<path>.prev`.
  ///   - system: Where to write.
  ///   - keepsPrevious: Whether the current version stays.
  ///   - verifies: Whether to read the new file back before it replaces the old one.
  /// - Throws: An error that names the file and the step; the old file is then still in place.
  public func write(
    to path: String, through system: some FileSystem = PosixFileSystem(),
    keepsPrevious: Bool = true, verifies: Bool = false
  ) throws(FormatError) {
    do throws(FormatError) {
      try DurableFile(path, through: system).write(
        parts(withChecksums: true), keepsPrevious: keepsPrevious, verifies: verifies)
    } catch { throw error.inFile(path) }
  }

  /// Length and header, then the bytes of each tensor, without a copy.
  private func parts(withChecksums: Bool) throws(FormatError) -> [[UInt8]] {
    try checkNames()
    let sorted = tensors.entries.sorted { a, b in
      let (x, y) = (a.value.dtype.rank, b.value.dtype.rank)
      return x == y ? a.key.utf8.lexicographicallyPrecedes(b.key.utf8) : x > y
    }
    var metadata = metadata
    if withChecksums {
      var sum = CRC32()
      for entry in sorted { sum.update(entry.value.bytes) }
      metadata.insert("1", for: Integrity.format)
      metadata.insert(hexadecimal(sum.value, digits: 8), for: Integrity.dataChecksum)
      metadata.insert("00000000", for: Integrity.headerChecksum)
    }
    var header = SafeTensorsFile.header(metadata, sorted)
    if header.count > 8 + SafeTensorsLimits().headerSize {
      throw SafeTensorsFile.fail(.limitExceeded, "the header would take \(header.count) bytes")
    }
    if withChecksums, let digits = headerChecksumDigits(in: header) {
      // The digits are zeros so far, as the definition of this checksum asks.
      let checksum = CRC32.of(header)
      header.replaceSubrange(digits, with: Array(hexadecimal(checksum, digits: 8).utf8))
    }
    return [header] + sorted.map(\.value.bytes)
  }

  private func checkNames() throws(FormatError) {
    for name in tensors.keys where name.isEmpty || name == "__metadata__" {
      throw SafeTensorsFile.fail(
        .malformed, "a tensor cannot be called \(FormatError.quoted(name))")
    }
    for name in Integrity.names where metadata[name] != nil {
      throw SafeTensorsFile.fail(
        .malformed, "the metadata name \(name) belongs to the writer", "choose another name")
    }
  }

  /// The length, the JSON and its padding.
  private static func header(
    _ metadata: OrderedMap<String>, _ tensors: [OrderedMap<TensorRecord>.Entry]
  ) -> [UInt8] {
    var members = OrderedMap<JSONValue>()
    if !metadata.isEmpty {
      var texts = OrderedMap<JSONValue>()
      let sorted = metadata.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for entry in sorted { texts.insert(.string(entry.value), for: entry.key) }
      members.insert(.object(texts), for: "__metadata__")
    }
    var offset = 0
    for entry in tensors {
      let end = offset + entry.value.bytes.count
      members.insert(
        [
          "dtype": .string(entry.value.dtype.rawValue),
          "shape": .array(entry.value.shape.map(JSONValue.integer)),
          "data_offsets": [.integer(offset), .integer(end)],
        ], for: entry.key)
      offset = end
    }
    var text = Array(JSONValue.object(members).text.utf8)
    text += [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
    let length = UInt64(text.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(8 * $0)) } + text
  }
}

extension DType {
  /// The place in the order of a file, higher ranks first.
  fileprivate var rank: Int {
    switch self {
    case .u64: 16
    case .i64: 15
    case .f64: 14
    case .c64: 13
    case .f32: 12
    case .u32: 11
    case .i32: 10
    case .bf16: 9
    case .f16: 8
    case .u16: 7
    case .i16: 6
    case .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 5
    case .i8: 4
    case .u8: 3
    case .f6e2m3, .f6e3m2, .f4: 2
    case .bool: 1
    }
  }
}
