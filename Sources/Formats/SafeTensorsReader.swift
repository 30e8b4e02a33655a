// Reading safetensors: everything is proved before anything is allocated.
//
// Idea       The header says where each tensor lies. Sorted, the ranges must tile the data without
//            gap or overlap; that one rule excludes hidden bytes, tensors that share memory and
//            sizes the file does not have. Then each tensor is read into its own array, in order,
//            so the peak memory is the size of the file.
// Read       SafeTensorsHeader.swift ← this file → SafeTensorsWriter.swift, WeightFile.swift
// Tests      Tests/FormatsTests/SafeTensorsHostileTests.swift

extension SafeTensorsFile {
  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - system: Where it lies.
  ///   - limits: What to refuse.
  /// - Throws: An error that names the file, the tensor and the rule.
  public init(
    path: String, through system: some FileSystem = PosixFileSystem(),
    limits: SafeTensorsLimits = SafeTensorsLimits()
  ) throws(FormatError) {
    do throws(FormatError) {
      let file = try SafeTensorsFile.io { () throws(SystemError) in try system.open(path) }
      defer { try? system.close(file) }
      let size = try SafeTensorsFile.io { () throws(SystemError) in try system.size(of: file) }
      self = try SafeTensorsFile.parse(size: size, limits: limits) { count throws(FormatError) in
        try SafeTensorsFile.io { () throws(SystemError) in
          try system.readFully(file, count: count)
        }
      }
    } catch { throw error.inFile(path) }
  }

  /// Reads a file that is in memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - limits: What to refuse.
  /// - Throws: An error that names the tensor and the rule.
  public init(
    bytes: [UInt8], limits: SafeTensorsLimits = SafeTensorsLimits()
  ) throws(FormatError) {
    var position = 0
    self = try SafeTensorsFile.parse(size: bytes.count, limits: limits) {
      count throws(FormatError) in
      let end = min(position + count, bytes.count)
      defer { position = end }
      return Array(bytes[position..<end])
    }
  }

  private static func io<Answer>(
    _ body: () throws(SystemError) -> Answer
  ) throws(FormatError) -> Answer {
    do { return try body() } catch {
      throw FormatError(
        .io, format: "safetensors", "\(error.operation) failed: \(Errno.text(error.code))")
    }
  }

  /// Reads header and data through `next`, which returns the following bytes of the file.
  private static func parse(
    size: Int, limits: SafeTensorsLimits, next: (Int) throws(FormatError) -> [UInt8]
  ) throws(FormatError) -> SafeTensorsFile {
    if size > limits.fileSize {
      throw fail(.limitExceeded, "the file has \(size) bytes; the limit is \(limits.fileSize)")
    }
    if size < 8 { throw fail(.truncated, "the file has \(size) bytes; 8 are the least") }
    func exactly(_ count: Int) throws(FormatError) -> [UInt8] {
      let bytes = try next(count)
      guard bytes.count == count else {
        throw fail(.truncated, "the file became shorter while it was read")
      }
      return bytes
    }

    let (parsed, lead) = try SafeTensorsFile.lead(size: size, limits: limits, next: exactly)
    let (metadata, checksums) = try parsed.splitMetadata()
    if let checksums { try checksums.verifyHeader(lead) }

    var sum = CRC32()
    var tensors = OrderedMap<TensorRecord>()
    for slot in parsed.slots {
      let bytes = try exactly(slot.end - slot.begin)
      if checksums != nil { sum.update(bytes) }
      tensors.insert(
        try TensorRecord(dtype: slot.dtype, shape: slot.shape, bytes: bytes), for: slot.name)
    }
    try checksums?.verifyData(sum)
    var file = SafeTensorsFile(metadata: metadata, tensors: tensors)
    file.isVerified = checksums != nil
    return file
  }

  /// Reads the header, and the first 8 + N bytes it was made of, through `next`.
  private static func lead(
    size: Int, limits: SafeTensorsLimits, next: (Int) throws(FormatError) -> [UInt8]
  ) throws(FormatError) -> (header: SafeTensorsHeader, bytes: [UInt8]) {
    let lengthBytes = try next(8)
    let length = lengthBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if length > UInt64(limits.headerSize) {
      throw fail(
        .limitExceeded, "the header length is \(length); the limit is \(limits.headerSize)",
        at: .byte(0), "check that this is a safetensors file")
    }
    let headerLength = Int(length)
    if headerLength < 2 {
      throw fail(.malformed, "the header length is \(length); 2 is the least", at: .byte(0))
    }
    if headerLength > size - 8 {
      throw fail(
        .truncated, "the header needs \(length) bytes; \(size - 8) follow", at: .byte(0))
    }
    let header = try next(headerLength)
    return (
      try SafeTensorsHeader(header, dataSize: size - 8 - headerLength, limits: limits),
      lengthBytes + header
    )
  }

  /// Reads only the header; with checksums in it, the data is read once to verify them.
  ///
  /// - Returns: The header, its metadata without the integrity entries, whether the checksums hold,
  ///   and where the data begins.
  static func header(
    _ source: ByteSource, limits: SafeTensorsLimits
  ) throws(FormatError) -> (SafeTensorsHeader, OrderedMap<String>, isVerified: Bool, Int) {
    var position = 0
    let (header, lead) = try lead(size: source.size, limits: limits) { count throws(FormatError) in
      defer { position += count }
      return try source.bytes(at: position, count: count, format: "safetensors")
    }
    let (metadata, checksums) = try header.splitMetadata()
    if let checksums {
      try checksums.verifyHeader(lead)
      var sum = CRC32()
      while position < source.size {
        let count = min(1 << 22, source.size - position)
        sum.update(try source.bytes(at: position, count: count, format: "safetensors"))
        position += count
      }
      try checksums.verifyData(sum)
    }
    return (header, metadata, checksums != nil, lead.count)
  }

  static func fail(
    _ kind: FormatError.Kind, _ problem: String, at place: FormatError.Place = .unknown,
    _ remedy: String = ""
  ) -> FormatError {
    FormatError(kind, format: "safetensors", at: place, problem, remedy: remedy)
  }
}
