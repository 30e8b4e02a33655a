// The bits of a JPEG scan, and the sequential blocks they spell.
//
// Source     ITU-T T.81 F.2.2 (sequential decoding), B.1.1.5 (FF 00 stands for a byte FF)
// Idea       64 bits wait with the next one on top. Eight bytes without an FF among them are taken at
//            once; an FF goes the slow way, where FF 00 is a byte and anything else ends the segment.
// Safety     Beyond the end there are zeros, counted: a block that used one of them is refused. Every
//            place in a block is masked to 0…63, every table index to the table.
// Read       HuffmanCodebook.swift ← this file → ProgressiveBlocks.swift, EntropyScan.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

/// Where each coefficient of the zigzag order lies in a block of rows; 64 entries and 16 more.
let zigzag: [UInt8] = {
  var order: [UInt8] = []
  for diagonal in 0..<15 {
    let places = (0..<8).filter { (0..<8).contains(diagonal - $0) }
    for row in diagonal % 2 == 0 ? places.reversed() : places {
      order.append(UInt8(8 * row + diagonal - row))
    }
  }
  return order + [UInt8](repeating: 63, count: 16)  // a run may end beyond the block
}()

struct EntropyReader {
  let bytes: UnsafePointer<UInt8>
  let end: Int
  let zigzag: UnsafePointer<UInt8>
  var position: Int
  /// The next bit is the highest.
  var bits: UInt64 = 0
  /// How many of `bits` count.
  var count = 0
  /// How many of those, at most, were added beyond the end of the segment.
  var padding = 0

  init(bytes: UnsafePointer<UInt8>, end: Int, position: Int, zigzag: UnsafePointer<UInt8>) {
    self.bytes = bytes
    self.end = end
    self.position = position
    self.zigzag = zigzag
  }

  /// Whether bits were used that the segment does not have.
  var hasOverrun: Bool { @inline(__always) get { count < padding } }

  /// Forgets the bits at hand: a segment has ended.
  mutating func discard() { (bits, count, padding) = (0, 0, 0) }

  /// Makes at least 56 bits ready.
  @inline(__always) mutating func refill() {
    if position &+ 8 <= end {
      let word = UInt64(
        bigEndian: UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self))
      // A byte of `word` is FF exactly where a byte of its complement is 0.
      if (~word &- 0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
        bits |= word &>> UInt64(truncatingIfNeeded: count)
        let taken = (63 &- count) &>> 3
        position &+= taken
        count &+= taken &<< 3
        return
      }
    }
    refillSlowly()
  }

  @inline(never) private mutating func refillSlowly() {
    while count <= 56 {
      if position < end, bytes[position] != 0xFF {
        bits |= UInt64(bytes[position]) << UInt64(56 - count)
        position += 1
      } else {
        var next = position + 1
        while next < end && bytes[next] == 0xFF { next += 1 }
        if next < end && bytes[next] == 0 {
          bits |= 0xFF << UInt64(56 - count)
          position = next + 1
        } else {
          padding += 8
        }
      }
      count += 8
    }
  }

  @inline(__always) mutating func drop(_ n: Int) {
    bits &<<= UInt64(truncatingIfNeeded: n)
    count &-= n
  }

  /// The next `n` bits, 1…16, as a number.
  @inline(__always) mutating func take(_ n: Int) -> Int32 {
    let value = Int32(truncatingIfNeeded: bits &>> UInt64(truncatingIfNeeded: 64 &- n))
    drop(n)
    return value
  }

  /// A value of `n` bits, 1…15: the lower half of the numbers stands for negative ones.
  @inline(__always) mutating func value(_ n: Int) -> Int32 {
    let raw = take(n)
    return raw < 1 &<< Int32(n &- 1) ? raw &- (1 &<< Int32(n)) &+ 1 : raw
  }

  /// The next symbol, or −1 where no code fits.
  @inline(__always) mutating func symbol(_ code: CodeTables) -> Int {
    let entry = Int(code.short[Int(truncatingIfNeeded: bits &>> 54)])
    if entry != 0 {
      drop(entry &>> 8)
      return entry & 255
    }
    return longSymbol(code)
  }

  @inline(never) private mutating func longSymbol(_ code: CodeTables) -> Int {
    let ahead = Int32(truncatingIfNeeded: bits &>> 48)
    for n in (CodeTables.ahead + 1)...16 where ahead < code.limit[n] {
      drop(n)
      return Int(code.symbols[Int((ahead >> Int32(16 - n)) &+ code.offset[n]) & 255])
    }
    return -1
  }

  /// Reads a block of a sequential frame.
  ///
  /// - Parameters:
  ///   - block: 64 zeros; receives the coefficients, row by row.
  ///   - dc: The code of differences.
  ///   - ac: The code of the other coefficients.
  ///   - predictor: The first coefficient of the block before.
  /// - Returns: The number of coefficients up to the last one, 1…64; −1 where a code does not fit
  ///   and −2 where a run leaves the block.
  @inline(__always) mutating func sequentialBlock(
    _ block: UnsafeMutablePointer<Int16>, dc: CodeTables, ac: CodeTables,
    predictor: inout Int32
  ) -> Int {
    refill()
    let size = symbol(dc)
    if size < 0 { return -1 }
    if size > 0 { predictor &+= value(size & 15) }
    block[0] = Int16(truncatingIfNeeded: predictor)
    var k = 1
    while k < 64 {
      if count < 32 { refill() }
      let entry = ac.whole[Int(truncatingIfNeeded: bits &>> 54)]
      if entry != 0 {
        k &+= Int(entry &>> 8) & 15
        drop(Int(entry) & 255)
        block[Int(zigzag[k]) & 63] = Int16(truncatingIfNeeded: entry &>> 16)
        k &+= 1
        continue
      }
      let symbol = symbol(ac)
      if symbol < 0 { return -1 }
      let size = symbol & 15
      if size == 0 {
        if symbol != 0xF0 { return k }
        k &+= 16
      } else {
        k &+= symbol &>> 4
        block[Int(zigzag[k]) & 63] = Int16(truncatingIfNeeded: value(size))
        k &+= 1
      }
    }
    return k <= 64 ? 64 : -2
  }
}
