// The header of a .npy file: a Python dictionary in a small grammar.
//
// Source     NumPy Enhancement Proposal 1, numpy.lib.format; versions 1.0, 2.0 and 3.0
// Layout     0x93 NUMPY, version (2 bytes), header length (2 bytes little-endian; 4 from version 2),
//            header, data
// Grammar    { 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }: the three keys in any
//            order, once each; no escapes, signs or expressions. NumPy evaluates the text; here it
//            is only compared.
// Read       ByteReader.swift ← this file → NumPyArray.swift
// Tests      Tests/FormatsTests/NumPyTests.swift

/// What a .npy file says about its data.
struct NumPyHeader: Equatable {
  var dtype: DType
  var isBigEndian: Bool
  var isFortranOrder: Bool
  var shape: [Int]
  /// Where the data begins.
  var dataOffset: Int

  /// The longest header, in bytes; NumPy's own limit.
  static let longest = 10_000

  /// Bytes of the data.
  ///
  /// - Throws: `limitExceeded` when they cannot be counted.
  func byteCount() throws(FormatError) -> Int {
    guard let count = TensorRecord.elementCount(of: shape), let bytes = dtype.byteCount(of: count)
    else {
      throw NumPyHeader.fail(.limitExceeded, "shape \(shape) overflows")
    }
    return bytes
  }

  /// Reads a header from the first bytes of a file.
  ///
  /// - Parameter bytes: At least the first 10 012 bytes, or the whole file.
  /// - Throws: An error that names the rule and the byte.
  init(_ bytes: [UInt8]) throws(FormatError) {
    guard bytes.starts(with: NumPyHeader.magic) else {
      throw NumPyHeader.fail(.badMagic, "the file does not begin with 0x93 NUMPY")
    }
    var reader = ByteReader(bytes, at: 6, format: "npy")
    let version = try (reader.byte(), reader.byte())
    guard version.1 == 0, (1...3).contains(version.0) else {
      throw NumPyHeader.fail(
        .unsupported, "version \(version.0).\(version.1) of the format", at: .byte(6))
    }
    let length =
      version.0 == 1 ? try reader.count(UInt16.self) : try reader.count(UInt32.self)
    if length > NumPyHeader.longest {
      throw NumPyHeader.fail(
        .limitExceeded, "the header has \(length) bytes; the limit is \(NumPyHeader.longest)",
        at: .byte(8))
    }
    let start = reader.position
    let range = try reader.skip(length)
    dataOffset = reader.position
    var text = NumPyDictionary(Array(bytes[range]), base: start)
    let values = try text.values()
    isFortranOrder = values.isFortranOrder
    shape = values.shape
    (dtype, isBigEndian) = try NumPyHeader.elementType(values.descr)
    _ = try byteCount()
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  static func fail(
    _ kind: FormatError.Kind, _ problem: String, at place: FormatError.Place = .unknown,
    _ remedy: String = ""
  ) -> FormatError {
    FormatError(kind, format: "npy", at: place, problem, remedy: remedy)
  }

  /// Letters of the types both sides have.
  static let letters: [(letters: String, dtype: DType)] = [
    ("f8", .f64), ("f4", .f32), ("f2", .f16), ("i8", .i64), ("i4", .i32), ("i2", .i16),
    ("i1", .i8), ("u8", .u64), ("u4", .u32), ("u2", .u16), ("u1", .u8), ("b1", .bool),
  ]

  private static func elementType(
    _ descr: String
  ) throws(FormatError) -> (DType, isBigEndian: Bool) {
    let quoted = FormatError.quoted(descr)
    guard let order = descr.first, "<>|".contains(order) else {
      throw fail(.unsupported, "the type \(quoted) has no byte order", at: .unknown)
    }
    if descr.hasPrefix("|O") {
      throw fail(
        .unsafe, "the array holds Python objects, which are pickled programs", at: .unknown,
        "save numbers, with numpy.save(…, allow_pickle=False)")
    }
    guard let known = letters.first(where: { $0.letters == descr.dropFirst() }),
      (known.dtype.bitCount == 8) == (order == "|")
    else {
      throw fail(
        .unsupported, "the type \(quoted)", at: .unknown,
        "save floating-point numbers, integers or truth values")
    }
    return (known.dtype, order == ">")
  }
}

/// The parser of the grammar above.
private struct NumPyDictionary {
  private let bytes: [UInt8]
  private let base: Int
  private var position = 0

  init(_ bytes: [UInt8], base: Int) {
    self.bytes = bytes
    self.base = base
  }

  mutating func values() throws(FormatError) -> (
    descr: String, isFortranOrder: Bool, shape: [Int]
  ) {
    var descr: String?
    var order: Bool?
    var shape: [Int]?
    skipBlanks()
    try expect("{")
    while true {
      skipBlanks()
      if accept("}") { break }
      let start = position
      let key = try quotedText()
      skipBlanks()
      try expect(":")
      skipBlanks()
      let isNew: Bool
      switch key {
      case "descr":
        isNew = descr == nil
        descr = try quotedText()
      case "fortran_order":
        isNew = order == nil
        order = try truth()
      case "shape":
        isNew = shape == nil
        shape = try tuple()
      default:
        position = start
        throw fail("the header has the key \(FormatError.quoted(key))")
      }
      if !isNew {
        throw NumPyHeader.fail(.duplicate, "the key '\(key)' stands twice", at: place)
      }
      skipBlanks()
      if accept("}") { break }
      try expect(",")
    }
    skipBlanks()
    _ = accept("\n")
    guard position == bytes.count else { throw fail("something follows the header's dictionary") }
    guard let descr, let order, let shape else {
      throw fail("the header needs 'descr', 'fortran_order' and 'shape'")
    }
    return (descr, order, shape)
  }

  private var place: FormatError.Place { .byte(base + position) }

  private func fail(_ problem: String) -> FormatError {
    NumPyHeader.fail(.malformed, problem, at: place)
  }

  private mutating func skipBlanks() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 {
      position += 1
    }
  }

  private mutating func accept(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard bytes[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  private mutating func expect(_ text: String) throws(FormatError) {
    if !accept(text) { throw fail("'\(text)' is expected") }
  }

  private mutating func quotedText() throws(FormatError) -> String {
    guard position < bytes.count, bytes[position] == 0x27 || bytes[position] == 0x22 else {
      throw position < bytes.count && bytes[position] == UInt8(ascii: "[")
        ? NumPyHeader.fail(.unsupported, "records of several fields", at: place)
        : fail("a quoted text is expected")
    }
    let quote = bytes[position]
    let start = position + 1
    position = start
    while position < bytes.count, bytes[position] != quote {
      guard (0x20...0x7E).contains(bytes[position]), bytes[position] != UInt8(ascii: "\\") else {
        throw fail("a text holds an escape or something that is not printable ASCII")
      }
      position += 1
    }
    guard position < bytes.count else { throw fail("a quote is not closed") }
    position += 1
    return String(decoding: bytes[start..<(position - 1)], as: UTF8.self)
  }

  private mutating func truth() throws(FormatError) -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw fail("True or False is expected")
  }

  private mutating func tuple() throws(FormatError) -> [Int] {
    var extents: [Int] = []
    try expect("(")
    skipBlanks()
    if accept(")") { return [] }
    while true {
      extents.append(try extent())
      if extents.count > 64 {
        throw NumPyHeader.fail(.limitExceeded, "more than 64 axes", at: place)
      }
      skipBlanks()
      if accept(")") {
        if extents.count == 1 { throw fail("a tuple of one number needs a comma") }
        return extents
      }
      try expect(",")
      skipBlanks()
      if accept(")") { return extents }
    }
  }

  private mutating func extent() throws(FormatError) -> Int {
    var value = 0
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      value = value * 10 + Int(bytes[position] - 0x30)
      if value > TensorRecord.largestExtent {
        throw NumPyHeader.fail(.limitExceeded, "an extent is above 2^48 − 1", at: place)
      }
      position += 1
    }
    guard position > start, position == start + 1 || bytes[start] != 0x30 else {
      throw fail("a whole number is expected")
    }
    _ = accept("L")  // Python 2 wrote long integers so
    return value
  }
}
