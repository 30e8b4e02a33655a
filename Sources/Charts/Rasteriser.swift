// A drawing as pixels, with smooth edges.
//
// Idea       A pixel takes as much of a line's colour as its centre lies inside the line, measured by
//            the distance to the nearest segment. The segments of one mark are joined before they
//            are mixed in, so that a joint is not darker than the rest.
// Tests      Tests/ChartsTests/ChartTests.swift

import Foundation
import Images

extension Drawing {
  /// The drawing as a picture.
  ///
  /// - Parameter scale: Pixels a point, 0.25…8.
  /// - Returns: A picture of `width · scale` by `height · scale` pixels.
  public func image(scale: Double = 2) -> Image {
    let scale = min(max(scale, 0.25), 8)
    var canvas = Canvas(
      width: Int((width * scale).rounded()), height: Int((height * scale).rounded()))
    for mark in marks { canvas.draw(mark, scale) }
    return Image(width: canvas.width, height: canvas.height, bytes: canvas.bytes)
  }
}

private struct Canvas {
  let width: Int
  let height: Int
  var bytes: [UInt8]

  init(width: Int, height: Int) {
    self.width = max(1, width)
    self.height = max(1, height)
    bytes = [UInt8](repeating: 255, count: 3 * self.width * self.height)
  }

  mutating func draw(_ mark: Mark, _ scale: Double) {
    switch mark {
    case .rectangle(let frame, let fill): fillRectangle(frame, fill, scale)
    case .line(let points, let colour, let width, let isDashed):
      let scaled = points.map { Point($0.x * scale, $0.y * scale) }
      stroke(
        isDashed ? dashes(scaled, 6 * scale, 4 * scale) : [scaled], width * scale, colour)
    case .disc(let centre, let radius, let fill):
      stroke([[Point(centre.x * scale, centre.y * scale)]], 2 * radius * scale, fill)
    case .text(let mark): draw(mark, scale)
    case .image(let image, let frame): draw(image, frame, scale)
    }
  }

  private mutating func draw(_ mark: TextMark, _ scale: Double) {
    let unit = mark.size * scale / StrokeFont.unitsPerSize
    let length = TextMark.width(of: mark.text, size: mark.size) * scale
    let shift = mark.anchor == .start ? 0 : mark.anchor == .middle ? 0.5 : 1
    // Letters are 4 of 6 units wide; one unit of space goes before each.
    var x = unit - shift * length
    var strokes: [[Point]] = []
    for scalar in mark.text.unicodeScalars {
      for stroke in StrokeFont.strokes(of: scalar) {
        strokes.append(
          stroke.map { point in
            let (along, up) = (x + point.x * unit, point.y * unit)
            return mark.isVertical
              ? Point(mark.place.x * scale - up, mark.place.y * scale - along)
              : Point(mark.place.x * scale + along, mark.place.y * scale - up)
          })
      }
      x += StrokeFont.advance * unit
    }
    stroke(strokes, unit * (mark.isBold ? 1.45 : 0.95), mark.colour)
  }

  /// Draws lines with round ends, joined into one shape.
  private mutating func stroke(_ lines: [[Point]], _ thickness: Double, _ colour: Colour) {
    let radius = max(thickness / 2, 0.4)
    let reach = radius + 1
    let all = lines.joined()
    guard let minX = all.map(\.x).min(), let maxX = all.map(\.x).max(),
      let minY = all.map(\.y).min(), let maxY = all.map(\.y).max()
    else { return }
    let columns = clamped(minX - reach, width)..<clamped(maxX + reach + 1, width)
    let rows = clamped(minY - reach, height)..<clamped(maxY + reach + 1, height)
    if columns.isEmpty || rows.isEmpty { return }
    var coverage = [Float](repeating: 0, count: columns.count * rows.count)
    for line in lines {
      for i in 0..<max(line.count - 1, min(line.count, 1)) {
        let (a, b) = (line[i], line[min(i + 1, line.count - 1)])
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let squared = dx * dx + dy * dy
        let xs = clamped(min(a.x, b.x) - reach, width)..<clamped(max(a.x, b.x) + reach + 1, width)
        for row in clamped(
          min(a.y, b.y) - reach, height)..<clamped(
            max(a.y, b.y) + reach + 1, height)
        {
          for column in xs {
            let (px, py) = (Double(column) + 0.5 - a.x, Double(row) + 0.5 - a.y)
            let t = squared > 0 ? min(max((px * dx + py * dy) / squared, 0), 1) : 0
            let (ex, ey) = (px - t * dx, py - t * dy)
            let inside = Float(radius + 0.5 - (ex * ex + ey * ey).squareRoot())
            let index = (row - rows.lowerBound) * columns.count + column - columns.lowerBound
            coverage[index] = max(coverage[index], min(inside, 1))
          }
        }
      }
    }
    for (r, row) in rows.enumerated() {
      for (c, column) in columns.enumerated() {
        mix(colour, coverage[r * columns.count + c], row, column)
      }
    }
  }

  private mutating func fillRectangle(_ frame: Frame, _ fill: Colour, _ scale: Double) {
    let (x0, x1) = (frame.x * scale, frame.right * scale)
    let (y0, y1) = (frame.y * scale, frame.bottom * scale)
    for row in clamped(y0, height)..<max(clamped(y0, height), clamped(y1.rounded(.up), height)) {
      let down = min(y1, Double(row + 1)) - max(y0, Double(row))
      for column in clamped(x0, width)..<max(clamped(x0, width), clamped(x1.rounded(.up), width)) {
        let across = min(x1, Double(column + 1)) - max(x0, Double(column))
        mix(fill, Float(min(max(down * across, 0), 1)), row, column)
      }
    }
  }

  /// Nearest pixel when enlarging, the mean of the covered pixels when shrinking.
  private mutating func draw(_ image: Image, _ frame: Frame, _ scale: Double) {
    let (x0, y0) = ((frame.x * scale).rounded(), (frame.y * scale).rounded())
    let columnCount = Int(min((frame.width * scale).rounded(), 1e5))
    let rowCount = Int(min((frame.height * scale).rounded(), 1e5))
    guard columnCount > 0, rowCount > 0, x0 >= 0, y0 >= 0 else { return }
    for r in 0..<rowCount where Int(y0) + r < height {
      let rows = source(r, rowCount, image.height)
      for c in 0..<columnCount where Int(x0) + c < width {
        let columns = source(c, columnCount, image.width)
        var sum = (0, 0, 0)
        for row in rows {
          for column in columns {
            let pixel = image[row: row, column: column]
            sum = (sum.0 + Int(pixel.red), sum.1 + Int(pixel.green), sum.2 + Int(pixel.blue))
          }
        }
        let n = rows.count * columns.count
        let i = 3 * ((Int(y0) + r) * width + Int(x0) + c)
        bytes[i] = UInt8((sum.0 + n / 2) / n)
        bytes[i + 1] = UInt8((sum.1 + n / 2) / n)
        bytes[i + 2] = UInt8((sum.2 + n / 2) / n)
      }
    }
  }

  /// The pixels of a row of `count` that pixel `i` of a row of `targetCount` covers.
  private func source(_ i: Int, _ targetCount: Int, _ count: Int) -> Range<Int> {
    let start = min(i * count / targetCount, count - 1)
    return start..<min(max((i + 1) * count / targetCount, start + 1), count)
  }

  private mutating func mix(_ colour: Colour, _ amount: Float, _ row: Int, _ column: Int) {
    if amount <= 0 { return }
    let i = 3 * (row * width + column)
    func mixed(_ old: UInt8, _ value: UInt8) -> UInt8 {
      if old == value { return old }
      return UInt8((Float(old) + amount * (Float(value) - Float(old))).rounded())
    }
    bytes[i] = mixed(bytes[i], colour.red)
    bytes[i + 1] = mixed(bytes[i + 1], colour.green)
    bytes[i + 2] = mixed(bytes[i + 2], colour.blue)
  }

  private func clamped(_ value: Double, _ limit: Int) -> Int {
    Int(min(max(value.rounded(.down), 0), Double(limit)))
  }

  private func dashes(_ points: [Point], _ on: Double, _ off: Double) -> [[Point]] {
    var pieces: [[Point]] = []
    var piece: [Point] = points.isEmpty ? [] : [points[0]]
    var (isOn, left) = (true, on)
    for i in 1..<max(points.count, 1) {
      var a = points[i - 1]
      let b = points[i]
      var length = hypot(b.x - a.x, b.y - a.y)
      while length > left {
        let t = left / length
        a = Point(a.x + t * (b.x - a.x), a.y + t * (b.y - a.y))
        length -= left
        if isOn { pieces.append(piece + [a]) }
        isOn.toggle()
        left = isOn ? on : off
        piece = [a]
      }
      left -= length
      if isOn { piece.append(b) }
    }
    return isOn ? pieces + [piece] : pieces
  }
}
