// A key names one purpose of randomness: seed → "augment" → epoch 3 → sample 17.
//
// Idea       There is no shared generator. Whoever needs random numbers is handed a key and
//            derives a child for each purpose, so adding a consumer never disturbs another.
// Read       Kernels/Philox.swift ← this file → RandomStream.swift

import Kernels

/// The name of one independent source of random numbers.
///
/// Keys form a tree: `RandomKey(seed: 1).child("weight").child(3)`. Equal paths give equal numbers.
public struct RandomKey: Hashable, Sendable {
  /// The 64 bits that key Philox.
  public let bits: UInt64

  /// The root of a run.
  public init(seed: UInt64) {
    // One mixing step, so that neighbouring seeds share nothing.
    bits = RandomKey.mix(0x4D56_4D52_0000_0000, seed)
  }

  /// A key with the given bits, as read back from a checkpoint.
  public init(bits: UInt64) { self.bits = bits }

  /// The key of a named purpose.
  public func child(_ name: String) -> RandomKey {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a over the UTF-8 bytes
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return RandomKey(bits: RandomKey.mix(bits, hash))
  }

  /// The key of a numbered item, such as an epoch or a sample.
  public func child(_ index: Int) -> RandomKey {
    RandomKey(bits: RandomKey.mix(bits ^ 0x5851_F42D_4C95_7F2D, UInt64(bitPattern: Int64(index))))
  }

  /// Block number `index` of this key's sequence: four uniform 32-bit words.
  @inlinable
  public func block(_ index: UInt64) -> SIMD4<UInt32> {
    Philox.block(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), 0, 0),
      key: SIMD2(UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)))
  }

  /// Two uniform 64-bit words: elements 2·index and 2·index + 1 of a tensor drawn from this key.
  @inlinable
  public func words(_ index: UInt64) -> (UInt64, UInt64) {
    let b = block(index)
    return (UInt64(b[0]) | UInt64(b[1]) << 32, UInt64(b[2]) | UInt64(b[3]) << 32)
  }

  private static func mix(_ key: UInt64, _ value: UInt64) -> UInt64 {
    let block = Philox.block(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32), 0x6B65_7921, 1),
      key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
    return UInt64(block[0]) | UInt64(block[1]) << 32
  }
}
