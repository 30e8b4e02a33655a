// Curves over steps or epochs: losses, accuracies, learning rates.
//
// Idea       A value that is not finite is a gap, never a line to nowhere; a single point is a dot.
// Read       Drawing.swift, Axis.swift ← this file → ChartSheet.swift
// Tests      Tests/ChartsTests/ChartTests.swift

/// A chart of one or more curves.
public struct LineChart: Chart {
  /// One curve.
  public struct Series: Sendable {
    public var name: String
    /// Values in the order of their x; not finite means a gap.
    public var points: [Point]

    public init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
    }

    /// Values at x = 0, 1, 2 and so on.
    public init(_ name: String, values: [Double]) {
      self.init(name, values.enumerated().map { Point(Double($0.offset), $0.element) })
    }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  public var series: [Series]
  /// Whether equal steps upwards multiply; values of 0 and less are then gaps.
  public var isLogarithmic: Bool

  public init(
    _ title: String, xLabel: String = "", yLabel: String = "", series: [Series],
    isLogarithmic: Bool = false
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
    self.isLogarithmic = isLogarithmic
  }

  public var naturalSize: (width: Double, height: Double) { (560, 360) }

  public func draw(in frame: Frame, on drawing: inout Drawing) {
    let names = series.map(\.name)
    let top = drawHeader(title, names, in: frame, on: &drawing)
    let yAxis = Axis(
      series.flatMap { $0.points.map(\.y) }, isLogarithmic: isLogarithmic,
      tickCount: max(2, Int((frame.height - 80) / 45)), margin: 0.05)
    let labelWidth = yAxis.ticks.map { TextMark.width(of: $0.label, size: 11) }.max() ?? 0
    let left = 14 + labelWidth + 8 + (yLabel.isEmpty ? 0 : 16)
    let bottom = 26.0 + (xLabel.isEmpty ? 4 : 20)
    let plot = Frame(
      x: frame.x + left, y: top, width: max(10, frame.width - left - 18),
      height: max(10, frame.bottom - bottom - top))
    let xAxis = Axis(
      series.flatMap { $0.points.map(\.x) }, tickCount: max(2, Int(plot.width / 75)), margin: 0.02)

    drawGrid(plot, xAxis, yAxis, on: &drawing)
    for (i, curve) in series.enumerated() {
      draw(
        curve, Colour.series(i), isDashed: i >= Colour.palette.count, plot, xAxis, yAxis, &drawing)
    }
    if !xLabel.isEmpty {
      drawing.text(
        xLabel, plot.x + plot.width / 2, frame.bottom - 10, .quiet, anchor: .middle)
    }
    if !yLabel.isEmpty {
      drawing.text(
        yLabel, frame.x + 20, plot.y + plot.height / 2, .quiet, anchor: .middle, isVertical: true)
    }
  }

  private func drawGrid(_ plot: Frame, _ xAxis: Axis, _ yAxis: Axis, on drawing: inout Drawing) {
    for tick in yAxis.ticks {
      guard let fraction = yAxis.fraction(tick.value), (0...1).contains(fraction) else { continue }
      let y = plot.bottom - fraction * plot.height
      drawing.line(Point(plot.x, y), Point(plot.right, y))
      drawing.text(tick.label, plot.x - 7, y + 3.5, .quiet, anchor: .end)
    }
    for tick in xAxis.ticks {
      guard let fraction = xAxis.fraction(tick.value), (0...1).contains(fraction) else { continue }
      let x = plot.x + fraction * plot.width
      drawing.line(Point(x, plot.bottom), Point(x, plot.bottom + 4), .quiet)
      drawing.text(tick.label, x, plot.bottom + 17, .quiet, anchor: .middle)
    }
    drawing.line(Point(plot.x, plot.bottom), Point(plot.right, plot.bottom), .quiet)
    if !series.contains(where: { $0.points.contains { yAxis.fraction($0.y) != nil } }) {
      drawing.text(
        "no values", plot.x + plot.width / 2, plot.y + plot.height / 2, .quiet, anchor: .middle)
    }
  }

  private func draw(
    _ curve: Series, _ colour: Colour, isDashed: Bool, _ plot: Frame, _ xAxis: Axis,
    _ yAxis: Axis, _ drawing: inout Drawing
  ) {
    var run: [Point] = []
    func finish(_ drawing: inout Drawing) {
      if run.count == 1 {
        drawing.add(.disc(run[0], radius: 3, fill: colour))
      } else if run.count > 1 {
        drawing.add(
          .line(thinned(run), colour: colour, width: 1.8, isDashed: isDashed))
      }
      run = []
    }
    for point in curve.points {
      if let x = xAxis.fraction(point.x), let y = yAxis.fraction(point.y) {
        run.append(Point(plot.x + x * plot.width, plot.bottom - y * plot.height))
      } else {
        finish(&drawing)
      }
    }
    finish(&drawing)
  }

  /// At most four points for every half point of width: first, lowest, highest, last.
  ///
  /// A long run has more steps than the page has room; what the eye sees stays the same.
  private func thinned(_ points: [Point]) -> [Point] {
    if points.count < 2000 { return points }
    var kept: [Point] = []
    var start = 0
    while start < points.count {
      let column = (2 * points[start].x).rounded(.down)
      var end = start
      var (lowest, highest) = (start, start)
      while end < points.count, (2 * points[end].x).rounded(.down) == column {
        if points[end].y < points[highest].y { highest = end }
        if points[end].y > points[lowest].y { lowest = end }
        end += 1
      }
      kept += Set([start, lowest, highest, end - 1]).sorted().map { points[$0] }
      start = end
    }
    return kept
  }
}

/// Draws a headline and, for more than one name, a legend; returns where the plot may begin.
func drawHeader(
  _ title: String, _ names: [String], in frame: Frame, on drawing: inout Drawing
) -> Double {
  var y = frame.y + 12
  if !title.isEmpty {
    y += 14
    let width = max(frame.width - 28, 1)
    let size = min(15, max(8, 15 * width / max(TextMark.width(of: title, size: 15), 1)))
    drawing.text(title, frame.x + 14, y, size: size, isBold: true)
  }
  let shown = names.enumerated().filter { !$0.element.isEmpty }
  if shown.count > 1 || (shown.count == 1 && shown[0].element != title) {
    y += 20
    var x = frame.x + 14
    for (i, name) in shown {
      let width = 18 + TextMark.width(of: name, size: 11) + 16
      if x + width > frame.right - 8, x > frame.x + 14 {
        x = frame.x + 14
        y += 17
      }
      drawing.add(
        .line(
          [Point(x, y - 4), Point(x + 13, y - 4)], colour: .series(i), width: 3.5,
          isDashed: false))
      drawing.text(name, x + 18, y)
      x += width
    }
  }
  return y + 16
}
