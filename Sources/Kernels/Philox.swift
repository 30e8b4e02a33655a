// Philox4x32-10: random numbers as a function of a key and a counter.
//
// Source     Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
// Formula    ten rounds of  (c₀, c₁, c₂, c₃) ← (hi(M₁c₂) ⊕ c₁ ⊕ k₀, lo(M₁c₂),
//                                               hi(M₀c₀) ⊕ c₃ ⊕ k₁, lo(M₀c₀)),
//            after each  k₀ ← k₀ + W₀,  k₁ ← k₁ + W₁
// Why        No state: element i of a tensor is block(i), whatever thread computes it and in
//            whatever order, so a run has the same bits at any thread count and after a resume.
// Read       this file → Randomness/RandomKey.swift → Randomness/RandomStream.swift

/// The Philox4x32-10 bijection.
public enum Philox {
  /// Four random words for a counter under a key.
  ///
  /// - Parameters:
  ///   - counter: 128 bits; each value gives an independent block.
  ///   - key: 64 bits; each value gives an independent sequence of blocks.
  /// - Returns: Four words, each uniform over all 32-bit values.
  @inlinable
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let (hi0, lo0) = (0xD251_1F53 as UInt32).multipliedFullWidth(by: c[0])  // M₀
      let (hi1, lo1) = (0xCD9E_8D57 as UInt32).multipliedFullWidth(by: c[2])  // M₁
      c = SIMD4(hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0)
      k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85)  // W₀ golden ratio, W₁ √3 − 1
    }
    return c
  }
}
