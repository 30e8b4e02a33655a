// What a cell shows: pictures and charts, beside what it prints.
//
// Idea       A notebook is one program (NotebookRunner/NotebookProgram.swift). Text goes to standard output,
//            and so do pictures, as framed records between the lines, so that both stay in order.
// Read       this file → Marks.swift → NotebookRunner/CapturedOutput.swift
// Tests      Tests/NotebookRunnerTests/NotebookRunTests.swift

import Charts
import Formats
import Images

/// Shows a picture below the cell.
///
/// Outside a notebook, one line says that there is a picture.
///
/// - Parameters:
///   - image: At least one pixel.
///   - title: What is written where pictures cannot be shown, in one line.
///   - scale: Pixels of the picture that are shown as one point.
public func display(_ image: Image, title: String = "picture", scale: Double = 1) {
  guard Marks.areWanted else {
    return print("(\(title), \(image.width) × \(image.height); shown by mvmr notebook run)")
  }
  guard
    let png = try? PNGWriter.encode(
      width: image.width, height: image.height, channels: 3, bytes: image.bytes)
  else { return print("(\(title): no pixels)") }
  Marks.emit(
    .picture(
      PictureRecord(
        png: png, width: points(image.width, scale), height: points(image.height, scale),
        title: title)))
}

/// Shows a chart below the cell: two pixels a point, or fewer where it is wide.
public func display(_ chart: some Chart) {
  let scale = max(1, min(2, 1200 / chart.naturalSize.width))
  display(
    chart.image(scale: scale), title: chart.title.isEmpty ? "chart" : chart.title, scale: scale)
}

/// Shows several charts side by side.
///
/// - Parameters:
///   - charts: From left to right, then down.
///   - columns: How many stand in a row.
public func display(_ charts: [any Chart], columns: Int = 2) {
  display(ChartSheet(panels: charts, columns: columns))
}

private func points(_ pixels: Int, _ scale: Double) -> Int {
  max(1, Int((Double(pixels) / max(scale, 0.01)).rounded()))
}
