// The inverse cosine transform of JPEG, in integers.
//
// Source     C. Loeffler, A. Ligtenberg, G. S. Moschytz, "Practical fast 1-D DCT algorithms with 11
//            multiplications", ICASSP 1989; constants of 13 fractional bits, as in every decoder of the
//            Independent JPEG Group's line ("slow but accurate integer")
// Formula    x[i, j] = ¼ Σᵤᵥ C(u) C(v) X[u, v] cos((2i + 1) uπ/16) cos((2j + 1) vπ/16) + 128
// Rounding   Columns first, kept with 2 fractional bits; then rows. Both decide the last bit, so both
//            are part of the definition here.
// Idea       Eight columns are the lanes of one vector; between the passes the block is turned over.
// Safety     Pointers to one block of 64 coefficients and to eight rows of samples, which SampledPlane.swift
//            allocates in whole blocks.
// Read       EntropyReader.swift ← this file → SampledPlane.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

private typealias Columns = SIMD8<Int32>

/// Eight vectors: the rows of a block.
private struct Block {
  var r0, r1, r2, r3, r4, r5, r6, r7: Columns

  /// The one-dimensional transform of every lane, scaled by 2¹³ · √8 and then shifted.
  @inline(__always) func transformed(shift: Int32) -> Block {
    let z: Columns = times(r2 &+ r6, 4433)
    let p: Columns = z &- times(r6, 15137)
    let q: Columns = z &+ times(r2, 6270)
    let r: Columns = times(r0 &+ r4, 8192)
    let s: Columns = times(r0 &- r4, 8192)
    let half = Columns(repeating: 1 &<< (shift &- 1))
    let e0 = r &+ q &+ half
    let e3 = r &- q &+ half
    let e1 = s &+ p &+ half
    let e2 = s &- p &+ half
    let m: Columns = times(r7 &+ r5 &+ r3 &+ r1, 9633)
    let u: Columns = times(r7 &+ r1, -7373)
    let v: Columns = times(r5 &+ r3, -20995)
    let w: Columns = m &- times(r7 &+ r3, 16069)
    let t: Columns = m &- times(r5 &+ r1, 3196)
    let o0: Columns = times(r7, 2446) &+ u &+ w
    let o1: Columns = times(r5, 16819) &+ v &+ t
    let o2: Columns = times(r3, 25172) &+ v &+ w
    let o3: Columns = times(r1, 12299) &+ u &+ t
    let n = Columns(repeating: shift)
    return Block(
      r0: (e0 &+ o3) &>> n, r1: (e1 &+ o2) &>> n, r2: (e2 &+ o1) &>> n, r3: (e3 &+ o0) &>> n,
      r4: (e3 &- o0) &>> n, r5: (e2 &- o1) &>> n, r6: (e1 &- o2) &>> n, r7: (e0 &- o3) &>> n)
  }

  @inline(__always) private func times(_ x: Columns, _ factor: Int32) -> Columns {
    x &* Columns(repeating: factor)
  }

  /// Rows as columns: three times, the two halves of the rows are shuffled like cards.
  @inline(__always) func transposed() -> Block { shuffled().shuffled().shuffled() }

  @inline(__always) private func shuffled() -> Block {
    Block(
      r0: low(r0, r4), r1: high(r0, r4), r2: low(r1, r5), r3: high(r1, r5),
      r4: low(r2, r6), r5: high(r2, r6), r6: low(r3, r7), r7: high(r3, r7))
  }

  @inline(__always) private func low(_ a: Columns, _ b: Columns) -> Columns {
    Columns(a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3])
  }

  @inline(__always) private func high(_ a: Columns, _ b: Columns) -> Columns {
    Columns(a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7])
  }
}

/// The samples of one block.
///
/// - Parameters:
///   - coefficients: 64 numbers, row by row.
///   - quantizer: What they are multiplied by, row by row.
///   - isFlat: Whether only the first coefficient can differ from 0.
///   - samples: Receives 8 rows of 8 bytes.
///   - stride: Bytes from one row to the next.
@inline(__always)
func inverseCosineTransform(
  _ coefficients: UnsafePointer<Int16>, quantizer: UnsafePointer<Int32>, isFlat: Bool,
  into samples: UnsafeMutablePointer<UInt8>, stride: Int
) {
  if isFlat {
    // Both passes of a block with a single coefficient come down to (x + 4) / 8.
    let x = (Int32(coefficients[0]) &* quantizer[0] &+ 4) &>> 3 &+ 128
    let byte = UInt8(truncatingIfNeeded: max(0, min(255, x)))
    for row in 0..<8 {
      UnsafeMutableRawPointer(samples + row &* stride).storeBytes(
        of: SIMD8<UInt8>(repeating: byte), as: SIMD8<UInt8>.self)
    }
    return
  }
  let block = Block(
    r0: row(0), r1: row(1), r2: row(2), r3: row(3), r4: row(4), r5: row(5), r6: row(6), r7: row(7)
  ).transformed(shift: 11).transposed().transformed(shift: 18).transposed()
  @inline(__always) func row(_ i: Int) -> Columns {
    let x = UnsafeRawPointer(coefficients + 8 &* i).loadUnaligned(as: SIMD8<Int16>.self)
    let q = UnsafeRawPointer(quantizer + 8 &* i).loadUnaligned(as: Columns.self)
    return Columns(truncatingIfNeeded: x) &* q
  }
  @inline(__always) func store(_ x: Columns, _ i: Int) {
    let shifted = x &+ Columns(repeating: 128)
    let clamped = shifted.clamped(
      lowerBound: Columns(repeating: 0), upperBound: Columns(repeating: 255))
    UnsafeMutableRawPointer(samples + i &* stride).storeBytes(
      of: SIMD8<UInt8>(truncatingIfNeeded: clamped), as: SIMD8<UInt8>.self)
  }
  store(block.r0, 0)
  store(block.r1, 1)
  store(block.r2, 2)
  store(block.r3, 3)
  store(block.r4, 4)
  store(block.r5, 5)
  store(block.r6, 6)
  store(block.r7, 7)
}
