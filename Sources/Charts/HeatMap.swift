// A matrix as a picture: each number a square, its size a colour.
//
// Idea       Numbers of one sign run from white to blue; numbers of both signs from orange through white to
//            blue, white at zero, so that a sign can be seen. A bar beside the matrix names both ends.
// Read       Drawing.swift ← this file
// Tests      Tests/ChartsTests/MapChartTests.swift

import Foundation
import Images

/// A chart of a matrix.
public struct HeatMap: Chart {
  public var title: String
  /// Row-major; those that are not finite are grey.
  public var values: [Double]
  /// Numbers in a row.
  public var columns: Int
  /// What is drawn in the strongest colours; from the values when left out.
  public var range: ClosedRange<Double>?
  /// Points of the page across and down that the longer side may take.
  public var size: Double

  public init(
    _ title: String, values: [Double], columns: Int, range: ClosedRange<Double>? = nil,
    size: Double = 256
  ) {
    self.title = title
    self.values = values
    self.columns = max(1, columns)
    self.range = range
    self.size = min(max(size, 16), 2000)
  }

  private var rows: Int { max(1, values.count / columns) }

  /// The ends of the colours.
  private var ends: ClosedRange<Double> {
    if let range { return range }
    let finite = values.filter(\.isFinite)
    let (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if low < 0 && high > 0 { return -max(-low, high)...max(-low, high) }
    return low < high ? low...high : low - 0.5...low + 0.5
  }

  private var cell: Double {
    let natural = size / Double(max(rows, columns))
    // Two pixels of the picture lie in a point, so half points are whole there.
    return natural >= 0.5 ? (2 * natural).rounded(.down) / 2 : natural
  }

  public var naturalSize: (width: Double, height: Double) {
    (cell * Double(columns) + 28 + 72, cell * Double(rows) + (title.isEmpty ? 28 : 60))
  }

  public func draw(in frame: Frame, on drawing: inout Drawing) {
    let top = title.isEmpty ? frame.y + 14 : drawHeader(title, [], in: frame, on: &drawing)
    let natural = naturalSize
    let scale = min(1, frame.width / natural.width, frame.height / natural.height)
    let side = scale * cell
    let plot = Frame(
      x: frame.x + 14, y: top, width: side * Double(columns), height: side * Double(rows))
    let ends = ends
    var picture = Image(width: columns, height: rows)
    for i in 0..<min(values.count, rows * columns) {
      let c = HeatMap.colour(values[i], ends)
      picture[row: i / columns, column: i % columns] = (c.red, c.green, c.blue)
    }
    drawing.add(.image(picture, plot))
    let bar = Frame(x: plot.right + 10, y: plot.y, width: 10, height: max(plot.height, 24))
    var ramp = Image(width: 1, height: 64)
    for row in 0..<64 {
      let fraction = 1 - Double(row) / 63
      let value = ends.lowerBound + fraction * (ends.upperBound - ends.lowerBound)
      let c = HeatMap.colour(value, ends)
      ramp[row: row, column: 0] = (c.red, c.green, c.blue)
    }
    drawing.add(.image(ramp, bar))
    drawing.text(HeatMap.label(ends.upperBound), bar.right + 5, bar.y + 8, size: 10, .quiet)
    drawing.text(HeatMap.label(ends.lowerBound), bar.right + 5, bar.bottom, size: 10, .quiet)
  }

  private static func label(_ value: Double) -> String { String(format: "%.3g", value) }

  /// The colour of a value between two ends.
  static func colour(_ value: Double, _ ends: ClosedRange<Double>) -> Colour {
    guard value.isFinite else { return Colour(0x999999) }
    let (low, high) = (ends.lowerBound, ends.upperBound)
    let isSigned = low < 0 && high > 0
    let zero = isSigned ? 0 : low
    let reach = max(value < zero ? zero - low : high - zero, 1e-300)
    let strength = min(1, abs(value - zero) / reach)
    let strong = value < zero ? Colour(0xB54A00) : Colour(0x00477A)
    func mixed(_ channel: UInt8) -> UInt8 {
      UInt8((255 + (Double(channel) - 255) * strength).rounded())
    }
    return Colour(red: mixed(strong.red), green: mixed(strong.green), blue: mixed(strong.blue))
  }
}

extension Colour {
  fileprivate init(red: UInt8, green: UInt8, blue: UInt8) {
    self.init(UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
  }
}
