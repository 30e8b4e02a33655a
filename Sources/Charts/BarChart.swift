// Bars side by side: what an untrained and a trained encoder reach, method against method.
//
// Idea       Every bar carries its value, so that nobody measures with a ruler; bars start at zero.
// Tests      Tests/ChartsTests/ChartTests.swift

import Foundation

/// A chart of groups of bars.
public struct BarChart: Chart {
  /// Bars of one colour, one in each group.
  public struct Series: Sendable {
    public var name: String
    /// One value a group; not finite means there is none.
    public var values: [Double]

    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  public var title: String
  public var yLabel: String
  /// A word under each group.
  public var groups: [String]
  public var series: [Series]
  /// Digits after the decimal point of the values on the bars.
  public var decimals: Int

  public init(
    _ title: String, yLabel: String = "", groups: [String], series: [Series], decimals: Int = 1
  ) {
    self.title = title
    self.yLabel = yLabel
    self.groups = groups
    self.series = series
    self.decimals = min(max(decimals, 0), 9)
  }

  public var naturalSize: (width: Double, height: Double) { (560, 360) }

  public func draw(in frame: Frame, on drawing: inout Drawing) {
    let top = drawHeader(title, series.map(\.name), in: frame, on: &drawing)
    let values = series.flatMap(\.values).filter(\.isFinite)
    let (highest, lowest) = (max(values.max() ?? 1, 0), min(values.min() ?? 0, 0))
    // Room above the highest bar for its value, and below the lowest if it hangs.
    let room = 0.08 * (highest - lowest)
    let axis = Axis(
      [0, highest + room, lowest < 0 ? lowest - room : 0],
      tickCount: max(2, Int((frame.height - 80) / 45)), margin: 0)
    let labelWidth = axis.ticks.map { TextMark.width(of: $0.label, size: 11) }.max() ?? 0
    let left = 14 + labelWidth + 8 + (yLabel.isEmpty ? 0 : 16)
    let plot = Frame(
      x: frame.x + left, y: top, width: max(10, frame.width - left - 18),
      height: max(10, frame.bottom - 44 - top))
    for tick in axis.ticks {
      guard let fraction = axis.fraction(tick.value) else { continue }
      let y = plot.bottom - fraction * plot.height
      drawing.line(Point(plot.x, y), Point(plot.right, y))
      drawing.text(tick.label, plot.x - 7, y + 3.5, .quiet, anchor: .end)
    }
    if !yLabel.isEmpty {
      drawing.text(
        yLabel, frame.x + 20, plot.y + plot.height / 2, .quiet, anchor: .middle, isVertical: true)
    }
    let slot = plot.width / Double(max(groups.count, 1))
    for (i, group) in groups.enumerated() {
      drawBars(i, plot.x + slot * Double(i), slot, plot, axis, &drawing)
      drawLabel(group, plot.x + slot * (Double(i) + 0.5), plot.bottom + 17, slot - 6, &drawing)
    }
    let zero = plot.bottom - (axis.fraction(0) ?? 0) * plot.height
    drawing.line(Point(plot.x, zero), Point(plot.right, zero), .quiet)
  }

  private func drawBars(
    _ group: Int, _ x: Double, _ slot: Double, _ plot: Frame, _ axis: Axis,
    _ drawing: inout Drawing
  ) {
    let width = min(64, 0.8 * slot / Double(max(series.count, 1)))
    let start = x + (slot - width * Double(series.count)) / 2
    let zero = plot.bottom - (axis.fraction(0) ?? 0) * plot.height
    for (j, bars) in series.enumerated() {
      let value = group < bars.values.count ? bars.values[group] : .nan
      let centre = start + width * (Double(j) + 0.5)
      guard let fraction = axis.fraction(value) else {
        drawing.text("n/a", centre, zero - 5, size: 10, .quiet, anchor: .middle)
        continue
      }
      let y = plot.bottom - fraction * plot.height
      drawing.add(
        .rectangle(
          Frame(
            x: centre - width / 2 + 1.5, y: min(y, zero), width: max(1, width - 3),
            height: (zero - y).magnitude),
          fill: .series(j)))
      let label = String(format: "%.\(decimals)f", value)
      let size = min(11, max(6, (width + 2) / (0.6 * Double(label.count))))
      drawing.text(
        label, centre, value < 0 ? y + size + 2 : y - 4, size: size, anchor: .middle)
    }
  }

  /// A label on one line, on two if it is too long, smaller if it still is.
  private func drawLabel(
    _ label: String, _ x: Double, _ y: Double, _ room: Double, _ drawing: inout Drawing
  ) {
    var lines = [label]
    if TextMark.width(of: label, size: 11) > room {
      let words = label.split(separator: " ").map(String.init)
      let halves = (1..<max(words.count, 2)).map { cut -> [String] in
        [words.prefix(cut).joined(separator: " "), words.dropFirst(cut).joined(separator: " ")]
      }
      func longest(_ half: [String]) -> Int { half.map(\.count).max() ?? 0 }
      lines = halves.min { longest($0) < longest($1) } ?? lines
    }
    let longest = lines.map { TextMark.width(of: $0, size: 11) }.max() ?? 0
    let size = min(11, max(6, 11 * room / max(longest, 1)))
    for (i, line) in lines.enumerated() where !line.isEmpty {
      drawing.text(line, x, y + 14 * Double(i), size: size, anchor: .middle)
    }
  }
}
