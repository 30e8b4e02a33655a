// Pictures of numbers: maps in gray and in two colours, and figures for short.
//
// Read       this file → Chapter07.swift, Chapter09.swift

import Charts
import Foundation
import Images

/// A number with so many digits after the point.
func rounded(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

/// A matrix as shades of gray, black for `range.lowerBound`.
func grayMap(_ values: [Double], columns: Int, range: ClosedRange<Double>) -> Image {
  colourMap(values, columns: columns) { value in
    let span = max(range.upperBound - range.lowerBound, 1e-300)
    let level = UInt8((255 * min(1, max(0, (value - range.lowerBound) / span))).rounded())
    return (level, level, level)
  }
}

/// A matrix in two colours: blue below 0, white at 0, orange above, full at ±`limit`.
func signedMap(_ values: [Double], columns: Int, limit: Double) -> Image {
  colourMap(values, columns: columns) { value in
    let share = min(1, value.magnitude / max(limit, 1e-300))
    let full = value < 0 ? (0.0, 114.0, 178.0) : (213.0, 94.0, 0.0)
    func mixed(_ colour: Double) -> UInt8 { UInt8((255 + share * (colour - 255)).rounded()) }
    return (mixed(full.0), mixed(full.1), mixed(full.2))
  }
}

private func colourMap(
  _ values: [Double], columns: Int, _ colour: (Double) -> (UInt8, UInt8, UInt8)
) -> Image {
  Image(
    width: columns, height: values.count / columns,
    bytes: values.flatMap { value -> [UInt8] in
      let (red, green, blue) = colour(value)
      return [red, green, blue]
    })
}

/// Each pixel as a square of `factor` × `factor`.
func enlarged(_ image: Image, by factor: Int) -> Image {
  var large = Image(width: image.width * factor, height: image.height * factor)
  for row in 0..<large.height {
    for column in 0..<large.width {
      large[row: row, column: column] = image[row: row / factor, column: column / factor]
    }
  }
  return large
}
