// Rows of a component at the size of the image, one after the other.
//
// Safety     Pointers to two rows of its own, with room for a vector beyond them, freed with the object.
// Read       SampledPlane.swift ← this file → ChromaUpsampling.swift, which has the formulas
// Tests      Tests/FormatsTests/JPEGTests.swift

/// Makes the rows of one plane.
final class PlaneRows {
  private let plane: SampledPlane
  private let across: Int
  private let down: Int
  private let isSmooth: Bool
  /// A row of the result, with room for a vector beyond it.
  private let output: UnsafeMutablePointer<UInt16>
  /// 3 p + neighbour, with one more on each side.
  private let sums: UnsafeMutablePointer<UInt16>

  /// Rows of `plane`, each sample `across` pixels wide and `down` high.
  init(_ plane: SampledPlane, across: Int, down: Int, width: Int) {
    self.plane = plane
    self.across = across
    self.down = down
    let isTriangle = across <= 2 && down <= 2 && across * down > 1
    isSmooth = isTriangle && (across == 1 || plane.width > 2)
    output = .allocate(capacity: plane.width * across / 2 + 64)
    sums = .allocate(capacity: plane.width + 66)
  }

  deinit {
    output.deallocate()
    sums.deallocate()
  }

  private func samples(_ row: Int) -> UnsafePointer<UInt8> {
    UnsafePointer(plane.samples + max(0, min(plane.height - 1, row)) * plane.stride)
  }

  /// Row `y` of the image; valid until the next call.
  func row(_ y: Int) -> UnsafePointer<UInt8> {
    if across == 1 && down == 1 { return samples(y) }
    let bytes = UnsafeMutableRawPointer(output).assumingMemoryBound(to: UInt8.self)
    let p = samples(y / down)
    let n = plane.width
    guard isSmooth else {
      for k in 0..<n {
        for i in 0..<across { bytes[k &* across &+ i] = p[k] }
      }
      return UnsafePointer(bytes)
    }
    let neighbour = samples(y & 1 == 0 ? y / 2 - 1 : y / 2 + 1)
    if across == 1 {
      let rounding = UInt16(1 + y & 1)
      for k in 0..<n {
        bytes[k] = UInt8(
          truncatingIfNeeded: (3 &* UInt16(p[k]) &+ UInt16(neighbour[k]) &+ rounding) &>> 2)
      }
      return UnsafePointer(bytes)
    }
    if down == 1 {
      for k in 0..<n { sums[k &+ 1] = UInt16(p[k]) }
      widen(n, even: 1, odd: 2, shift: 2)
    } else {
      for k in 0..<n { sums[k &+ 1] = 3 &* UInt16(p[k]) &+ UInt16(neighbour[k]) }
      widen(n, even: 8, odd: 7, shift: 4)
    }
    return UnsafePointer(bytes)
  }

  /// Two bytes from each sum; the even one is the lower half of a number.
  private func widen(_ n: Int, even: UInt16, odd: UInt16, shift: UInt16) {
    sums[0] = sums[1]
    sums[n &+ 1] = sums[n]
    let (output, sums) = (output, sums)
    for k in 0..<n {
      let s = 3 &* sums[k &+ 1]
      let low = (s &+ sums[k] &+ even) &>> shift
      let high = (s &+ sums[k &+ 2] &+ odd) &>> shift
      output[k] = (low | high &<< 8).littleEndian
    }
  }
}
