// Reading tar as a stream: what lies in an archive, in order, without ever going back.
//
// Source     POSIX.1-2017, pax (ustar and extended headers); GNU tar's long names and large sizes
// Idea       Bytes are fed in pieces of any size; out come the beginnings of files and their content.
// Safety     Only files and directories. Links, devices and sparse files are refused, and so is every name
//            that could leave the directory. Each header's checksum is compared.
// Read       this file → ArchiveUnpacker.swift
// Tests      Tests/FormatsTests/TarTests.swift

/// Takes an archive apart as it comes.
public struct TarReader {
  /// What was found.
  public enum Event: Hashable, Sendable {
    /// A file begins; its content follows.
    case file(name: String, size: Int)
    case directory(name: String)
    /// The next bytes of the file that began last.
    case content(ArraySlice<UInt8>)
    /// All bytes of that file have come.
    case end
  }

  private enum State {
    case header, content
    case metadata(UInt8)
    case padding, ended
  }

  private var state = State.header
  private var pending: [UInt8] = []
  private var remaining = 0
  private var padding = 0
  private var position = 0
  private var entries = 0
  private var zeroRecords = 0
  /// From an extended header, for the next entry.
  private var longName: String?
  private var longSize: Int?

  public init() {}

  private func fail(_ kind: FormatError.Kind, _ problem: String, remedy: String = "") -> FormatError
  {
    FormatError(kind, format: "tar", at: .byte(position), problem, remedy: remedy)
  }

  /// Takes the next bytes of the archive.
  ///
  /// - Parameters:
  ///   - bytes: Any number.
  ///   - handle: Receives what they hold.
  /// - Throws: `malformed`, `checksum`, `unsafe`, `unsupported`, `limitExceeded`, and what `handle` throws.
  public mutating func feed(
    _ bytes: ArraySlice<UInt8>, handle: (Event) throws(FormatError) -> Void
  ) throws(FormatError) {
    var rest = bytes
    while !rest.isEmpty {
      switch state {
      case .ended: return  // zeros fill the last block
      case .header:
        let count = min(512 - pending.count, rest.count)
        pending += rest.prefix(count)
        rest = rest.dropFirst(count)
        if pending.count == 512 { try header(handle) }
      case .metadata(let type):
        let count = min(remaining, rest.count)
        pending += rest.prefix(count)
        rest = rest.dropFirst(count)
        remaining -= count
        position += count
        if remaining == 0 {
          try metadata(type)
          state = .padding
          if padding == 0 { state = .header }
        }
      case .content:
        let count = min(remaining, rest.count)
        if count > 0 { try handle(.content(rest.prefix(count))) }
        rest = rest.dropFirst(count)
        remaining -= count
        position += count
        if remaining == 0 { try finishContent(handle) }
      case .padding:
        let count = min(padding, rest.count)
        rest = rest.dropFirst(count)
        padding -= count
        position += count
        if padding == 0 { state = .header }
      }
    }
  }

  /// Says that no more bytes come.
  public func finish() throws(FormatError) {
    switch state {
    case .ended: return
    case .header where pending.isEmpty: return  // end records may be missing
    default:
      throw fail(.truncated, "the archive ends inside an entry", remedy: "get it again")
    }
  }

  private mutating func finishContent(
    _ handle: (Event) throws(FormatError) -> Void
  ) throws(FormatError) {
    try handle(.end)
    state = padding == 0 ? .header : .padding
  }

  private mutating func header(
    _ handle: (Event) throws(FormatError) -> Void
  ) throws(FormatError) {
    let record = pending
    pending = []
    if record.allSatisfy({ $0 == 0 }) {
      position += 512
      zeroRecords += 1
      if zeroRecords == 2 { state = .ended }
      return
    }
    guard zeroRecords == 0 else { throw fail(.trailing, "an entry follows the end") }
    let sum = record.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(record[$1])) }
    guard try octal(record[148..<156]) == sum else {
      throw fail(
        .checksum, "the checksum of a header is wrong", remedy: "this is no tar file, or damaged")
    }
    entries += 1
    guard entries <= 2_000_000 else { throw fail(.limitExceeded, "more than 2000000 entries") }
    let type = record[156]
    let isMetadata =
      type == UInt8(ascii: "L") || type == UInt8(ascii: "x") || type == UInt8(ascii: "g")
    // An extended header speaks for the next entry that is none itself.
    var size = try number(record[124..<136])
    var name = try plainName(record)
    if !isMetadata { (size, name) = (longSize ?? size, longName ?? name) }
    position += 512
    remaining = size
    padding = (512 - size % 512) % 512
    if isMetadata {
      guard size <= 1 << 16 else { throw fail(.limitExceeded, "a header of \(size) bytes") }
      state = .metadata(type)
      if size == 0 { state = .header }
      return
    }
    (longName, longSize) = (nil, nil)
    switch type {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
      try handle(.file(name: try safe(name), size: size))
      state = .content
      if size == 0 { try finishContent(handle) }
    case UInt8(ascii: "5"):
      let isRoot = name == "." || name == "./"
      if !isRoot { try handle(.directory(name: try safe(name))) }
      state = padding + size == 0 ? .header : .padding
      padding += size
    case UInt8(ascii: "1"), UInt8(ascii: "2"):
      throw fail(
        .unsafe, "\(FormatError.quoted(name)) is a link, which archives of data do not need")
    default:
      throw fail(.unsupported, "\(FormatError.quoted(name)) is an entry of type \(type)")
    }
  }

  private func plainName(_ record: [UInt8]) throws(FormatError) -> String {
    let name = try text(record[0..<100])
    let isPOSIX = record[257..<263].elementsEqual(Array("ustar\0".utf8))
    let prefix = isPOSIX ? try text(record[345..<500]) : ""
    return prefix.isEmpty ? name : prefix + "/" + name
  }

  /// Text up to a zero.
  private func text(_ bytes: ArraySlice<UInt8>) throws(FormatError) -> String {
    guard let text = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self) else {
      throw fail(.malformed, "a name is not UTF-8")
    }
    return text
  }

  /// Octal digits, or a number of base 256 where the first bit is set.
  private func number(_ bytes: ArraySlice<UInt8>) throws(FormatError) -> Int {
    guard let first = bytes.first, first & 0x80 != 0 else { return try octal(bytes) }
    var value = Int(first & 0x7F)
    for byte in bytes.dropFirst() {
      guard value < 1 << 40 else { throw fail(.limitExceeded, "an entry above 2⁴⁸ bytes") }
      value = value << 8 | Int(byte)
    }
    return value
  }

  private func octal(_ bytes: ArraySlice<UInt8>) throws(FormatError) -> Int {
    let digits = bytes.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
    guard digits.count <= 12, digits.allSatisfy({ (48...55).contains($0) }) else {
      throw fail(.malformed, "a number in a header is not octal")
    }
    return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
  }

  /// What an extended header says about the next entry.
  private mutating func metadata(_ type: UInt8) throws(FormatError) {
    let bytes = pending
    pending = []
    if type == UInt8(ascii: "L") {
      longName = try text(bytes[...])
      return
    }
    var place = 0
    while place < bytes.count {
      // "length key=value\n", where the length counts all of it.
      guard let space = bytes[place...].firstIndex(of: 32),
        let length = Int(String(decoding: bytes[place..<space], as: UTF8.self)),
        length > space - place, length <= bytes.count - place, bytes[place + length - 1] == 10,
        let equals = bytes[space..<(place + length)].firstIndex(of: UInt8(ascii: "="))
      else { throw fail(.malformed, "a line of an extended header") }
      let key = bytes[(space + 1)..<equals]
      let value = try text(bytes[(equals + 1)..<(place + length - 1)])
      if type == UInt8(ascii: "x"), key.elementsEqual(Array("path".utf8)) { longName = value }
      if type == UInt8(ascii: "x"), key.elementsEqual(Array("size".utf8)) {
        guard let size = Int(value), (0..<(1 << 48)).contains(size) else {
          throw fail(.malformed, "a size of \(FormatError.quoted(value))")
        }
        longSize = size
      }
      place += length
    }
  }

  /// The name, if it stays inside the directory.
  private func safe(_ name: String) throws(FormatError) -> String {
    var parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if parts.first == "." { parts.removeFirst() }
    if parts.last == "" { parts.removeLast() }
    let isSafe =
      !parts.isEmpty && parts.count <= 32 && name.utf8.count <= 4096
      && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
      && !name.unicodeScalars.contains { $0.value < 32 || $0 == "\\" || $0 == ":" }
    guard isSafe else {
      throw fail(
        .unsafe, "the name \(FormatError.quoted(name)) could lead out of the directory",
        remedy: "do not unpack this archive")
    }
    return parts.joined(separator: "/")
  }
}
