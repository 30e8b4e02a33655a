// An 8-bit colour image: what data sets hold and what augmentation works on.
//
// Layout     [height, width, 3], red green blue interleaved, row-major, one byte a value.
// Read       this file → Resize.swift, AugmentationStep.swift

/// An RGB image of 8 bits a channel with value semantics.
public struct Image: Hashable, Sendable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// `height · width · 3` bytes: pixel (row, column) starts at `3 · (row · width + column)`.
  public var bytes: [UInt8]

  /// An image of one colour.
  public init(width: Int, height: Int, red: UInt8 = 0, green: UInt8 = 0, blue: UInt8 = 0) {
    self.width = width
    self.height = height
    bytes = [UInt8](repeating: red, count: 3 * width * height)
    if green == red && blue == red { return }
    for i in stride(from: 0, to: bytes.count, by: 3) {
      bytes[i + 1] = green
      bytes[i + 2] = blue
    }
  }

  /// An image from interleaved bytes.
  ///
  /// - Parameters:
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  ///   - bytes: `3 · width · height` values, red green blue interleaved, row-major.
  public init(width: Int, height: Int, bytes: [UInt8]) {
    precondition(bytes.count == 3 * width * height, "Image: bytes do not fill width × height × 3")
    self.width = width
    self.height = height
    self.bytes = bytes
  }

  /// The three channel values of a pixel.
  public subscript(row row: Int, column column: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    get {
      let i = 3 * (row * width + column)
      return (bytes[i], bytes[i + 1], bytes[i + 2])
    }
    set {
      let i = 3 * (row * width + column)
      (bytes[i], bytes[i + 1], bytes[i + 2]) = newValue
    }
  }
}
