// The frame of a JPEG image: its extent, its components, and what of them has been read.
//
// Source     ITU-T T.81 B.2.2, A.1.1, A.2.3
// Formula    component extent  wᵢ = ⌈W Hᵢ / H⌉, hᵢ = ⌈H Vᵢ / V⌉;  units ⌈W / 8H⌉ × ⌈H / 8V⌉
// Progress   Of each coefficient the lowest bit seen so far is kept. A progressive image in which one of
//            the first ten never became exact is refused: decoders guess it from the neighbours.
// Read       JPEGReader.swift ← this file → JPEGTables.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

import JPEGDecoding

/// A frame header and the memory of its components.
struct JPEGFrame {
  struct Component {
    let identifier: UInt8
    let table: Int
    let plane: SampledPlane
    /// For each coefficient the lowest bit that is known; −1 where nothing is.
    var lowest = [Int](repeating: -1, count: 64)
  }

  let width: Int
  let height: Int
  let isProgressive: Bool
  let unitsAcross: Int
  let unitsDown: Int
  var components: [Component] = []

  /// Reads a frame header; memory is taken only when the file can fill it.
  init(_ body: inout ByteReader, isProgressive: Bool, bytesLeft: Int) throws(FormatError) {
    self.isProgressive = isProgressive
    let start = body.place
    func fail(_ kind: FormatError.Kind, _ problem: String, _ remedy: String = "") -> FormatError {
      FormatError(kind, format: "JPEG", at: start, problem, remedy: remedy)
    }
    let precision = try body.byte()
    guard precision == 8 else {
      throw fail(
        .unsupported, "samples of \(precision) bits; only 8 are read",
        "save the image with 8 bits a sample")
    }
    height = try body.bigEndian16()
    width = try body.bigEndian16()
    guard height > 0 else {
      throw fail(.unsupported, "the number of lines is 0, to be told after the first scan")
    }
    try RasterImage.check(width: width, height: height, format: "JPEG", at: start)
    let count = Int(try body.byte())
    guard [1, 3, 4].contains(count) else {
      throw fail(.unsupported, "\(count) components; images have 1, 3 or 4")
    }
    guard body.remaining == 3 * count else {
      throw fail(.malformed, "a frame header of \(count) components and \(body.remaining) bytes")
    }
    var specifications: [(identifier: UInt8, h: Int, v: Int, table: Int)] = []
    for _ in 0..<count {
      let identifier = try body.byte()
      let factors = Int(try body.byte())
      let (h, v, table) = (factors >> 4, factors & 15, Int(try body.byte()))
      guard (1...4).contains(h), (1...4).contains(v), table < 4,
        !specifications.contains(where: { $0.identifier == identifier })
      else {
        throw fail(.malformed, "component \(identifier) with factors \(h) × \(v), table \(table)")
      }
      specifications.append((identifier, h, v, table))
    }
    let (most, mostDown) =
      (specifications.map(\.h).max() ?? 1, specifications.map(\.v).max() ?? 1)
    guard specifications.allSatisfy({ most % $0.h == 0 && mostDown % $0.v == 0 }) else {
      throw fail(.unsupported, "sampling factors of which one does not divide the largest")
    }
    unitsAcross = (width + 8 * most - 1) / (8 * most)
    unitsDown = (height + 8 * mostDown - 1) / (8 * mostDown)
    let extents = specifications.map {
      ((width * $0.h + most - 1) / most, (height * $0.v + mostDown - 1) / mostDown)
    }
    let blocks = extents.reduce(0) { $0 + ($1.0 + 7) / 8 * (($1.1 + 7) / 8) }
    guard blocks <= (isProgressive ? 8 : 4) * bytesLeft else {
      throw fail(
        .truncated, "\(width) × \(height) pixels cannot lie in the \(bytesLeft) bytes that follow",
        "the file was cut or is damaged: get it again")
    }
    for ((identifier, h, v, table), extent) in zip(specifications, extents) {
      components.append(
        Component(
          identifier: identifier, table: table,
          plane: SampledPlane(
            width: extent.0, height: extent.1, horizontal: h, vertical: v, unitsAcross: unitsAcross,
            unitsDown: unitsDown, keepsCoefficients: isProgressive)))
    }
  }

  /// The pixels, when all scans have been read.
  func image(color: ComponentColor) throws(FormatError) -> RasterImage {
    for component in components {
      guard component.lowest[..<10].allSatisfy({ $0 == 0 }) else {
        throw FormatError(
          .malformed, format: "JPEG",
          "component \(component.identifier) is incomplete: a scan of it is missing",
          remedy: "the file was cut: get it again")
      }
      component.plane.transform()
    }
    return RasterImage(
      width: width, height: height,
      bytes: pixels(components.map(\.plane), color: color, width: width, height: height))
  }
}
