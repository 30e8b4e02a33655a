// The header of a safetensors file: names, types, shapes and where each tensor lies.
//
// Idea       The header is JSON from outside, so nothing in it is believed: sizes are multiplied with
//            a check for overflow, and the tensors, sorted, must tile the data exactly.
// Read       JSONParser.swift ← this file → SafeTensorsReader.swift, WeightFile.swift
// Tests      Tests/FormatsTests/SafeTensorsHostileTests.swift

/// The header, checked against the size of the data.
struct SafeTensorsHeader: Sendable {
  struct Slot: Sendable {
    let name: String
    let dtype: DType
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  let metadata: OrderedMap<String>
  /// In the order of their bytes.
  let slots: [Slot]
  private let positions: [ByteKey: Int]

  /// The slot of a name.
  func slot(_ name: String) -> Slot? { positions[ByteKey(text: name)].map { slots[$0] } }

  init(_ bytes: [UInt8], dataSize: Int, limits: SafeTensorsLimits) throws(FormatError) {
    guard bytes.first == UInt8(ascii: "{") else {
      throw SafeTensorsFile.fail(.malformed, "the header must start with '{'", at: .byte(8))
    }
    // A valid header nests three deep: file, tensor, shape.
    let json = try JSONValue(
      parsing: bytes, maximumDepth: 4, maximumCount: max(limits.rank, 2), format: "safetensors",
      base: 8)
    var metadata = OrderedMap<String>()
    var slots: [Slot] = []
    for entry in json.object ?? [:] {
      if ByteKey(text: entry.key) == ByteKey(text: "__metadata__") {
        metadata = try SafeTensorsHeader.metadata(entry.value)
      } else {
        slots.append(try SafeTensorsHeader.slot(entry.key, entry.value, limits))
      }
    }
    if slots.count > limits.tensorCount {
      throw SafeTensorsFile.fail(
        .limitExceeded, "\(slots.count) tensors; the limit is \(limits.tensorCount)")
    }
    slots.sort { ($0.begin, $0.end) < ($1.begin, $1.end) }
    try SafeTensorsHeader.checkTiling(slots, dataSize)
    self.metadata = metadata
    self.slots = slots
    // The JSON reader has refused names that stand twice.
    var positions: [ByteKey: Int] = [:]
    for (index, slot) in slots.enumerated() { positions[ByteKey(text: slot.name)] = index }
    self.positions = positions
  }

  private static func metadata(_ json: JSONValue) throws(FormatError) -> OrderedMap<String> {
    if json == .null { return [:] }
    guard let members = json.object else {
      throw SafeTensorsFile.fail(.malformed, "__metadata__ must map names to strings")
    }
    var metadata = OrderedMap<String>()
    for member in members {
      guard let text = member.value.string else {
        throw SafeTensorsFile.fail(
          .malformed, "the metadata entry \(FormatError.quoted(member.key)) is not a string")
      }
      metadata.insert(text, for: member.key)
    }
    return metadata
  }

  private static func slot(
    _ name: String, _ json: JSONValue, _ limits: SafeTensorsLimits
  ) throws(FormatError) -> Slot {
    let quoted = "tensor \(FormatError.quoted(name))"
    if name.utf8.count > limits.nameLength {
      throw SafeTensorsFile.fail(
        .limitExceeded, "\(quoted): the name has \(name.utf8.count) bytes")
    }
    guard let members = json.object else {
      throw SafeTensorsFile.fail(.malformed, "\(quoted) is not described by an object")
    }
    for key in members.keys where !["dtype", "shape", "data_offsets"].contains(key) {
      throw SafeTensorsFile.fail(
        .malformed, "\(quoted): unknown field \(FormatError.quoted(key))")
    }
    guard let word = members["dtype"]?.string, let dtype = DType(rawValue: word) else {
      let found = members["dtype"].map { FormatError.quoted($0.text) } ?? "missing"
      throw SafeTensorsFile.fail(.malformed, "\(quoted): the dtype is \(found)")
    }
    let shape = try extents(members["shape"], quoted, "shape")
    if shape.count > limits.rank {
      throw SafeTensorsFile.fail(.limitExceeded, "\(quoted): \(shape.count) axes")
    }
    let offsets = try extents(members["data_offsets"], quoted, "data_offsets")
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw SafeTensorsFile.fail(
        .malformed, "\(quoted): data_offsets must be [begin, end] with begin ≤ end")
    }
    guard let count = TensorRecord.elementCount(of: shape) else {
      throw SafeTensorsFile.fail(
        .limitExceeded, "\(quoted): shape \(FormatError.quoted("\(shape)")) overflows")
    }
    guard dtype.byteCount(of: count) == offsets[1] - offsets[0] else {
      throw SafeTensorsFile.fail(
        .malformed,
        "\(quoted): \(word) of shape \(shape) does not take \(offsets[1] - offsets[0]) bytes")
    }
    return Slot(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
  }

  /// An array of whole numbers in 0…2⁴⁸ − 1.
  private static func extents(
    _ json: JSONValue?, _ quoted: String, _ field: String
  ) throws(FormatError) -> [Int] {
    guard let values = json?.array else {
      throw SafeTensorsFile.fail(.malformed, "\(quoted): \(field) is missing or not an array")
    }
    var extents: [Int] = []
    for value in values {
      guard let extent = value.integer, (0...TensorRecord.largestExtent).contains(extent) else {
        throw SafeTensorsFile.fail(
          .malformed,
          "\(quoted): \(field) holds \(FormatError.quoted(value.text)), not a whole number below 2^48"
        )
      }
      extents.append(extent)
    }
    return extents
  }

  private static func checkTiling(_ slots: [Slot], _ dataSize: Int) throws(FormatError) {
    var end = 0
    for slot in slots {
      if slot.begin != end {
        throw SafeTensorsFile.fail(
          .malformed,
          "tensor \(FormatError.quoted(slot.name)) begins at data byte \(slot.begin), but the one "
            + "before ends at \(end)")
      }
      end = slot.end
    }
    if end > dataSize {
      throw SafeTensorsFile.fail(
        .truncated, "the tensors need \(end) bytes; the file holds \(dataSize)",
        "the file was cut: copy it again or use an older one")
    }
    if end < dataSize {
      throw SafeTensorsFile.fail(.trailing, "\(dataSize - end) bytes follow the last tensor")
    }
  }

  /// The metadata without the integrity entries, and those entries if the file carries them.
  func splitMetadata() throws(FormatError) -> (OrderedMap<String>, SafeTensorsChecksums?) {
    let present = Integrity.names.filter { metadata[$0] != nil }
    if present.isEmpty { return (metadata, nil) }
    // One flipped bit can hide one of the three names; the other two still tell.
    if present.count < Integrity.names.count {
      throw SafeTensorsFile.fail(
        .checksum, "of the three integrity entries only \(present.joined(separator: ", ")) exist",
        "the file is damaged or was rewritten by another program")
    }
    guard metadata[Integrity.format] == "1" else {
      throw SafeTensorsFile.fail(
        .unsupported,
        "\(Integrity.format) is \(FormatError.quoted(metadata[Integrity.format] ?? "")), not 1",
        "read it with a newer version of this program")
    }
    let checksums = SafeTensorsChecksums(
      header: try checksum(Integrity.headerChecksum), data: try checksum(Integrity.dataChecksum))
    var rest = OrderedMap<String>()
    for entry in metadata where !Integrity.names.contains(entry.key) {
      rest.insert(entry.value, for: entry.key)
    }
    return (rest, checksums)
  }

  private func checksum(_ name: String) throws(FormatError) -> UInt32 {
    let text = metadata[name] ?? ""
    let isHexadecimal = text.utf8.allSatisfy { (0x30...0x39) ~= $0 || (0x61...0x66) ~= $0 }
    guard text.utf8.count == 8, isHexadecimal, let value = UInt32(text, radix: 16) else {
      throw SafeTensorsFile.fail(
        .checksum, "\(name) is \(FormatError.quoted(text)), not 8 hexadecimal digits")
    }
    return value
  }
}

/// The two checksums of the integrity extension.
struct SafeTensorsChecksums {
  let header: UInt32
  let data: UInt32

  /// Checks the first 8 + N bytes of the file.
  func verifyHeader(_ bytes: [UInt8]) throws(FormatError) {
    guard let found = headerChecksum(of: bytes) else {
      throw SafeTensorsFile.fail(
        .checksum, "the entry \(Integrity.headerChecksum) is not written in its plain form")
    }
    if found != header {
      throw SafeTensorsFile.fail(
        .checksum,
        "the header has CRC-32 \(hexadecimal(found, digits: 8)), but says "
          + hexadecimal(header, digits: 8), "the file is damaged: use an older copy")
    }
  }

  /// Checks the sum over all of the data.
  func verifyData(_ sum: CRC32) throws(FormatError) {
    if sum.value != data {
      throw SafeTensorsFile.fail(
        .checksum,
        "the data has CRC-32 \(hexadecimal(sum.value, digits: 8)), the header says "
          + hexadecimal(data, digits: 8), "the file is damaged: use an older copy")
    }
  }
}

/// The CRC-32 of length and header with the eight digits of the checksum itself as zeros.
///
/// - Parameter bytes: The first 8 + N bytes of the file.
/// - Returns: nil if the entry cannot be found.
func headerChecksum(of bytes: [UInt8]) -> UInt32? {
  guard let digits = headerChecksumDigits(in: bytes) else { return nil }
  var blanked = bytes
  blanked.replaceSubrange(digits, with: repeatElement(UInt8(ascii: "0"), count: 8))
  return CRC32.of(blanked)
}

/// Where the eight digits of the header's checksum stand.
///
/// The mark includes both quotes of the name. Within a JSON string a quote is escaped, so the mark
/// cannot occur inside one.
func headerChecksumDigits(in bytes: [UInt8]) -> Range<Int>? {
  let mark = Integrity.headerMark
  let last = bytes.count - mark.count - 9  // eight digits and a quote follow
  guard last >= 8 else { return nil }
  for start in 8...last
  where bytes[start] == mark[0] && bytes[start..<(start + mark.count)] == mark[...] {
    return (start + mark.count)..<(start + mark.count + 8)
  }
  return nil
}
