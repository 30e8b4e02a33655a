// Progressive JPEG: a coefficient comes in several scans, its high bits first.
//
// Source     ITU-T T.81 G.1.2, G.2; figures G.3 and G.7
// Formula    first scan:   coefficient = value · 2^low
//            later scans:  |coefficient| += 2^low where the correction bit is 1
// Safety     A pointer to one block; every place in it is masked to 0…63 (EntropyReader.swift).
// Read       EntropyReader.swift ← this file → EntropyScan.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

extension EntropyReader {
  /// The first bits of a block's first coefficient.
  ///
  /// - Returns: Whether a code was found.
  mutating func firstDC(
    _ block: UnsafeMutablePointer<Int16>, code: CodeTables, low: Int32, predictor: inout Int32
  ) -> Bool {
    refill()
    let size = symbol(code)
    if size < 0 { return false }
    if size > 0 { predictor &+= value(size & 15) }
    block[0] = Int16(truncatingIfNeeded: predictor &<< low)
    return true
  }

  /// One more bit of a block's first coefficient.
  mutating func refinedDC(_ block: UnsafeMutablePointer<Int16>, low: Int32) {
    refill()
    if take(1) == 1 { block[0] |= 1 &<< Int16(truncatingIfNeeded: low) }
  }

  /// The first bits of a band of coefficients.
  ///
  /// - Parameters:
  ///   - block: 64 coefficients.
  ///   - code: Runs and sizes.
  ///   - band: First and last place, in 1…63.
  ///   - low: The lowest bit that is sent.
  ///   - emptyBlocks: How many blocks from here on have nothing in this band.
  /// - Returns: Whether codes were found and stayed in the band.
  mutating func firstAC(
    _ block: UnsafeMutablePointer<Int16>, code: CodeTables, band: ClosedRange<Int>, low: Int32,
    emptyBlocks: inout Int32
  ) -> Bool {
    if emptyBlocks > 0 {
      emptyBlocks -= 1
      return true
    }
    var k = band.lowerBound
    while k <= band.upperBound {
      refill()
      let symbol = symbol(code)
      if symbol < 0 { return false }
      let (run, size) = (symbol >> 4, symbol & 15)
      if size == 0 {
        if run < 15 {
          emptyBlocks = (1 &<< Int32(run)) &- 1
          if run > 0 { emptyBlocks &+= take(run) }
          return true
        }
        k += 16
      } else {
        k += run
        if k > band.upperBound { return false }
        block[Int(zigzag[k]) & 63] = Int16(truncatingIfNeeded: value(size) &<< low)
        k += 1
      }
    }
    return true
  }

  /// One more bit of a band: corrections of coefficients that are there, and new ones between them.
  ///
  /// - Returns: Whether codes were found and made sense.
  mutating func refinedAC(
    _ block: UnsafeMutablePointer<Int16>, code: CodeTables, band: ClosedRange<Int>, low: Int32,
    emptyBlocks: inout Int32
  ) -> Bool {
    let bit = Int16(1) &<< Int16(truncatingIfNeeded: low)
    var k = band.lowerBound
    if emptyBlocks == 0 {
      while k <= band.upperBound {
        refill()
        let symbol = symbol(code)
        if symbol < 0 { return false }
        var run = symbol >> 4
        var new: Int16 = 0
        switch symbol & 15 {
        case 0:
          if run < 15 {
            emptyBlocks = 1 &<< Int32(run)
            if run > 0 { emptyBlocks &+= take(run) }
          }
        case 1: new = take(1) == 1 ? bit : -bit
        default: return false
        }
        if emptyBlocks > 0 { break }
        while k <= band.upperBound {
          let place = Int(zigzag[k]) & 63
          k += 1
          if block[place] != 0 {
            correct(block + place, by: bit)
          } else if run > 0 {
            run -= 1
          } else {
            block[place] = new
            break
          }
        }
      }
    }
    if emptyBlocks > 0 {
      while k <= band.upperBound {
        let place = Int(zigzag[k]) & 63
        if block[place] != 0 { correct(block + place, by: bit) }
        k += 1
      }
      emptyBlocks -= 1
    }
    return true
  }

  /// Reads a correction bit and moves a coefficient away from 0 where it is 1.
  @inline(__always)
  private mutating func correct(_ coefficient: UnsafeMutablePointer<Int16>, by bit: Int16) {
    if count < 1 { refill() }
    guard take(1) == 1, coefficient.pointee & bit == 0 else { return }
    coefficient.pointee &+= coefficient.pointee < 0 ? 0 &- bit : bit
  }
}
