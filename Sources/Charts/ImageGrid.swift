// A contact sheet: what the network is shown, what it finds alike.
//
// Idea       Small pictures are enlarged by a whole number of times, so that each pixel stays one.
// Tests      Tests/ChartsTests/ChartTests.swift

import Images

/// A grid of pictures with captions.
public struct ImageGrid: Chart {
  public var title: String
  public var images: [Image]
  /// A line under each picture; may be shorter than `images`.
  public var captions: [String]
  /// Pictures in a row.
  public var columns: Int
  /// Points a picture may take across and down.
  public var cellSize: Double

  public init(
    _ title: String = "", images: [Image], captions: [String] = [], columns: Int = 8,
    cellSize: Double = 96
  ) {
    self.title = title
    self.images = images
    self.captions = captions
    self.columns = max(1, columns)
    self.cellSize = min(max(cellSize, 8), 1000)
  }

  private var rows: Int { (images.count + columns - 1) / columns }
  private var captionHeight: Double { captions.isEmpty ? 0 : 15 }
  private var headHeight: Double { title.isEmpty ? 14 : 42 }

  public var naturalSize: (width: Double, height: Double) {
    let gap = 8.0
    return (
      28 - gap + Double(min(columns, max(images.count, 1))) * (cellSize + gap),
      headHeight + 14 - gap + Double(max(rows, 1)) * (cellSize + captionHeight + gap)
    )
  }

  public func draw(in frame: Frame, on drawing: inout Drawing) {
    if !title.isEmpty { _ = drawHeader(title, [], in: frame, on: &drawing) }
    // In a smaller frame everything shrinks alike.
    let natural = naturalSize
    let scale = min(
      1, (frame.width - 28) / (natural.width - 28),
      (frame.height - headHeight) / (natural.height - headHeight))
    let size = cellSize * scale
    let step = (cellSize + 8) * scale
    for (i, image) in images.enumerated() where image.width > 0 && image.height > 0 {
      let x = frame.x + 14 + step * Double(i % columns)
      let y = frame.y + headHeight + (step + captionHeight) * Double(i / columns)
      let longest = Double(max(image.width, image.height))
      // Two pixels of the raster picture lie in a point, so half points are whole there.
      let factor =
        longest <= 2 * size ? (2 * size / longest).rounded(.down) / 2 : size / longest
      let (w, h) = (Double(image.width) * factor, Double(image.height) * factor)
      drawing.add(
        .image(image, Frame(x: x + (size - w) / 2, y: y + (size - h) / 2, width: w, height: h)))
      if i < captions.count, !captions[i].isEmpty {
        let fitting = size / max(TextMark.width(of: captions[i], size: 1), 1)
        drawing.text(
          captions[i], x + size / 2, y + size + 11, size: min(10, max(5, fitting)), .quiet,
          anchor: .middle)
      }
    }
  }
}
