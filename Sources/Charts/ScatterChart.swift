// Points in a plane, coloured by what they are: a map of embeddings.
//
// Idea       Both axes have one unit, so that distances on the page are distances in the map.
// Read       Drawing.swift, Axis.swift ← this file
// Tests      Tests/ChartsTests/MapChartTests.swift

/// A chart of points in groups.
public struct ScatterChart: Chart {
  /// Points of one colour.
  public struct Series: Sendable {
    public var name: String
    /// Those that are not finite are left out.
    public var points: [Point]

    public init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  public var title: String
  public var series: [Series]
  /// Radius of a point's disc, in points of the page.
  public var radius: Double

  public init(_ title: String, series: [Series], radius: Double = 2.5) {
    self.title = title
    self.series = series
    self.radius = radius
  }

  public var naturalSize: (width: Double, height: Double) { (360, 380) }

  public func draw(in frame: Frame, on drawing: inout Drawing) {
    let top = drawHeader(title, series.map(\.name), in: frame, on: &drawing)
    let plot = Frame(
      x: frame.x + 14, y: top, width: max(10, frame.width - 28),
      height: max(10, frame.bottom - 14 - top))
    let corners = [
      Point(plot.x, plot.y), Point(plot.right, plot.y), Point(plot.right, plot.bottom),
      Point(plot.x, plot.bottom), Point(plot.x, plot.y),
    ]
    drawing.add(.line(corners, colour: .grid, width: 1, isDashed: false))
    let all = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    guard let first = all.first else {
      drawing.text(
        "no points", plot.x + plot.width / 2, plot.y + plot.height / 2, .quiet, anchor: .middle)
      return
    }
    var (low, high) = (first, first)
    for point in all {
      low = Point(min(low.x, point.x), min(low.y, point.y))
      high = Point(max(high.x, point.x), max(high.y, point.y))
    }
    // Page points a unit; one point alone lies in the middle.
    let inner = 2 * (radius + 3)
    let scale = min(
      (plot.width - inner) / max(high.x - low.x, 1e-300),
      (plot.height - inner) / max(high.y - low.y, 1e-300), 1e300)
    let middle = Point((low.x + high.x) / 2, (low.y + high.y) / 2)
    for (i, group) in series.enumerated() {
      for point in group.points where point.x.isFinite && point.y.isFinite {
        let place = Point(
          plot.x + plot.width / 2 + (point.x - middle.x) * scale,
          plot.y + plot.height / 2 - (point.y - middle.y) * scale)
        drawing.add(.disc(place, radius: radius, fill: .series(i)))
      }
    }
  }
}
