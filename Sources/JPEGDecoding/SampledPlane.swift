// One component of a JPEG image: its coefficients while they come, its samples when they are there.
//
// Layout     blocks row by row; samples [8 · blocksDown, 8 · blocksAcross], of which the first
//            `height` rows and `width` columns are the image's
// Source     ITU-T T.81 A.1.1 (extents), A.2.4 (completion to whole units)
// Safety     Pointers to zeroed memory of whole blocks, freed with the object; extents are proved at the start.
// Read       InverseCosineTransform.swift ← this file → EntropyScan.swift, ChromaUpsampling.swift
// Tests      Tests/FormatsTests/JPEGTests.swift

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One component of an image that is being decoded.
public final class SampledPlane: @unchecked Sendable {
  /// Sampling factors, 1…4: blocks in a unit of an interleaved scan, across and down.
  public let horizontal: Int
  public let vertical: Int
  /// Extent in samples.
  public let width: Int
  public let height: Int
  /// Extent in blocks, completed to whole units.
  public let blocksAcross: Int
  public let blocksDown: Int
  /// What coefficients are multiplied by, row by row; the table in force at the first scan.
  public var quantizer: [Int32] = [] {
    didSet {
      guard quantizer.count == 64 else {
        fatalError("SampledPlane: a quantiser of \(quantizer.count) numbers.")
      }
      for i in 0..<64 { factors[i] = quantizer[i] }
    }
  }

  /// The quantiser where loops find it.
  let factors: UnsafeMutablePointer<Int32>
  let samples: UnsafeMutablePointer<UInt8>
  /// Of a progressive image; nil where blocks become samples at once.
  let coefficients: UnsafeMutablePointer<Int16>?

  /// Bytes from one row of samples to the next.
  var stride: Int { 8 * blocksAcross }

  /// Memory for a component; the caller has checked that the image is not too large.
  ///
  /// - Parameters:
  ///   - width: In samples, at least 1.
  ///   - height: In samples, at least 1.
  ///   - horizontal: Sampling factor.
  ///   - vertical: Sampling factor.
  ///   - unitsAcross: Interleaved units in a row of the image.
  ///   - unitsDown: Rows of them.
  ///   - keepsCoefficients: Whether blocks come in several scans.
  public init(
    width: Int, height: Int, horizontal: Int, vertical: Int, unitsAcross: Int, unitsDown: Int,
    keepsCoefficients: Bool
  ) {
    (self.width, self.height) = (width, height)
    (self.horizontal, self.vertical) = (horizontal, vertical)
    blocksAcross = unitsAcross * horizontal
    blocksDown = unitsDown * vertical
    guard width >= 1, height >= 1, width <= 8 * blocksAcross, height <= 8 * blocksDown else {
      fatalError(
        "SampledPlane: \(height) × \(width) samples in \(blocksDown) × \(blocksAcross) blocks.")
    }
    let count = 64 * blocksAcross * blocksDown
    // Zeroed pages that are never touched cost nothing, so a false size stays cheap.
    factors = Self.zeroed(64)
    samples = Self.zeroed(count)
    coefficients = keepsCoefficients ? Self.zeroed(count) : nil
  }

  deinit {
    free(factors)
    free(samples)
    free(coefficients)
  }

  private static func zeroed<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
    guard let memory = calloc(count, MemoryLayout<Element>.stride) else {
      fatalError("SampledPlane: there is no memory for \(count) samples.")
    }
    return memory.bindMemory(to: Element.self, capacity: count)
  }

  /// Blocks of a scan that holds this component alone.
  var ownBlocksAcross: Int { (width + 7) / 8 }
  var ownBlocksDown: Int { (height + 7) / 8 }

  /// Turns the coefficients of all scans into samples; nothing where that has happened already.
  public func transform() {
    guard let coefficients else { return }
    for down in 0..<blocksDown {
      for across in 0..<blocksAcross {
        inverseCosineTransform(
          coefficients + 64 * (down * blocksAcross + across), quantizer: factors, isFlat: false,
          into: samples + 8 * (down * stride + across), stride: stride)
      }
    }
  }
}
