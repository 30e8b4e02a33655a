// Images stored as three planes, as both STL-10 and CIFAR do, and back.
//
// Layout     red plane, green plane, blue plane; a plane lists rows (CIFAR) or columns (STL-10)
// Read       RecordFile.swift ← this file → STL10.swift, CIFAR.swift, STL10Writer.swift
// Tests      Tests/DatasetsTests/STL10Tests.swift, CIFARTests.swift

import Images

extension Image {
  /// An image from three planes of `side × side` bytes: red, green, blue.
  ///
  /// - Parameters:
  ///   - planes: Starts with the red plane at `offset`.
  ///   - offset: First byte of the red plane.
  ///   - side: In pixels.
  ///   - columnMajor: Whether a plane lists columns (STL-10) instead of rows (CIFAR).
  init(planes: [UInt8], from offset: Int = 0, side: Int, columnMajor: Bool) {
    let plane = side * side
    let (down, across) = columnMajor ? (1, side) : (side, 1)
    var bytes = [UInt8](repeating: 0, count: 3 * plane)
    var o = 0
    for row in 0..<side {
      var i = offset + row * down
      for _ in 0..<side {
        bytes[o] = planes[i]
        bytes[o + 1] = planes[i + plane]
        bytes[o + 2] = planes[i + 2 * plane]
        o += 3
        i += across
      }
    }
    self.init(width: side, height: side, bytes: bytes)
  }

  /// The bytes of a square image as three planes, each column by column.
  var columnMajorPlanes: [UInt8] {
    let plane = width * height
    var planes = [UInt8](repeating: 0, count: 3 * plane)
    var i = 0
    for row in 0..<height {
      for column in 0..<width {
        for channel in 0..<3 {
          planes[channel * plane + column * height + row] = bytes[i]
          i += 1
        }
      }
    }
    return planes
  }
}
