// The rows of a PNG file: unpacked, unfiltered, put in their place and turned into colours.
//
// Source     PNG specification §8 (passes), §10 (zlib)
// Read       PNGReader.swift, Bytes/PNGFilters.swift ← this file
// Tests      Tests/FormatsTests/PNGReaderTests.swift

/// The rows of one picture.
struct PNGRows {
  let chunks: PNGChunks

  init(_ chunks: PNGChunks) { self.chunks = chunks }

  /// First column and row, and the steps, of each pass.
  private static let passes = [
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
    (0, 1, 1, 2),
  ]

  private func fail(_ kind: FormatError.Kind, _ problem: String) -> FormatError {
    FormatError(
      kind, format: "PNG", problem, remedy: "the file is damaged: get it again")
  }

  private var bitsPerPixel: Int { chunks.channels * chunks.depth }

  func image() throws(FormatError) -> RasterImage {
    var passes: [(x: Int, y: Int, dx: Int, dy: Int, width: Int, height: Int)] = []
    for (x, y, dx, dy) in chunks.isInterlaced ? Self.passes : [(0, 0, 1, 1)] {
      let width = (chunks.width - x + dx - 1) / dx
      let height = (chunks.height - y + dy - 1) / dy
      if width > 0 && height > 0 { passes.append((x, y, dx, dy, width, height)) }
    }
    let size = passes.reduce(0) { $0 + $1.height * (1 + ($1.width * bitsPerPixel + 7) / 8) }
    var rows = try unpacked(size: size)
    var pixels = [UInt8](repeating: 0, count: 3 * chunks.width * chunks.height)
    var start = 0
    for pass in passes {
      let length = (pass.width * bitsPerPixel + 7) / 8
      try pngUnfilter(
        &rows, from: start, length: length, count: pass.height, step: max(1, bitsPerPixel / 8))
      for row in 0..<pass.height {
        try write(
          rows, from: start + row * (length + 1) + 1, count: pass.width, to: &pixels,
          at: 3 * ((pass.y + row * pass.dy) * chunks.width + pass.x), step: 3 * pass.dx)
      }
      start += pass.height * (length + 1)
    }
    return RasterImage(width: chunks.width, height: chunks.height, bytes: pixels)
  }

  /// The zlib stream's content, of exactly the size the header implies.
  private func unpacked(size: Int) throws(FormatError) -> [UInt8] {
    let data = chunks.data
    guard data.count >= 6 else { throw fail(.truncated, "\(data.count) bytes of packed rows") }
    guard data[0] & 15 == 8, data[0] >> 4 <= 7, data[1] & 32 == 0,
      (Int(data[0]) << 8 | Int(data[1])) % 31 == 0
    else { throw fail(.malformed, "the packed rows do not begin as zlib's") }
    let (rows, end) = try inflated(data, from: 2, limit: size)
    guard rows.count == size else {
      throw fail(.malformed, "\(rows.count) bytes of rows; \(size) belong to the picture")
    }
    guard data.count - end == 4 else {
      throw fail(
        data.count - end < 4 ? .truncated : .trailing,
        "\(data.count - end) bytes follow the packed rows instead of 4")
    }
    let sum = data[end...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard adler32(rows) == sum else { throw fail(.checksum, "the checksum of the rows is wrong") }
    return rows
  }

  /// Turns one row into colours.
  private func write(
    _ rows: [UInt8], from start: Int, count: Int, to pixels: inout [UInt8], at place: Int, step: Int
  ) throws(FormatError) {
    var o = place
    let (channels, depth) = (chunks.channels, chunks.depth)
    for x in 0..<count {
      if chunks.color == 2 || chunks.color == 6 {
        let bytes = depth / 8
        let i = start + x * channels * bytes
        pixels[o] = rows[i]
        pixels[o + 1] = rows[i + bytes]
        pixels[o + 2] = rows[i + 2 * bytes]
      } else if chunks.color == 3 {
        let entry = 3 * bits(rows, start, x)
        guard entry + 2 < chunks.palette.count else {
          throw fail(.malformed, "a pixel names colour \(entry / 3) of \(chunks.palette.count / 3)")
        }
        for channel in 0..<3 { pixels[o + channel] = chunks.palette[entry + channel] }
      } else {
        let gray = gray(rows, start, x)
        (pixels[o], pixels[o + 1], pixels[o + 2]) = (gray, gray, gray)
      }
      o += step
    }
  }

  private func gray(_ rows: [UInt8], _ start: Int, _ x: Int) -> UInt8 {
    switch (chunks.depth, chunks.color) {
    case (8, _): rows[start + x * chunks.channels]
    case (16, 4): rows[start + 4 * x]
    case (16, _): rows[start + 2 * x] > 0 ? 255 : rows[start + 2 * x + 1]
    default: UInt8(bits(rows, start, x) * 255 / ((1 << chunks.depth) - 1))
    }
  }

  /// A number of 1, 2, 4 or 8 bits, the first ones highest.
  private func bits(_ rows: [UInt8], _ start: Int, _ x: Int) -> Int {
    let depth = chunks.depth
    let byte = Int(rows[start + x * depth / 8])
    return byte >> (8 - depth - x * depth % 8) & ((1 << depth) - 1)
  }
}
