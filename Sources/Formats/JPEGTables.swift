// The tables of a JPEG file, and the header of a scan.
//
// Source     ITU-T T.81 B.2.3 (scan), B.2.4.1 (quantisation), B.2.4.2 (Huffman), G.1.1.1.1 (progression)
// Read       JPEGFrame.swift ← this file
// Tests      Tests/FormatsTests/JPEGTests.swift

import JPEGDecoding

extension JPEGDecoder {
  /// The most scans of one image: enough for every encoder, and an end to files made to take long.
  static let mostScans = 100

  /// Row-major places of the zigzag order.
  static let zigzag: [Int] = (0..<64).sorted { place($0) < place($1) }

  private static func place(_ i: Int) -> Int {
    let (row, column) = (i / 8, i % 8)
    return 8 * (row + column) + ((row + column) % 2 == 0 ? column : row)
  }

  mutating func readQuantizers(_ body: inout ByteReader) throws(FormatError) {
    while body.remaining > 0 {
      let head = try body.byte()
      guard head >> 4 <= 1, head & 15 < 4 else {
        throw fail(
          .malformed, "quantisation table \(head & 15) of kind \(head >> 4)", at: body.place)
      }
      var table = [Int32](repeating: 0, count: 64)
      for i in 0..<64 {
        let value = head >> 4 == 0 ? Int(try body.byte()) : try body.bigEndian16()
        table[Self.zigzag[i]] = Int32(value)
      }
      quantizers[Int(head & 15)] = table
    }
  }

  mutating func readCodes(_ body: inout ByteReader) throws(FormatError) {
    while body.remaining > 0 {
      let place = body.place
      let head = try body.byte()
      guard head >> 4 <= 1, head & 15 < 4 else {
        throw fail(.malformed, "Huffman table \(head & 15) of class \(head >> 4)", at: place)
      }
      let counts = Array(body.bytes[try body.skip(16)])
      let total = counts.reduce(0) { $0 + Int($1) }
      guard total <= 256 else {
        throw fail(.malformed, "a Huffman table of \(total) codes", at: place)
      }
      let symbols = Array(body.bytes[try body.skip(total)])
      guard let code = HuffmanCodebook(counts: counts, symbols: symbols) else {
        throw fail(.malformed, "lengths that are no Huffman code", at: place)
      }
      if head >> 4 == 0 {
        guard code.largestSymbol <= 15 else {
          throw fail(.malformed, "a difference of \(code.largestSymbol) bits", at: place)
        }
        dcCodes[Int(head & 15)] = code
      } else {
        acCodes[Int(head & 15)] = code
      }
    }
  }

  /// Reads a scan's header and its blocks.
  mutating func scan(_ body: inout ByteReader) throws(FormatError) {
    let place = body.place
    guard var frame else { throw fail(.malformed, "a scan before the frame header", at: place) }
    scans += 1
    guard scans <= Self.mostScans else {
      throw fail(.limitExceeded, "more than \(Self.mostScans) scans", at: place)
    }
    let count = Int(try body.byte())
    guard (1...4).contains(count), body.remaining == 2 * count + 3 else {
      throw fail(.malformed, "a scan header of \(count) components", at: place)
    }
    var chosen: [(index: Int, dc: Int, ac: Int)] = []
    for _ in 0..<count {
      let identifier = try body.byte()
      let tables = Int(try body.byte())
      guard let index = frame.components.firstIndex(where: { $0.identifier == identifier }),
        !chosen.contains(where: { $0.index == index }), tables >> 4 < 4, tables & 15 < 4
      else {
        throw fail(.malformed, "component \(identifier) in a scan, tables \(tables)", at: place)
      }
      chosen.append((index, tables >> 4, tables & 15))
    }
    let blocksOfUnit = chosen.reduce(0) {
      let plane = frame.components[$1.index].plane
      return $0 + plane.horizontal * plane.vertical
    }
    guard count == 1 || blocksOfUnit <= 10 else {
      throw fail(.malformed, "\(blocksOfUnit) blocks in a unit; the most are 10", at: place)
    }
    let (first, last, bits) = (
      Int(try body.byte()), Int(try body.byte()), Int(try body.byte())
    )
    let progression = (first: first, last: last, high: bits >> 4, low: bits & 15)
    if frame.isProgressive { try check(progression, components: count, at: place) }
    var parts: [EntropyScan.Component] = []
    for (index, dc, ac) in chosen {
      let component = frame.components[index]
      if component.plane.quantizer.isEmpty {
        guard let table = quantizers[component.table], !table.contains(0) else {
          throw fail(
            .malformed, "quantisation table \(component.table) is not there or holds 0", at: place)
        }
        component.plane.quantizer = table
      }
      let (first, last) = frame.isProgressive ? (first, last) : (0, 63)
      let low = frame.isProgressive ? progression.low : 0
      for k in first...last { frame.components[index].lowest[k] = low }
      parts.append(.init(plane: component.plane, dc: dcCodes[dc], ac: acCodes[ac]))
    }
    self.frame = frame
    let scan = EntropyScan(
      components: parts, unitsAcross: frame.unitsAcross, unitsDown: frame.unitsDown,
      restartInterval: restartInterval, progression: frame.isProgressive ? progression : nil)
    let (end, failure) = scan.decode(reader.bytes, from: reader.position)
    if let failure { throw report(failure, at: end) }
    _ = try reader.skip(end - reader.position)
  }

  private func check(
    _ p: (first: Int, last: Int, high: Int, low: Int), components: Int, at place: FormatError.Place
  ) throws(FormatError) {
    let isBand = p.first == 0 ? p.last == 0 : components == 1 && p.last >= p.first && p.last <= 63
    guard isBand, p.low <= 13, p.high == 0 || p.high == p.low + 1 else {
      throw fail(
        .malformed,
        "a progressive scan of coefficients \(p.first)…\(p.last), bits \(p.high) to \(p.low)",
        at: place)
    }
  }

  private func report(_ failure: EntropyScan.Failure, at end: Int) -> FormatError {
    let damaged = "the file is damaged: get it again"
    return switch failure {
    case .ended:
      fail(.truncated, "the scan ends before its last block", remedy: damaged, at: .byte(end))
    case .noCode: fail(.malformed, "bits that are no code", remedy: damaged, at: .byte(end))
    case .blockOverflow:
      fail(.malformed, "a block of more than 64 coefficients", remedy: damaged, at: .byte(end))
    case .noRestart:
      fail(
        .malformed, "the restart marker that is due is not there", remedy: damaged, at: .byte(end))
    case .noTable: fail(.malformed, "a scan without its Huffman table", at: .byte(end))
    }
  }
}
