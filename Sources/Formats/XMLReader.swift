// A small, strict XML reader: elements and their text, as annotation files use them.
//
// Source     W3C, Extensible Markup Language 1.0, of which this is a part
// Grammar    declaration, comments, elements with attributes, text, CDATA, the five named entities and
//            character numbers. No document types, no entities of one's own, no processing instructions:
//            what makes XML dangerous is left out.
// Safety     At most 1 MiB, 32 levels and 100 000 elements.
// Read       this file → Datasets/VOC2007.swift
// Tests      Tests/FormatsTests/XMLTests.swift

/// An element: its name, its text and the elements in it.
public struct XMLElement: Hashable, Sendable {
  public let name: String
  /// In the order of the file.
  public internal(set) var attributes: [XMLAttribute] = []
  /// All text directly inside, without white space at both ends.
  public internal(set) var text = ""
  public internal(set) var children: [XMLElement] = []

  /// The first child of a name.
  public func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The root element of a document.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - path: What messages call it.
  /// - Throws: `malformed`, `unsupported`, `truncated` or `limitExceeded`, with the byte.
  public init(parsing bytes: [UInt8], path: String? = nil) throws(FormatError) {
    var parser = XMLParser(bytes)
    do throws(FormatError) { self = try parser.document() } catch { throw error.inFile(path) }
  }

  init(name: String) { self.name = name }
}

/// An attribute of an element.
public struct XMLAttribute: Hashable, Sendable {
  public let name: String
  public let value: String
}

private struct XMLParser {
  let bytes: [UInt8]
  var position = 0
  var elements = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  func fail(_ kind: FormatError.Kind, _ problem: String, at place: Int? = nil) -> FormatError {
    FormatError(kind, format: "XML", at: .byte(place ?? position), problem)
  }

  mutating func document() throws(FormatError) -> XMLElement {
    guard bytes.count <= 1 << 20 else {
      throw fail(.limitExceeded, "\(bytes.count) bytes; the most are \(1 << 20)")
    }
    if skip("<?xml") { try skipBehind("?>") }
    try between()
    guard position < bytes.count else { throw fail(.malformed, "there is no element") }
    let root = try element(depth: 1)
    try between()
    guard position == bytes.count else { throw fail(.trailing, "something follows the root") }
    return root
  }

  /// White space and comments outside the root.
  private mutating func between() throws(FormatError) {
    while true {
      space()
      guard skip("<!--") else { return }
      try skipBehind("-->")
    }
  }

  private mutating func element(depth: Int) throws(FormatError) -> XMLElement {
    let start = position
    elements += 1
    guard depth <= 32, elements <= 100_000 else {
      throw fail(.limitExceeded, "more than 32 levels or 100000 elements")
    }
    guard skip("<") else { throw fail(.malformed, "an element must begin here") }
    if position < bytes.count,
      bytes[position] == UInt8(ascii: "!") || bytes[position] == UInt8(ascii: "?")
    {
      throw fail(.unsupported, "document types and instructions are not read", at: start)
    }
    var element = XMLElement(name: try name())
    while true {
      let hadSpace = space()
      if skip("/>") { return element }
      if skip(">") { break }
      guard hadSpace else { throw fail(.malformed, "white space must stand before an attribute") }
      let attribute = try attribute()
      guard !element.attributes.contains(where: { $0.name == attribute.name }) else {
        throw fail(.duplicate, "the attribute \(FormatError.quoted(attribute.name)) comes twice")
      }
      element.attributes.append(attribute)
    }
    var text: [UInt8] = []
    while true {
      guard position < bytes.count else {
        throw fail(.truncated, "the file ends inside \(FormatError.quoted(element.name))")
      }
      if skip("<!--") {
        try skipBehind("-->")
      } else if skip("<![CDATA[") {
        let from = position
        try skipBehind("]]>")
        text += bytes[from..<(position - 3)]
      } else if skip("</") {
        let name = try name()
        guard name == element.name else {
          throw fail(
            .malformed,
            "\(FormatError.quoted(name)) ends where \(FormatError.quoted(element.name)) is open")
        }
        space()
        guard skip(">") else { throw fail(.malformed, "an end tag without its end") }
        element.text = try string(text, at: start)
        return element
      } else if bytes[position] == UInt8(ascii: "<") {
        element.children.append(try self.element(depth: depth + 1))
      } else {
        text += try character()
      }
    }
  }

  private mutating func attribute() throws(FormatError) -> XMLAttribute {
    let start = position
    let name = try name()
    space()
    guard skip("=") else { throw fail(.malformed, "an attribute without a value") }
    space()
    guard position < bytes.count, bytes[position] == 34 || bytes[position] == 39 else {
      throw fail(.malformed, "a value must stand in quotation marks")
    }
    let mark = bytes[position]
    position += 1
    var value: [UInt8] = []
    while position < bytes.count, bytes[position] != mark {
      guard bytes[position] != UInt8(ascii: "<") else { throw fail(.malformed, "'<' in a value") }
      value += try character()
    }
    guard position < bytes.count else { throw fail(.truncated, "the file ends inside a value") }
    position += 1
    return XMLAttribute(name: name, value: try string(value, at: start))
  }

  /// The next byte of text, or what an entity stands for.
  private mutating func character() throws(FormatError) -> [UInt8] {
    let start = position
    guard bytes[position] == UInt8(ascii: "&") else {
      position += 1
      return [bytes[start]]
    }
    let end = min(bytes.count, position + 12)
    guard let semicolon = bytes[position..<end].firstIndex(of: UInt8(ascii: ";")) else {
      throw fail(.malformed, "'&' begins no entity")
    }
    let name = String(decoding: bytes[(position + 1)..<semicolon], as: UTF8.self)
    position = semicolon + 1
    switch name {
    case "lt": return [UInt8(ascii: "<")]
    case "gt": return [UInt8(ascii: ">")]
    case "amp": return [UInt8(ascii: "&")]
    case "apos": return [39]
    case "quot": return [34]
    default:
      let digits = name.dropFirst(name.hasPrefix("#x") ? 2 : 1)
      guard name.hasPrefix("#"), digits.allSatisfy(\.isHexDigit),
        let number = UInt32(digits, radix: name.hasPrefix("#x") ? 16 : 10),
        number >= 32 || (9...10).contains(number),
        let scalar = Unicode.Scalar(number)
      else {
        throw fail(.malformed, "the entity \(FormatError.quoted(name)) is not known", at: start)
      }
      return Array(String(scalar).utf8)
    }
  }

  private mutating func name() throws(FormatError) -> String {
    let start = position
    while position < bytes.count, isName(bytes[position]) { position += 1 }
    guard position > start, position - start <= 256, !(45...57).contains(bytes[start]) else {
      throw fail(.malformed, "a name must stand here", at: start)
    }
    return try string(Array(bytes[start..<position]), at: start)
  }

  private func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 128...255: true
    case UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == 32 || (9...10).contains(byte) || byte == 13
  }

  @discardableResult private mutating func space() -> Bool {
    let start = position
    while position < bytes.count, isSpace(bytes[position]) { position += 1 }
    return position > start
  }

  private mutating func skip(_ mark: StaticString) -> Bool {
    let letters = Array("\(mark)".utf8)
    guard bytes[position...].starts(with: letters) else { return false }
    position += letters.count
    return true
  }

  private mutating func skipBehind(_ mark: StaticString) throws(FormatError) {
    let start = position
    while position < bytes.count {
      if skip(mark) { return }
      position += 1
    }
    throw fail(.truncated, "'\(mark)' is missing", at: start)
  }

  private func string(_ text: [UInt8], at place: Int) throws(FormatError) -> String {
    guard let string = String(validating: text, as: UTF8.self) else {
      throw fail(.malformed, "text that is not UTF-8", at: place)
    }
    guard let first = string.firstIndex(where: { !$0.isWhitespace }),
      let last = string.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(string[first...last])
  }
}
