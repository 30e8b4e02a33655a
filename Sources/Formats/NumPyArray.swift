// .npy: one array.
//
// Idea       The data follows the header without a gap. Other byte orders and Fortran's order of
//            axes become little-endian and row-major on the way in; writing gives NumPy's own bytes.
// Read       NumPyHeader.swift, StridedCopy.swift ← this file → NumPyArchive.swift
// Tests      Tests/FormatsTests/NumPyTests.swift

/// Arrays in NumPy's format.
public enum NumPyArray {
  /// Reads an array.
  ///
  /// - Parameter bytes: A whole .npy file.
  /// - Returns: The array, little-endian and row-major.
  /// - Throws: An error naming the rule: `unsafe` for pickled objects, `unsupported` for text, dates,
  ///   records and complex numbers, `truncated` or `trailing` if the data has the wrong length.
  public static func read(_ bytes: [UInt8]) throws(FormatError) -> TensorRecord {
    let header = try NumPyHeader(bytes)
    try checkLength(header, fileSize: bytes.count)
    return try record(header, Array(bytes[header.dataOffset...]))
  }

  /// The bytes of a .npy file, as NumPy writes them.
  ///
  /// - Parameter record: The array.
  /// - Returns: The file.
  /// - Throws: `unsupported` for types NumPy has not, such as bfloat16.
  public static func serialized(_ record: TensorRecord) throws(FormatError) -> [UInt8] {
    guard let letters = NumPyHeader.letters.first(where: { $0.dtype == record.dtype })?.letters
    else {
      throw NumPyHeader.fail(
        .unsupported, "NumPy has no type \(record.dtype.rawValue)", at: .unknown,
        "write a .safetensors file")
    }
    let order = record.dtype.bitCount == 8 ? "|" : "<"
    let extents = record.shape.map(String.init).joined(separator: ", ")
    let comma = record.shape.count == 1 ? "," : ""
    var text =
      "{'descr': '\(order)\(letters)', 'fortran_order': False, 'shape': (\(extents)\(comma)), }"
    // NumPy leaves room for the first extent to grow to 21 digits.
    if let first = record.shape.first {
      text += String(repeating: " ", count: max(0, 21 - String(first).utf8.count))
    }
    let padding = 64 - (10 + text.utf8.count + 1) % 64
    text += String(repeating: " ", count: padding) + "\n"
    guard text.utf8.count <= 0xFFFF else {
      throw NumPyHeader.fail(.limitExceeded, "the header would take \(text.utf8.count) bytes")
    }
    return NumPyHeader.magic + [1, 0] + littleEndian(UInt16(text.utf8.count)) + Array(text.utf8)
      + record.bytes
  }

  static func checkLength(_ header: NumPyHeader, fileSize: Int) throws(FormatError) {
    let needed = try header.byteCount()
    let found = fileSize - header.dataOffset
    if found < needed {
      throw NumPyHeader.fail(.truncated, "the array needs \(needed) bytes; \(found) follow")
    }
    if found > needed {
      throw NumPyHeader.fail(.trailing, "\(found - needed) bytes follow the array")
    }
  }

  /// An array from the bytes behind its header, which were found to be as many as it needs.
  static func record(_ header: NumPyHeader, _ data: [UInt8]) throws(FormatError) -> TensorRecord {
    var data = data
    let width = header.dtype.bitCount / 8
    if header.isBigEndian {
      for start in stride(from: 0, to: data.count, by: width) {
        for i in 0..<(width / 2) { data.swapAt(start + i, start + width - 1 - i) }
      }
    }
    if header.isFortranOrder, !data.isEmpty {
      var strides: [Int] = []
      var step = 1
      for extent in header.shape {
        strides.append(step)
        step *= extent
      }
      guard
        let dense = denseCopy(
          of: data, width: width, shape: header.shape, strides: strides, offset: 0)
      else { throw NumPyHeader.fail(.malformed, "the strides leave the array") }
      data = dense
    }
    return try TensorRecord(dtype: header.dtype, shape: header.shape, bytes: data)
  }
}
