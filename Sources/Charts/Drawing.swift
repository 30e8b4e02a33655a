// A drawing: marks on a page, from which both the SVG and the raster picture are made.
//
// Idea       Charts lay themselves out once, as a list of marks in points; SVGWriter.swift and
//            Rasteriser.swift each turn the same list into their own medium, so the two agree.
// Units      Points, y downwards, text placed by its baseline. One point is one SVG unit.
// Read       this file → Axis.swift → LineChart.swift → SVGWriter.swift, Rasteriser.swift
// Tests      Tests/ChartsTests/ChartTests.swift

import Formats
import Images

/// A colour of 8 bits a channel.
public struct Colour: Hashable, Sendable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  /// A colour from `0xRRGGBB`.
  public init(_ hex: UInt32) {
    red = UInt8(truncatingIfNeeded: hex >> 16)
    green = UInt8(truncatingIfNeeded: hex >> 8)
    blue = UInt8(truncatingIfNeeded: hex)
  }

  static let paper = Colour(0xFFFFFF)
  static let ink = Colour(0x222222)
  static let quiet = Colour(0x5C5C5C)
  static let grid = Colour(0xE2E2E2)

  /// Colours that people with any kind of colour vision can tell apart (Okabe and Ito, 2008).
  static let palette = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x222222]
    .map { Colour($0) }

  /// The colour of the series with this index; the palette repeats.
  static func series(_ index: Int) -> Colour { palette[index % palette.count] }
}

/// A place on the page, in points.
public struct Point: Hashable, Sendable {
  public var x: Double
  public var y: Double

  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// A rectangle on the page, in points.
public struct Frame: Hashable, Sendable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  var right: Double { x + width }
  var bottom: Double { y + height }
}

/// Which part of a text stands at its place.
enum TextAnchor: String, Sendable {
  case start
  case middle
  case end
}

/// A line of text.
struct TextMark: Sendable {
  var text: String
  /// The anchor on the baseline.
  var place: Point
  var size = 11.0
  var colour = Colour.ink
  var anchor = TextAnchor.start
  var isBold = false
  /// Turned by 90° to read upwards.
  var isVertical = false

  /// Every letter is 0.6 of the size wide, on the page and in the built-in font.
  static func width(of text: String, size: Double) -> Double {
    0.6 * size * Double(text.unicodeScalars.count)
  }
}

/// One element of a drawing.
enum Mark: Sendable {
  case rectangle(Frame, fill: Colour)
  case line([Point], colour: Colour, width: Double, isDashed: Bool)
  case disc(Point, radius: Double, fill: Colour)
  case text(TextMark)
  case image(Image, Frame)
}

/// A page with marks.
public struct Drawing: Sendable {
  /// Points across.
  public let width: Double
  /// Points down.
  public let height: Double
  /// What a screen reader says.
  public let title: String
  var marks: [Mark] = []

  init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    self.title = title
  }

  mutating func add(_ mark: Mark) { marks.append(mark) }

  mutating func line(
    _ a: Point, _ b: Point, _ colour: Colour = .grid, width: Double = 1
  ) {
    marks.append(.line([a, b], colour: colour, width: width, isDashed: false))
  }

  mutating func text(
    _ text: String, _ x: Double, _ y: Double, size: Double = 11, _ colour: Colour = .ink,
    anchor: TextAnchor = .start, isBold: Bool = false, isVertical: Bool = false
  ) {
    marks.append(
      .text(
        TextMark(
          text: text, place: Point(x, y), size: size, colour: colour, anchor: anchor,
          isBold: isBold, isVertical: isVertical)))
  }
}

/// Something that draws itself into a rectangle.
public protocol Chart: Sendable {
  /// The headline.
  var title: String { get }
  /// The size it looks best in, in points.
  var naturalSize: (width: Double, height: Double) { get }
  /// Draws into `frame`.
  func draw(in frame: Frame, on drawing: inout Drawing)
}

extension Chart {
  /// The chart on a page of its own, in its natural size unless told otherwise.
  ///
  /// - Parameters:
  ///   - width: Points across, 100…10 000.
  ///   - height: Points down, 100…10 000.
  /// - Returns: Marks for both media.
  public func drawing(width: Double? = nil, height: Double? = nil) -> Drawing {
    let (w, h) = (width ?? naturalSize.width, height ?? naturalSize.height)
    var drawing = Drawing(
      width: min(max(w, 100), 10_000), height: min(max(h, 100), 10_000), title: title)
    drawing.add(
      .rectangle(
        Frame(x: 0, y: 0, width: drawing.width, height: drawing.height), fill: .paper))
    draw(in: Frame(x: 0, y: 0, width: drawing.width, height: drawing.height), on: &drawing)
    return drawing
  }

  /// The chart as the text of an SVG file.
  public func svg() -> String { drawing().svg() }

  /// The chart as a picture of `scale` pixels a point.
  public func image(scale: Double = 2) -> Image { drawing().image(scale: scale) }

  /// Writes `path`, as SVG or PNG by its ending.
  ///
  /// - Parameter path: A name that ends in `.svg` or `.png`.
  /// - Throws: `unsupported` for other endings, or `io`.
  public func write(to path: String) throws(FormatError) {
    if path.hasSuffix(".svg") {
      try DurableFile(path).write([Array(svg().utf8)], keepsPrevious: false)
    } else if path.hasSuffix(".png") {
      let image = image()
      try PNGWriter.write(
        to: path, width: image.width, height: image.height, channels: 3, bytes: image.bytes)
    } else {
      throw FormatError(
        .unsupported, format: "chart", path: path, "a chart is written as SVG or PNG",
        remedy: "end the name in .svg or .png")
    }
  }
}
