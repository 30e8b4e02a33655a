// Reading JPEG: the same pixels, to the last bit, as Pillow with libjpeg-turbo's defaults.
//
// Source     ITU-T T.81 (JPEG) Annex B, F, G; JFIF 1.02; Adobe technical note 5116 (APP14)
// Kinds      baseline, extended and progressive Huffman, 8 bits; 1, 3 or 4 components; all sampling
//            factors that divide the largest; interleaved or not; restart intervals
// Idea       Here the markers are read and everything they say is checked. Bits, transforms and colours
//            are loops over memory and lie in JPEGDecoding.
// Safety     Memory is asked for when the extent is within limits and the file is long enough for it:
//            a block takes at least two bits, or one in each progressive image.
// Read       JPEGDecoding/EntropyScan.swift, JPEGDecoding/ChromaUpsampling.swift ← this file → JPEGFrame.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

import JPEGDecoding

/// Reads JPEG files.
public enum JPEGReader {
  /// The picture of a file, as red, green and blue.
  ///
  /// - Parameter file: The whole file; what follows the end of the image is ignored.
  /// - Returns: `[height, width, 3]` bytes.
  /// - Throws: `unsupported` for arithmetic coding, lossless, hierarchical and 12-bit images;
  ///   `truncated`, `malformed`, `limitExceeded`.
  public static func decode(_ file: [UInt8]) throws(FormatError) -> RasterImage {
    var decoder = JPEGDecoder(file)
    return try decoder.run()
  }
}

/// The state of a file that is being read.
struct JPEGDecoder {
  var reader: ByteReader
  var quantizers = [[Int32]?](repeating: nil, count: 4)
  var dcCodes = [HuffmanCodebook?](repeating: nil, count: 4)
  var acCodes = [HuffmanCodebook?](repeating: nil, count: 4)
  var restartInterval = 0
  var frame: JPEGFrame?
  var scans = 0
  var isJFIF = false
  /// The colour transform of an Adobe segment; nil without one.
  var adobeTransform: UInt8?

  init(_ file: [UInt8]) { reader = ByteReader(file, format: "JPEG") }

  func fail(
    _ kind: FormatError.Kind, _ problem: String, remedy: String = "",
    at place: FormatError.Place? = nil
  ) -> FormatError {
    FormatError(kind, format: "JPEG", at: place ?? reader.place, problem, remedy: remedy)
  }

  mutating func run() throws(FormatError) -> RasterImage {
    guard reader.bytes.starts(with: [0xFF, 0xD8]) else {
      throw fail(.badMagic, "the file does not begin with FF D8")
    }
    _ = try reader.skip(2)
    while true {
      let marker = try nextMarker()
      if marker == 0xD9 { break }
      try segment(marker)
    }
    guard let frame else { throw fail(.malformed, "the image ends before its frame header") }
    return try frame.image(color: color(of: frame))
  }

  /// Moves behind the next marker; bytes that belong to none are passed over, as everywhere.
  private mutating func nextMarker() throws(FormatError) -> UInt8 {
    while true {
      guard reader.remaining >= 2 else {
        throw fail(
          .truncated, "the file ends without an end-of-image marker",
          remedy: "the file was cut: get it again")
      }
      guard try reader.byte() == 0xFF else { continue }
      var marker = try reader.byte()
      while marker == 0xFF && reader.remaining > 0 { marker = try reader.byte() }
      if marker != 0 && marker != 0xFF { return marker }
    }
  }

  private mutating func segment(_ marker: UInt8) throws(FormatError) {
    if marker == 0x01 || (0xD0...0xD7).contains(marker) { return }  // markers without a segment
    if marker == 0xD8 { throw fail(.malformed, "a second image begins inside the first") }
    let start = reader.position
    let length = try bigEndian16()
    guard length >= 2 else { throw fail(.malformed, "a segment of \(length) bytes") }
    let range = try reader.skip(length - 2)
    var body = ByteReader(
      Array(reader.bytes[range]), format: "JPEG", base: range.lowerBound)
    switch marker {
    case 0xC0, 0xC1, 0xC2:
      guard frame == nil else { throw fail(.malformed, "a second frame header", at: .byte(start)) }
      frame = try JPEGFrame(&body, isProgressive: marker == 0xC2, bytesLeft: reader.remaining)
    case 0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: throw unsupported(marker, at: start)
    case 0xC4: try readCodes(&body)
    case 0xDB: try readQuantizers(&body)
    case 0xDC:
      throw fail(.unsupported, "the number of lines comes after the scan", at: .byte(start))
    case 0xDD: restartInterval = try body.bigEndian16()
    case 0xDA: try scan(&body)
    case 0xE0 where body.bytes.count >= 14 && body.bytes.starts(with: Array("JFIF\0".utf8)):
      isJFIF = true
    case 0xEE where body.bytes.count >= 12 && body.bytes.starts(with: Array("Adobe".utf8)):
      adobeTransform = body.bytes[11]
    default: break  // comments, profiles, cameras' notes
    }
  }

  private func unsupported(_ marker: UInt8, at start: Int) -> FormatError {
    let kind =
      switch marker {
      case 0xC3: "lossless"
      case 0xC5, 0xC6: "hierarchical"
      case 0xC7: "hierarchical lossless"
      case 0xC9, 0xCA: "arithmetic coding"
      case 0xCB: "lossless arithmetic coding"
      case 0xCD, 0xCE: "hierarchical arithmetic coding"
      default: "hierarchical lossless arithmetic coding"
      }
    return fail(
      .unsupported, "the image is \(kind) JPEG, of which no reader is here",
      remedy: "save it as baseline or progressive JPEG with another program", at: .byte(start))
  }

  private mutating func bigEndian16() throws(FormatError) -> Int { try reader.bigEndian16() }

  /// What the components mean, by the rules every decoder follows.
  private func color(of frame: JPEGFrame) -> ComponentColor {
    switch frame.components.count {
    case 1: return .gray
    case 3:
      if isJFIF { return .yCbCr }
      if let adobeTransform { return adobeTransform == 0 ? .rgb : .yCbCr }
      return frame.components.map(\.identifier) == Array("RGB".utf8) ? .rgb : .yCbCr
    default: return (adobeTransform ?? 0) == 0 ? .cmyk : .ycck
    }
  }
}

extension ByteReader {
  /// A big-endian number of two bytes.
  mutating func bigEndian16() throws(FormatError) -> Int {
    Int(try number(UInt16.self).byteSwapped)
  }
}
