// Pictures from files: which format it is, the bytes say.
//
// Idea       A name proves nothing: one file of ImageNet called .JPEG is a PNG. The first bytes choose
//            the reader. Everything becomes red, green and blue, as Pillow's `convert("RGB")` makes it.
// Limits     The largest picture is refused before memory is asked for.
// Read       this file → JPEGReader.swift, PNGReader.swift
// Tests      Tests/FormatsTests/JPEGTests.swift, PNGReaderTests.swift

/// A picture of 8-bit red, green and blue.
public struct RasterImage: Hashable, Sendable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// `[height, width, 3]`, row-major.
  public let bytes: [UInt8]

  /// The most pixels a picture may have: Pillow warns from there on.
  public static let largestPixelCount = 89_478_485

  init(width: Int, height: Int, bytes: [UInt8]) {
    (self.width, self.height, self.bytes) = (width, height, bytes)
  }

  /// The picture in a JPEG or PNG file.
  ///
  /// Rotation wishes (EXIF), colour profiles and transparency are not applied: neither Pillow's
  /// `convert("RGB")` nor torchvision's loader does.
  ///
  /// - Parameters:
  ///   - file: The whole file.
  ///   - path: What messages call it.
  /// - Throws: `badMagic` for other formats, and as `JPEGReader` and `PNGReader`.
  public init(decoding file: [UInt8], path: String? = nil) throws(FormatError) {
    do throws(FormatError) {
      if file.starts(with: [0xFF, 0xD8]) {
        self = try JPEGReader.decode(file)
      } else if file.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
        self = try PNGReader.decode(file)
      } else {
        throw FormatError(
          .badMagic, format: "picture", at: .byte(0),
          file.isEmpty ? "the file is empty" : "this is neither JPEG nor PNG\(Self.guess(file))",
          remedy: "convert it to JPEG or PNG, or take it out of the folder")
      }
    } catch { throw error.inFile(path) }
  }

  /// The format that other pictures say they have.
  private static func guess(_ file: [UInt8]) -> String {
    let known: [([UInt8], String)] = [
      (Array("GIF8".utf8), "GIF"), (Array("BM".utf8), "BMP"), (Array("RIFF".utf8), "WebP"),
      ([0x49, 0x49, 0x2A, 0], "TIFF"), ([0x4D, 0x4D, 0, 0x2A], "TIFF"), (Array("<".utf8), "a page"),
      (Array("P6".utf8), "PPM"), (Array("P5".utf8), "PGM"),
    ]
    guard let found = known.first(where: { file.starts(with: $0.0) }) else { return "" }
    return ", it looks like \(found.1)"
  }

  /// Refuses an extent without pixels or with too many.
  static func check(
    width: Int, height: Int, format: String, at place: FormatError.Place
  ) throws(FormatError) {
    guard width >= 1, height >= 1 else {
      throw FormatError(
        .malformed, format: format, at: place, "a picture of \(width) × \(height) has no pixel")
    }
    guard width <= 65_500, height <= 65_500, width * height <= largestPixelCount else {
      throw FormatError(
        .limitExceeded, format: format, at: place,
        "\(width) × \(height) pixels; the most are 65500 a side and \(largestPixelCount) in all",
        remedy: "make the picture smaller with another program")
    }
  }
}
