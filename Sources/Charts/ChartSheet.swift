// Several charts on one page, under one headline.
//
// Tests      Tests/ChartsTests/ChartTests.swift

/// Panels in a grid.
public struct ChartSheet: Chart {
  public var title: String
  public var panels: [any Chart]
  /// Panels in a row.
  public var columns: Int

  public init(_ title: String = "", panels: [any Chart], columns: Int = 2) {
    self.title = title
    self.panels = panels
    self.columns = max(1, columns)
  }

  private var headHeight: Double { title.isEmpty ? 0 : 38 }
  private var rows: [[any Chart]] {
    stride(from: 0, to: panels.count, by: columns).map {
      Array(panels[$0..<min($0 + columns, panels.count)])
    }
  }

  /// Columns as wide as the widest panel, rows as high as their highest.
  public var naturalSize: (width: Double, height: Double) {
    let width = panels.map(\.naturalSize.width).max() ?? 300
    let heights = rows.map { $0.map(\.naturalSize.height).max() ?? 0 }
    return (
      width * Double(min(columns, max(panels.count, 1))),
      headHeight + max(heights.reduce(0, +), 60)
    )
  }

  public func draw(in frame: Frame, on drawing: inout Drawing) {
    if !title.isEmpty {
      drawing.text(
        title, frame.x + frame.width / 2, frame.y + 28, size: 18, anchor: .middle, isBold: true)
    }
    let natural = naturalSize
    let width = frame.width / Double(min(columns, max(panels.count, 1)))
    let scale = (frame.height - headHeight) / (natural.height - headHeight)
    var y = frame.y + headHeight
    for row in rows {
      let height = scale * (row.map(\.naturalSize.height).max() ?? 0)
      for (i, panel) in row.enumerated() {
        panel.draw(
          in: Frame(x: frame.x + width * Double(i), y: y, width: width, height: height),
          on: &drawing)
      }
      y += height
    }
  }
}
