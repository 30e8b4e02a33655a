// Reading zip archives: the container of .npz files and of PyTorch's archives.
//
// Source     APPNOTE.TXT 6.3 (zip), sections 4.3 to 4.5
// Layout     entries (local header, data), then the central directory, then the end record; with
//            zip64 another end record and its locator before it
// Idea       The directory is the truth. It must begin where the end record says and end where that
//            record begins; the entries it names must lie before it and must not overlap, so no
//            small file can claim the same bytes a thousand times. Local headers are only compared.
// Safety     Every entry's CRC-32 is verified when it is read. Names that leave their folder,
//            encryption, several disks and methods other than stored and DEFLATE are refused.
// Read       ByteReader.swift, ZipEnd.swift, Bytes/Inflate.swift ← this file → NumPyArchive.swift, TorchFile.swift
// Tests      Tests/FormatsTests/ZipArchiveTests.swift

/// What a reader of archives accepts.
public struct ZipLimits: Sendable {
  public var entryCount = 100_000
  /// Unpacked bytes of one entry.
  public var entrySize = 4 << 30
  /// Unpacked bytes of all entries.
  public var totalSize = 16 << 30
  /// Bytes of a name.
  public var nameLength = 4096
  /// Whether entries without a checksum (all zero) are accepted, as PyTorch writes them on request.
  public var acceptsMissingChecksums = false

  public init() {}
}

/// A zip archive whose entries are read one at a time.
public struct ZipArchive: Sendable {
  /// One file of an archive.
  public struct Entry: Sendable {
    public let name: String
    /// Whether its bytes are packed with DEFLATE; otherwise they are stored.
    public let isCompressed: Bool
    public let compressedSize: Int
    public let size: Int
    public let checksum: UInt32
    /// Where its local header begins.
    let headerOffset: Int
    /// Where its data begins.
    public fileprivate(set) var dataOffset: Int
  }

  let source: ByteSource
  let limits: ZipLimits
  /// The entries by name, in the order of the directory.
  public private(set) var entries = OrderedMap<Entry>()

  /// Reads and checks the directory.
  ///
  /// - Parameters:
  ///   - source: The archive.
  ///   - limits: What to refuse.
  /// - Throws: An error that names the entry and the rule.
  public init(_ source: ByteSource, limits: ZipLimits = ZipLimits()) throws(FormatError) {
    self.source = source
    self.limits = limits
    let directory = try ZipEnd(source)
    if directory.count > limits.entryCount {
      throw ZipArchive.fail(
        .limitExceeded, "\(directory.count) entries; the limit is \(limits.entryCount)")
    }
    let bytes = try source.bytes(
      at: directory.offset, count: directory.end - directory.offset, format: "zip")
    var reader = ByteReader(bytes, format: "zip", base: directory.offset)
    var total = 0
    for _ in 0..<directory.count {
      let entry = try ZipArchive.entry(&reader, limits)
      total += entry.size
      if total > limits.totalSize {
        throw ZipArchive.fail(
          .limitExceeded, "the entries take \(total) bytes; the limit is \(limits.totalSize)")
      }
      if !entries.insert(entry, for: entry.name) {
        throw ZipArchive.fail(
          .duplicate, "the entry \(FormatError.quoted(entry.name)) exists twice")
      }
    }
    if reader.remaining > 0 {
      throw ZipArchive.fail(
        .malformed, "\(reader.remaining) bytes follow the directory's \(directory.count) entries",
        at: reader.place)
    }
    try locateData(before: directory.offset)
  }

  /// The unpacked bytes of an entry.
  ///
  /// - Throws: `checksum` if they are damaged; `malformed` or `limitExceeded` if a packed entry
  ///   does not unpack to exactly its size.
  public func read(_ entry: Entry) throws(FormatError) -> [UInt8] {
    let packed = try source.bytes(
      at: entry.dataOffset, count: entry.compressedSize, format: "zip")
    var bytes = packed
    if entry.isCompressed {
      let (output, end) = try inflated(packed, limit: entry.size)
      guard output.count == entry.size, end == packed.count else {
        throw ZipArchive.fail(
          .malformed,
          "entry \(FormatError.quoted(entry.name)) unpacks to \(output.count) bytes from \(end); "
            + "the directory says \(entry.size) from \(packed.count)")
      }
      bytes = output
    }
    if entry.checksum == 0, limits.acceptsMissingChecksums { return bytes }
    let sum = CRC32.of(bytes)
    if sum != entry.checksum {
      throw ZipArchive.fail(
        .checksum,
        "entry \(FormatError.quoted(entry.name)) has CRC-32 \(hexadecimal(sum, digits: 8)), the "
          + "directory says \(hexadecimal(entry.checksum, digits: 8))", at: .byte(entry.dataOffset),
        entry.checksum == 0
          ? "the file is damaged, or was written without checksums"
          : "the file is damaged: copy it again or use another one")
    }
    return bytes
  }

  /// The first bytes of an entry, unverified: enough to look at a header.
  func readPrefix(_ entry: Entry, count: Int) throws(FormatError) -> [UInt8] {
    if !entry.isCompressed {
      return try source.bytes(
        at: entry.dataOffset, count: min(count, entry.size), format: "zip")
    }
    let packed = try source.bytes(
      at: entry.dataOffset, count: min(entry.compressedSize, count + 65536), format: "zip")
    let wanted = min(count, entry.size)
    return Array(try inflated(packed, limit: wanted, stopsAtLimit: true).output.prefix(wanted))
  }

  static func fail(
    _ kind: FormatError.Kind, _ problem: String, at place: FormatError.Place = .unknown,
    _ remedy: String = ""
  ) -> FormatError {
    FormatError(kind, format: "zip", at: place, problem, remedy: remedy)
  }

  /// One record of the directory.
  private static func entry(
    _ reader: inout ByteReader, _ limits: ZipLimits
  ) throws(FormatError) -> Entry {
    let place = reader.place
    guard try reader.number(UInt32.self) == 0x0201_4B50 else {
      throw fail(.malformed, "the directory holds something that is no entry", at: place)
    }
    _ = try reader.skip(4)  // versions
    let flags = try reader.number(UInt16.self)
    let method = try reader.number(UInt16.self)
    _ = try reader.skip(4)  // time and date
    let checksum = try reader.number(UInt32.self)
    var compressedSize = try reader.count(UInt32.self)
    var size = try reader.count(UInt32.self)
    let nameLength = try reader.count(UInt16.self)
    let extraLength = try reader.count(UInt16.self)
    let commentLength = try reader.count(UInt16.self)
    let disk = try reader.count(UInt16.self)
    _ = try reader.skip(6)  // attributes
    var offset = try reader.count(UInt32.self)
    if nameLength > limits.nameLength {
      throw fail(.limitExceeded, "a name of \(nameLength) bytes", at: place)
    }
    let name = try reader.text(nameLength)
    let quoted = "entry \(FormatError.quoted(name))"
    try checkName(name)
    let extra = try reader.skip(extraLength)
    try zip64(
      ByteReader(Array(reader.bytes[extra]), format: "zip", base: reader.base + extra.lowerBound),
      &size, &compressedSize, &offset)
    _ = try reader.skip(commentLength)

    if flags & 1 != 0 { throw fail(.unsupported, "\(quoted) is encrypted", at: place) }
    // Bit 3: sizes follow the data; bit 11: the name is UTF-8.
    if flags & ~0x0808 != 0 {
      throw fail(.unsupported, "\(quoted) has flags 0x\(String(flags, radix: 16))", at: place)
    }
    if method != 0, method != 8 {
      throw fail(
        .unsupported, "\(quoted) is packed by method \(method)", at: place,
        "pack it with DEFLATE or not at all")
    }
    if disk != 0 { throw fail(.unsupported, "\(quoted) lies on another disk", at: place) }
    if method == 0, size != compressedSize {
      throw fail(
        .malformed, "\(quoted) is stored, but has \(compressedSize) bytes for \(size)", at: place)
    }
    // DEFLATE cannot shrink by more than 1032 : 1.
    let reachable = compressedSize.multipliedReportingOverflow(by: 1032)
    if size > limits.entrySize || reachable.overflow || size - 65536 > reachable.partialValue {
      throw fail(
        .limitExceeded, "\(quoted) would unpack from \(compressedSize) to \(size) bytes", at: place)
    }
    return Entry(
      name: name, isCompressed: method == 8, compressedSize: compressedSize, size: size,
      checksum: checksum, headerOffset: offset, dataOffset: offset)
  }

  private static func checkName(_ name: String) throws(FormatError) {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    if name.isEmpty || name.utf8.contains(0) || name.utf8.contains(UInt8(ascii: "\\"))
      || parts.first?.isEmpty == true || parts.contains(where: { $0.elementsEqual("..".utf8) })
    {
      throw fail(.unsafe, "the entry name \(FormatError.quoted(name)) leaves its folder")
    }
  }

  /// The extra field that holds what does not fit into 32 bits.
  private static func zip64(
    _ fields: ByteReader, _ size: inout Int, _ compressedSize: inout Int, _ offset: inout Int
  ) throws(FormatError) {
    let wide = 0xFFFF_FFFF
    guard size == wide || compressedSize == wide || offset == wide else { return }
    var reader = fields
    while reader.remaining >= 4 {
      let id = try reader.number(UInt16.self)
      let field = try reader.skip(Int(try reader.number(UInt16.self)))
      guard id == 1 else { continue }
      var values = ByteReader(
        Array(reader.bytes[field]), format: "zip", base: reader.base + field.lowerBound)
      if size == wide { size = try values.count(UInt64.self) }
      if compressedSize == wide { compressedSize = try values.count(UInt64.self) }
      if offset == wide { offset = try values.count(UInt64.self) }
      return
    }
    throw fail(.malformed, "an entry's 64-bit sizes are missing", at: fields.place)
  }

  /// Finds each entry's data behind its local header, and proves that no two overlap.
  private mutating func locateData(before directory: Int) throws(FormatError) {
    var ranges: [(start: Int, end: Int, name: String)] = []
    for entry in entries.entries.map(\.value) {
      let quoted = "entry \(FormatError.quoted(entry.name))"
      guard entry.headerOffset <= directory - 30 else {
        throw ZipArchive.fail(
          .malformed, "\(quoted) begins at \(entry.headerOffset), not before the directory")
      }
      let nameCount = entry.name.utf8.count
      let bytes = try source.bytes(
        at: entry.headerOffset, count: min(30 + nameCount, directory - entry.headerOffset),
        format: "zip")
      var reader = ByteReader(bytes, format: "zip", base: entry.headerOffset)
      let signature = try reader.number(UInt32.self)
      _ = try reader.skip(4)
      let method = try reader.number(UInt16.self)
      _ = try reader.skip(16)  // time, checksum and sizes: the directory's are used
      let nameLength = try reader.count(UInt16.self)
      let extraLength = try reader.count(UInt16.self)
      guard signature == 0x0403_4B50, method == (entry.isCompressed ? 8 : 0),
        nameLength == nameCount,
        bytes[(try reader.skip(nameLength))].elementsEqual(entry.name.utf8)
      else {
        throw ZipArchive.fail(
          .malformed, "\(quoted): the local header does not agree with the directory",
          at: .byte(entry.headerOffset))
      }
      let start = entry.headerOffset + 30 + nameLength + extraLength
      guard start <= directory, entry.compressedSize <= directory - start else {
        throw ZipArchive.fail(
          .malformed, "\(quoted): \(entry.compressedSize) bytes of data reach into the directory")
      }
      ranges.append((entry.headerOffset, start + entry.compressedSize, entry.name))
      entries[entry.name]?.dataOffset = start
    }
    ranges.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    for (before, after) in zip(ranges, ranges.dropFirst()) where after.start < before.end {
      throw ZipArchive.fail(
        .malformed,
        "entries \(FormatError.quoted(before.name)) and \(FormatError.quoted(after.name)) overlap")
    }
  }
}
