// One scan of a JPEG image: from its bits to the coefficients or samples of its components.
//
// Source     ITU-T T.81 A.2 (order of blocks), E.1.4 and E.2.4 (restart), F.2, G.2
// Order      Several components: units from left to right, row by row; in a unit each component's
//            blocks. One component: its own blocks, row by row, without those that only complete a unit.
// Safety     A block that needs bits beyond its segment ends the scan with a failure, so the work is
//            bounded by the bytes there are and by the blocks that were allocated.
// Read       EntropyReader.swift, ProgressiveBlocks.swift, SampledPlane.swift ← this file
//            → Formats/JPEGReader.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

/// What a scan says about itself.
public struct EntropyScan {
  /// A component in a scan, with its codes.
  public struct Component {
    public let plane: SampledPlane
    public let dc: HuffmanCodebook?
    public let ac: HuffmanCodebook?

    public init(plane: SampledPlane, dc: HuffmanCodebook?, ac: HuffmanCodebook?) {
      (self.plane, self.dc, self.ac) = (plane, dc, ac)
    }
  }

  /// Why a scan cannot be read to its end.
  public enum Failure: Sendable {
    /// The entropy-coded bytes end before the last block.
    case ended
    /// The bits ahead are no code.
    case noCode
    /// More coefficients than a block has.
    case blockOverflow
    /// The restart marker that was due is not there.
    case noRestart
    /// A code table that the scan needs was not given.
    case noTable
  }

  public var components: [Component]
  /// Units in a row of the image, and rows of them, for scans of several components.
  public var unitsAcross: Int
  public var unitsDown: Int
  /// Units between restart markers; 0 for none.
  public var restartInterval: Int
  /// First and last coefficient, and the bits, of a progressive scan; nil for a sequential one.
  public var progression: (first: Int, last: Int, high: Int, low: Int)?

  public init(
    components: [Component], unitsAcross: Int, unitsDown: Int, restartInterval: Int,
    progression: (first: Int, last: Int, high: Int, low: Int)?
  ) {
    self.components = components
    self.unitsAcross = unitsAcross
    self.unitsDown = unitsDown
    self.restartInterval = restartInterval
    self.progression = progression
  }

  /// Reads the scan.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - start: The first entropy-coded byte.
  /// - Returns: Where the search for the next marker goes on, and what stopped the scan, if anything.
  public func decode(_ bytes: [UInt8], from start: Int) -> (position: Int, failure: Failure?) {
    guard start >= 0, start <= bytes.count, (1...4).contains(components.count) else {
      fatalError("EntropyScan: byte \(start) of \(bytes.count), \(components.count) components.")
    }
    return bytes.withUnsafeBufferPointer { input in
      zigzag.withUnsafeBufferPointer { order in
        guard let input = input.baseAddress, let order = order.baseAddress else {
          return (start, .ended)
        }
        var reader = EntropyReader(bytes: input, end: bytes.count, position: start, zigzag: order)
        let failure = run(&reader)
        return (reader.position, failure)
      }
    }
  }

  private func run(_ reader: inout EntropyReader) -> Failure? {
    let alone = components.count == 1
    var parts: [ScanPart] = []
    for component in components {
      guard let part = ScanPart(component, alone: alone, progression: progression) else {
        return .noTable
      }
      parts.append(part)
    }
    let plane = components[0].plane
    let across = alone ? plane.ownBlocksAcross : unitsAcross
    let down = alone ? plane.ownBlocksDown : unitsDown
    var unit = 0
    var restarts = 0
    for y in 0..<down {
      for x in 0..<across {
        if restartInterval > 0 && unit > 0 && unit % restartInterval == 0 {
          guard reader.restart(number: restarts) else { return .noRestart }
          restarts += 1
          for i in parts.indices { parts[i].restart() }
        }
        unit += 1
        for i in parts.indices {
          if let failure = parts[i].unit(&reader, down: y, across: x) { return failure }
        }
      }
    }
    return nil
  }
}

extension EntropyReader {
  /// Moves behind the restart marker that is due.
  fileprivate mutating func restart(number: Int) -> Bool {
    discard()
    while position + 1 < end,
      bytes[position] != 0xFF || bytes[position + 1] == 0xFF
        || bytes[position + 1] == 0
    { position += 1 }
    guard position + 1 < end, bytes[position + 1] == 0xD0 + UInt8(number & 7) else { return false }
    position += 2
    return true
  }
}

/// Tables of a code without symbols.
private nonisolated(unsafe) let unused = CodeTables()

/// A component in a scan: plain pointers, for as long as the scan's components live.
private struct ScanPart {
  private let dc: CodeTables
  private let ac: CodeTables
  private let plane:
    (
      samples: UnsafeMutablePointer<UInt8>, coefficients: UnsafeMutablePointer<Int16>?,
      factors: UnsafePointer<Int32>, blocksAcross: Int
    )
  private let rows: Int
  private let columns: Int
  private let progression: (first: Int, last: Int, high: Int, low: Int)?
  private var predictor: Int32 = 0
  private var emptyBlocks: Int32 = 0

  /// Returns nil when a code is missing that the scan uses.
  init?(
    _ component: EntropyScan.Component, alone: Bool,
    progression: (first: Int, last: Int, high: Int, low: Int)?
  ) {
    let needsDC = progression.map { $0.first == 0 && $0.high == 0 } ?? true
    let needsAC = progression.map { $0.first > 0 } ?? true
    if needsDC && component.dc == nil || needsAC && component.ac == nil { return nil }
    // A code that no block uses stands in for one that is not there.
    (dc, ac) = (component.dc?.tables ?? unused, component.ac?.tables ?? unused)
    let plane = component.plane
    self.plane = (
      plane.samples, plane.coefficients, UnsafePointer(plane.factors), plane.blocksAcross
    )
    if progression != nil && plane.coefficients == nil { return nil }
    (rows, columns) = alone ? (1, 1) : (plane.vertical, plane.horizontal)
    self.progression = progression
  }

  mutating func restart() { (predictor, emptyBlocks) = (0, 0) }

  /// The blocks of this component in one unit.
  @inline(__always)
  mutating func unit(_ reader: inout EntropyReader, down: Int, across: Int) -> EntropyScan.Failure?
  {
    for row in 0..<rows {
      for column in 0..<columns {
        let place = (down &* rows &+ row, across &* columns &+ column)
        let failure =
          progression == nil
          ? sequential(&reader, down: place.0, across: place.1)
          : progressive(&reader, down: place.0, across: place.1)
        if let failure { return failure }
      }
    }
    return nil
  }

  @inline(__always) private mutating func sequential(
    _ reader: inout EntropyReader, down: Int, across: Int
  ) -> EntropyScan.Failure? {
    var storage = SIMD64<Int16>(repeating: 0)
    let samples = plane.samples + 8 &* (8 &* down &* plane.blocksAcross &+ across)
    let length = withUnsafeMutablePointer(to: &storage) { pointer in
      let block = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Int16.self)
      let length = reader.sequentialBlock(block, dc: dc, ac: ac, predictor: &predictor)
      if length > 0 {
        inverseCosineTransform(
          block, quantizer: plane.factors, isFlat: length == 1, into: samples,
          stride: 8 &* plane.blocksAcross)
      }
      return length
    }
    if reader.hasOverrun { return .ended }
    return length > 0 ? nil : length == -1 ? .noCode : .blockOverflow
  }

  private mutating func progressive(
    _ reader: inout EntropyReader, down: Int, across: Int
  ) -> EntropyScan.Failure? {
    guard let progression, let coefficients = plane.coefficients else { return .noTable }
    let block = coefficients + 64 &* (down &* plane.blocksAcross &+ across)
    let low = Int32(progression.low)
    var found = true
    if progression.first > 0 {
      let band = progression.first...progression.last
      found =
        progression.high == 0
        ? reader.firstAC(block, code: ac, band: band, low: low, emptyBlocks: &emptyBlocks)
        : reader.refinedAC(block, code: ac, band: band, low: low, emptyBlocks: &emptyBlocks)
    } else if progression.high > 0 {
      reader.refinedDC(block, low: low)
    } else {
      found = reader.firstDC(block, code: dc, low: low, predictor: &predictor)
    }
    if reader.hasOverrun { return .ended }
    return found ? nil : .noCode
  }
}
