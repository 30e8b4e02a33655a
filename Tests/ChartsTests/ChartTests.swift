import Formats
import Foundation
import Images
import Testing

@testable import Charts

private func lines(_ drawing: Drawing, wider width: Double = 1.5) -> [[Point]] {
  drawing.marks.compactMap {
    if case .line(let points, _, width..., _) = $0, points.count > 1 { points } else { nil }
  }
}

private func discs(_ drawing: Drawing) -> Int {
  drawing.marks.filter { if case .disc = $0 { true } else { false } }.count
}

private func texts(_ drawing: Drawing) -> [TextMark] {
  drawing.marks.compactMap { if case .text(let mark) = $0 { mark } else { nil } }
}

/// The rectangle a text covers.
private func extent(_ mark: TextMark) -> Frame {
  let length = TextMark.width(of: mark.text, size: mark.size)
  let shift = mark.anchor == .start ? 0 : mark.anchor == .middle ? length / 2 : length
  return mark.isVertical
    ? Frame(
      x: mark.place.x - 0.7 * mark.size, y: mark.place.y - length + shift, width: mark.size,
      height: length)
    : Frame(
      x: mark.place.x - shift, y: mark.place.y - 0.7 * mark.size, width: length, height: mark.size)
}

private func overlap(_ a: Frame, _ b: Frame) -> Bool {
  a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom
}

@Suite("Line charts") struct LineChartTests {
  private func curve(_ values: [Double], log: Bool = false) -> Drawing {
    LineChart("t", series: [.init("t", values: values)], isLogarithmic: log).drawing()
  }

  @Test("a value that is not finite is a gap; a point between two gaps is a dot")
  func gaps() {
    let drawing = curve([1, 2, .nan, 3, .infinity, 4, 5, 6])
    #expect(lines(drawing).map(\.count) == [2, 3])
    #expect(discs(drawing) == 1)
    let log = curve([1, 0, -1, 10, 100], log: true)
    #expect(lines(log).map(\.count) == [2] && discs(log) == 1)
  }

  @Test("a single point, a constant and no values at all still draw")
  func degenerate() {
    #expect(discs(curve([7])) == 1)
    let constant = lines(curve([3, 3, 3]))
    #expect(constant.first?.allSatisfy { $0.y == constant[0][0].y } == true)
    #expect(texts(curve([])).contains { $0.text == "no values" })
    #expect(texts(curve([.nan])).contains { $0.text == "no values" })
    #expect(!texts(curve([1])).contains { $0.text == "no values" })
    for value in [1e308, -1e308, Double.leastNonzeroMagnitude, 0] {
      _ = curve([value, 1, 2]).image(scale: 0.5)
    }
  }

  @Test("larger values stand higher and later ones further right, inside the page")
  func orientation() {
    let points = lines(curve([1, 2, 4]))[0]
    #expect(points[0].y > points[1].y && points[1].y > points[2].y)
    #expect(points[0].x < points[1].x && points[1].x < points[2].x)
    #expect(points.allSatisfy { (0...560).contains($0.x) && (0...360).contains($0.y) })
  }

  @Test("a long curve is thinned but keeps its highest and lowest point")
  func thinning() {
    var values = (0..<100_000).map { sin(Double($0) / 5000) }
    values[54_321] = 9
    values[12_345] = -9
    let thin = lines(curve(values))[0]
    #expect(thin.count < 6000)
    let (top, bottom) = (thin.map(\.y).min() ?? 0, thin.map(\.y).max() ?? 0)
    let short = lines(curve([9, -9]))[0]
    #expect((top - short[0].y).magnitude < 1 && (bottom - short[1].y).magnitude < 1)
  }

  @Test("no two texts of a sheet overlap, and none leaves the page")
  func layout() {
    let sheet = ChartSheet(
      "A run",
      panels: [
        LineChart(
          "Losses", xLabel: "step", yLabel: "loss",
          series: (0..<9).map { .init("series number \($0)", values: [1e-3, 123_456, Double($0)]) }),
        LineChart(
          "Learning rate", xLabel: "epoch", yLabel: "rate",
          series: [.init("a", values: [1e-7, 10])],
          isLogarithmic: true),
        BarChart(
          "Accuracy of several encoders with a long headline", yLabel: "%",
          groups: ["ResNet-18", "a rather long name", "ResNet-50 with a projector"],
          series: [.init("random", [10, 20.5, -3]), .init("trained", [99.9, .nan, 70])]),
        ImageGrid(
          "Views", images: [Image](repeating: Image(width: 9, height: 5), count: 5),
          captions: ["one", "a very long caption that must shrink", "", "four"], columns: 3),
      ])
    let drawing = sheet.drawing()
    let marks = texts(drawing)
    #expect(marks.count > 40)
    for (i, a) in marks.enumerated() {
      let frame = extent(a)
      #expect(frame.x >= 0 && frame.right <= drawing.width, "\(a.text)")
      #expect(frame.y >= 0 && frame.bottom <= drawing.height, "\(a.text)")
      for b in marks[..<i] { #expect(!overlap(frame, extent(b)), "\(a.text) and \(b.text)") }
    }
  }
}

@Suite("Bar charts") struct BarChartTests {
  @Test("bars are as high as their values, start at zero, and carry their values")
  func bars() {
    let chart = BarChart(
      "", groups: ["a", "b"], series: [.init("", [10, -5]), .init("", [20, .nan])], decimals: 2)
    let drawing = chart.drawing()
    let bars = drawing.marks.dropFirst().compactMap {
      if case .rectangle(let frame, _) = $0 { frame } else { nil }
    }
    #expect(bars.count == 3)
    #expect((bars[1].height - 2 * bars[0].height).magnitude < 1e-9)
    #expect((bars[0].bottom - bars[1].bottom).magnitude < 1e-9)
    #expect((bars[2].y - bars[0].bottom).magnitude < 1e-9)
    #expect((bars[0].height - 2 * bars[2].height).magnitude < 1e-9)
    let words = texts(drawing).map(\.text)
    for word in ["10.00", "20.00", "-5.00", "n/a", "a", "b"] { #expect(words.contains(word)) }
  }

  @Test("no groups and no series still draw")
  func empty() {
    #expect(BarChart("", groups: [], series: []).image(scale: 1).width == 560)
  }
}

@Suite("Drawings") struct DrawingTests {
  @Test("the raster picture shows an enlarged image pixel by pixel")
  func imageGrid() {
    var picture = Image(width: 2, height: 2)
    picture[row: 0, column: 0] = (255, 0, 0)
    picture[row: 1, column: 1] = (0, 0, 255)
    let sheet = ImageGrid(images: [picture], columns: 1, cellSize: 10).image(scale: 2)
    // The cell begins 14 points from the left and the top; each pixel is 10 pixels wide.
    #expect(sheet[row: 28, column: 28] == (255, 0, 0))
    #expect(sheet[row: 37, column: 37] == (255, 0, 0))
    #expect(sheet[row: 38, column: 37] == (0, 0, 0))
    #expect(sheet[row: 47, column: 47] == (0, 0, 255))
    #expect(sheet[row: 48, column: 48] == (255, 255, 255))
  }

  @Test("an image larger than its cell is shrunk to means")
  func shrinking() {
    var picture = Image(width: 200, height: 200)
    for row in 0..<200 {
      for column in 0..<200 where (row + column) % 2 == 0 {
        picture[row: row, column: column] = (255, 255, 255)
      }
    }
    let sheet = ImageGrid(images: [picture], columns: 1, cellSize: 50).image(scale: 2)
    #expect(sheet[row: 60, column: 60] == (128, 128, 128))
  }

  @Test("a line covers as many pixels as it is long and wide")
  func coverage() {
    var drawing = Drawing(width: 100, height: 100, title: "")
    drawing.line(Point(20.3, 31.7), Point(80.3, 31.7), Colour(0), width: 4)
    let image = drawing.image(scale: 1)
    let ink = image.bytes.reduce(0.0) { $0 + (255 - Double($1)) / 255 } / 3
    #expect((ink - (60 * 4 + 4 * Double.pi)).magnitude < 4)  // with its two round ends
  }

  @Test("every printable letter has a shape of its own; others are an empty box")
  func font() {
    var shapes: Set<[[Point]]> = []
    for code in 33...126 {
      let strokes = Unicode.Scalar(UInt32(code)).map(StrokeFont.strokes) ?? []
      #expect(!strokes.isEmpty && strokes.allSatisfy { !$0.isEmpty }, "\(code)")
      for point in strokes.joined() {
        #expect((0...4).contains(point.x) && (-2...7).contains(point.y), "\(code)")
      }
      #expect(shapes.insert(strokes).inserted, "\(code)")
    }
    #expect(StrokeFont.strokes(of: " ").isEmpty)
    #expect(StrokeFont.strokes(of: "é") == StrokeFont.strokes(of: "∑"))
    #expect(!StrokeFont.strokes(of: "é").isEmpty)
  }

  @Test("SVG is escaped, titled, and the same every time")
  func svg() {
    let chart = LineChart(
      "a < b & \"c\" \u{1}", series: [.init("x", values: [1, 2]), .init("y", values: [2, 1])])
    let svg = chart.svg()
    #expect(svg == chart.svg())
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 560 360\""))
    #expect(svg.contains("<title id=\"chart-title\">a &lt; b &amp; &quot;c&quot; \u{FFFD}</title>"))
    #expect(svg.contains("<rect x=\"0\" y=\"0\" width=\"560\" height=\"360\" fill=\"#FFFFFF\"/>"))
    #expect(svg.components(separatedBy: "stroke-width=\"1.80\"").count == 3)
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    let grid = ImageGrid(images: [Image(width: 1, height: 1)]).svg()
    #expect(grid.contains("href=\"data:image/png;base64,iVBORw0KGgo"))
  }

  @Test("a chart is written by the ending of its name")
  func write() throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "charts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let chart = BarChart("b", groups: ["g"], series: [.init("s", [1])])
    try chart.write(to: directory.appending(path: "b.svg").path)
    try chart.write(to: directory.appending(path: "b.png").path)
    let png = try Data(contentsOf: directory.appending(path: "b.png"))
    #expect(Array(png.prefix(4)) == [0x89, 0x50, 0x4E, 0x47] && png.count < 100_000)
    #expect(throws: FormatError.self) { try chart.write(to: directory.path + "/b.gif") }
  }
}
