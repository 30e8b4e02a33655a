// Draws in sequence from one key: for code whose number of draws depends on what it drew.
//
// Read       RandomKey.swift ← this file → Images/AugmentationPolicy.swift

/// A sequence of draws that starts at the beginning of a key's blocks.
///
/// Make one where it is used, from a key of its own, and let it go: it is never shared or stored.
public struct RandomStream: RandomNumberGenerator {
  private let key: RandomKey
  private var index: UInt64 = 0
  private var spare: UInt64?

  /// The stream of a key.
  public init(_ key: RandomKey) { self.key = key }

  /// 64 uniform bits.
  public mutating func next() -> UInt64 {
    if let word = spare {
      spare = nil
      return word
    }
    let (first, second) = key.words(index)
    index += 1
    spare = second
    return first
  }

  /// A uniform value in 0..<1 with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A uniform value between two bounds.
  public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// A uniform integer in 0..<bound.
  ///
  /// - Parameter bound: At least 1.
  /// - Returns: Each with equal probability.
  public mutating func integer(below bound: Int) -> Int {
    // Multiply-shift: the bias is below bound · 2⁻⁶⁴.
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The numbers 0..<count in random order (Fisher & Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    var i = count - 1
    while i > 0 {
      order.swapAt(i, integer(below: i + 1))
      i -= 1
    }
    return order
  }
}
