// Writing PNG: 8-bit grey or RGB, the same picture always as the same bytes.
//
// Source     PNG specification (W3C, third edition) §5, §7, §9
// Idea       Two encodings are tried: rows as they are (best for charts) and, unless these shrink to a
//            fortieth, rows as differences (best for photographs); the smaller wins. No time stamp, no comment.
// Tests      Tests/FormatsTests/PNGWriterTests.swift

/// Writes 8-bit PNG files.
public enum PNGWriter {
  /// A picture as the bytes of a PNG file.
  ///
  /// - Parameters:
  ///   - width: Pixels across, at least 1.
  ///   - height: Pixels down, at least 1.
  ///   - channels: 1 for grey, 3 for red, green, blue.
  ///   - bytes: `[height, width, channels]`, row-major.
  /// - Returns: The file.
  /// - Throws: `typeMismatch` if `bytes` do not fill the picture, or it has no or too many pixels.
  public static func encode(
    width: Int, height: Int, channels: Int, bytes: [UInt8]
  ) throws(FormatError) -> [UInt8] {
    guard (1...65500).contains(width), (1...65500).contains(height), [1, 3].contains(channels),
      bytes.count == width * height * channels
    else {
      throw FormatError(
        .typeMismatch, format: "PNG",
        "\(bytes.count) bytes are no picture of \(width) × \(height) pixels in \(channels) channels",
        remedy: "pass height · width · channels bytes, 1…65500 pixels a side, 1 or 3 channels")
    }
    func compressed(_ filters: [UInt8]) -> [UInt8] {
      zlibCompressed(pngFiltered(bytes, rowLength: width * channels, step: channels, filters))
    }
    var data = compressed([0])
    if data.count > bytes.count / 40 {
      let differences = compressed([0, 1, 2, 4])
      if differences.count < data.count { data = differences }
    }

    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let header =
      bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
    append("IHDR", header, to: &file)
    append("IDAT", data, to: &file)
    append("IEND", [], to: &file)
    return file
  }

  /// Writes a picture to a file, crash-safely.
  ///
  /// - Parameters:
  ///   - path: The file, replaced as a whole.
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  ///   - channels: 1 or 3.
  ///   - bytes: `[height, width, channels]`, row-major.
  /// - Throws: As `encode`, or `io`.
  public static func write(
    to path: String, width: Int, height: Int, channels: Int, bytes: [UInt8]
  ) throws(FormatError) {
    let file = try encode(width: width, height: height, channels: channels, bytes: bytes)
    try DurableFile(path).write([file], keepsPrevious: false)
  }

  private static func append(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
    let typeAndData = Array(type.utf8) + data
    file += bigEndian(UInt32(data.count)) + typeAndData + bigEndian(CRC32.of(typeAndData))
  }
}
