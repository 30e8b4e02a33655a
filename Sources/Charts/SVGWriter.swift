// A drawing as SVG: sharp at every size, readable by people and screen readers.
//
// Source     SVG 1.1 (W3C)
// Idea       The page paints its own background, so it reads the same on light and dark sites.
//            Coordinates carry two decimals, so the same chart always gives the same bytes.
// Tests      Tests/ChartsTests/ChartTests.swift

import Formats
import Foundation

extension Drawing {
  /// The text of an SVG file.
  public func svg() -> String {
    let size = "\(number(width)) \(number(height))"
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(number(width))" \
      height="\(number(height))" role="img" aria-labelledby="chart-title" \
      font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">
      <title id="chart-title">\(escaped(title))</title>

      """
    for mark in marks { text += element(mark) + "\n" }
    return text + "</svg>\n"
  }

  private func element(_ mark: Mark) -> String {
    switch mark {
    case .rectangle(let frame, let fill):
      return "<rect \(attributes(frame)) fill=\"\(hex(fill))\"/>"
    case .line(let points, let colour, let width, let isDashed):
      let path = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
      let dashes = isDashed ? " stroke-dasharray=\"6 4\"" : ""
      return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(hex(colour))\" "
        + "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\"\(dashes)/>"
    case .disc(let centre, let radius, let fill):
      return "<circle cx=\"\(number(centre.x))\" cy=\"\(number(centre.y))\" "
        + "r=\"\(number(radius))\" fill=\"\(hex(fill))\"/>"
    case .text(let mark): return element(mark)
    case .image(let image, let frame):
      let png = try? PNGWriter.encode(
        width: image.width, height: image.height, channels: 3, bytes: image.bytes)
      guard let png else { return "" }  // a picture without pixels has nothing to show
      return "<image \(attributes(frame)) image-rendering=\"pixelated\" "
        + "href=\"data:image/png;base64,\(Data(png).base64EncodedString())\"/>"
    }
  }

  private func element(_ mark: TextMark) -> String {
    let (x, y) = (number(mark.place.x), number(mark.place.y))
    let turn = mark.isVertical ? " transform=\"rotate(-90 \(x) \(y))\"" : ""
    let weight = mark.isBold ? " font-weight=\"bold\"" : ""
    return "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(number(mark.size))\" "
      + "fill=\"\(hex(mark.colour))\" text-anchor=\"\(mark.anchor.rawValue)\"\(weight)\(turn)>"
      + "\(escaped(mark.text))</text>"
  }

  private func attributes(_ frame: Frame) -> String {
    "x=\"\(number(frame.x))\" y=\"\(number(frame.y))\" "
      + "width=\"\(number(frame.width))\" height=\"\(number(frame.height))\""
  }

  private func number(_ value: Double) -> String {
    let text = String(format: "%.2f", value)
    let trimmed = text.hasSuffix(".00") ? String(text.dropLast(3)) : text
    return trimmed == "-0" ? "0" : trimmed
  }

  private func hex(_ colour: Colour) -> String {
    String(format: "#%02X%02X%02X", colour.red, colour.green, colour.blue)
  }

  /// Text for an XML file: markup escaped, characters that XML forbids replaced.
  private func escaped(_ text: String) -> String {
    var clean = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": clean += "&amp;"
      case "<": clean += "&lt;"
      case ">": clean += "&gt;"
      case "\"": clean += "&quot;"
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": clean += "\u{FFFD}"
      default: clean.unicodeScalars.append(scalar)
      }
    }
    return clean
  }
}
