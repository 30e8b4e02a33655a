// Packing: a matrix copied into the order in which a register tile walks it.
//
// Layout     [part][k][row or column of the part] for each block of depth: a part is a strip of A, as many
//            rows as the tile is high, or a panel of B, as many columns as the tile is wide. Where the
//            matrix ends inside a part, zeros follow.
// Idea       A part's lines either lie in memory as the tile wants them (all rows of one k together),
//            and packing copies them, or across (all k of one row), and packing transposes, four by
//            four in registers. Either way some lines are read at once, each forwards, and the packed
//            side is written forwards: that is what a processor's prefetching understands. One scalar
//            at a time, packing took 15 % of a product of 1024 × 1024 matrices; now it takes 5.
// Prefetch   Lines that are copied are asked for sixteen ahead: those of a filter lie kilobytes apart.
// Read       this file → MatrixMultiply.swift, FilterPanels.swift

/// One operand of a product: how it lies, and how it is cut into parts.
struct PackedOperand<S: KernelScalar> {
  /// The matrix as it lies.
  let source: UnsafePointer<S>
  /// Scalars from one line of the matrix to the next.
  let leading: Int
  /// Whether a line holds all rows (of A; or columns of B) of one k, rather than all k of one row.
  let linesAreDepth: Bool
  /// Rows of A, or columns of B.
  let total: Int
  /// Rows or columns a part.
  let width: Int

  @inline(__always) var parts: Int { (total + width - 1) / width }

  /// Packs some parts of a block of k, `deep` long from `first`, one after the other.
  @inline(__always)
  func pack(_ wanted: Range<Int>, first: Int, deep: Int, to target: UnsafeMutablePointer<S>) {
    if linesAreDepth {
      // Four lines at a time, so that a page is not left after 64 bytes of it.
      for k in stride(from: 0, to: deep, by: 4) {
        for part in wanted {
          packLines(
            source + (first + k) * leading + part * width, leading: leading,
            count: min(width, total - part * width), width: width, deep: min(4, deep - k),
            to: target + ((part - wanted.lowerBound) * deep + k) * width)
        }
      }
    } else {
      for part in wanted {
        packTransposed(
          source + part * width * leading + first, leading: leading,
          count: min(width, total - part * width), width: width, deep: deep,
          to: target + (part - wanted.lowerBound) * deep * width)
      }
    }
  }
}

/// Copies `deep` lines of `count` scalars, which lie `leading` apart, to lines of `width`, zero beyond.
@inline(__always)
func packLines<S: KernelScalar>(
  _ source: UnsafePointer<S>, leading: Int, count: Int, width: Int, deep: Int,
  to target: UnsafeMutablePointer<S>
) {
  let lanes = S.Vector.scalarCount
  for k in 0..<deep {
    let from = source + k * leading
    let out = target + k * width
    for lane in stride(from: 0, to: count, by: lanes) {
      prefetchToRead(from + packingAhead * leading + lane)
    }
    if count < width {
      for r in 0..<width { out[r] = r < count ? from[r] : 0 }
    } else if width % lanes == 0 {
      for r in stride(from: 0, to: width, by: lanes) { (out + r).vector = (from + r).vector }
    } else {
      // Strips are multiples of four wide, but for the narrow tile of AVX2.
      var r = 0
      while r + 4 <= width {
        (out + r).four = (from + r).four
        r += 4
      }
      while r < width {
        out[r] = from[r]
        r += 1
      }
    }
  }
}

/// How many lines ahead a line is asked for.
private let packingAhead = 16

/// Copies `count` lines of `deep` scalars, which lie `leading` apart, to the columns of `deep` lines of
/// `width`, zero beyond.
@inline(__always)
func packTransposed<S: KernelScalar>(
  _ source: UnsafePointer<S>, leading: Int, count: Int, width: Int, deep: Int,
  to target: UnsafeMutablePointer<S>
) {
  let fours = deep / 4 * 4
  let whole = count / 4 * 4
  // A cache line of every source line at a time: what is written meanwhile stays in the first-level cache. What the next
  // block reads and writes is asked for, or each line's first store would hold up those behind it.
  for block in stride(from: 0, to: fours, by: 16) {
    let end = min(fours, block + 16)
    var next = target + (block + 16) * width
    var r = 0
    while r < whole {
      let line = source + r * leading
      var k = block
      while k < end {
        prefetchToRead(line + (k - block) / 4 * leading + block + 16)
        for lane in stride(from: 0, to: 16, by: S.aLine) {
          prefetchToWrite(next + lane)
        }
        next += 16
        let a = (line + k).four
        let b = (line + leading + k).four
        let c = (line + 2 * leading + k).four
        let d = (line + 3 * leading + k).four
        let to = target + k * width + r
        to.four = SIMD4(a[0], b[0], c[0], d[0])
        (to + width).four = SIMD4(a[1], b[1], c[1], d[1])
        (to + 2 * width).four = SIMD4(a[2], b[2], c[2], d[2])
        (to + 3 * width).four = SIMD4(a[3], b[3], c[3], d[3])
        k += 4
      }
      r += 4
    }
  }
  for k in fours..<deep {
    for r in 0..<whole { target[k * width + r] = source[r * leading + k] }
  }
  for r in whole..<max(whole, width) {
    for k in 0..<deep { target[k * width + r] = r < count ? source[r * leading + k] : 0 }
  }
}

extension UnsafePointer where Pointee: KernelScalar {
  /// The four scalars at this address, aligned or not.
  @inline(__always) var four: SIMD4<Pointee> {
    UnsafeRawPointer(self).loadUnaligned(as: SIMD4<Pointee>.self)
  }
}

extension UnsafeMutablePointer where Pointee: KernelScalar {
  /// The four scalars at this address, aligned or not.
  @inline(__always) var four: SIMD4<Pointee> {
    get { UnsafeRawPointer(self).loadUnaligned(as: SIMD4<Pointee>.self) }
    nonmutating set {
      UnsafeMutableRawPointer(self).storeBytes(of: newValue, as: SIMD4<Pointee>.self)
    }
  }
}
