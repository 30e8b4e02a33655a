// SHA-256: is this the very same configuration or data set?
//
// Source     FIPS 180-4 §4.1.2, §6.2
// Tests      Tests/FormatsTests/ChecksumsTests.swift

/// The SHA-256 digest, fed in pieces.
public struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A,  // fractions of √2, √3, √5, √7
    0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,  // fractions of √11, √13, √17, √19
  ]
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0
  private var w = [UInt32](repeating: 0, count: 64)

  public init() {}

  /// The digest of `bytes` as 64 lower-case hexadecimal digits.
  public static func hex(of bytes: [UInt8]) -> String {
    var digest = SHA256()
    digest.update(bytes)
    return digest.hex
  }

  /// The digest of all bytes so far, as 64 lower-case hexadecimal digits.
  public var hex: String { finished().map { hexadecimal(UInt32($0), digits: 2) }.joined() }

  /// Continues with `bytes`.
  public mutating func update(_ bytes: [UInt8]) {
    byteCount += UInt64(bytes.count)
    var start = 0
    if !pending.isEmpty {
      start = min(64 - pending.count, bytes.count)
      pending += bytes[..<start]
      guard pending.count == 64 else { return }
      absorb(pending, from: 0)
      pending = []
    }
    while start + 64 <= bytes.count {
      absorb(bytes, from: start)
      start += 64
    }
    pending += bytes[start...]
  }

  /// The 32 bytes of the digest of all bytes so far.
  public func finished() -> [UInt8] {
    var last = self
    let zeros = (119 - last.pending.count) % 64
    let bits = byteCount << 3
    last.update([0x80] + [UInt8](repeating: 0, count: zeros))
    last.update((0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) })
    return last.state.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) }
    }
  }

  /// One block of 64 bytes through the 64 rounds.
  private mutating func absorb(_ bytes: [UInt8], from start: Int) {
    for t in 0..<16 {
      let i = start + 4 * t
      w[t] =
        UInt32(bytes[i]) << 24 | UInt32(bytes[i + 1]) << 16 | UInt32(bytes[i + 2]) << 8
        | UInt32(bytes[i + 3])
    }
    for t in 16..<64 {
      let a = w[t - 15]
      let b = w[t - 2]
      let σ0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)
      let σ1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
      w[t] = w[t - 16] &+ σ0 &+ w[t - 7] &+ σ1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
      let Σ1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      let choice = (e & f) ^ (~e & g)
      let t1 = h &+ Σ1 &+ choice &+ SHA256.K[t] &+ w[t]
      let Σ0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ Σ0 &+ majority)
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ word }
  }

  @inline(__always)
  private func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }

  /// The first 32 bits of the fractions of the cube roots of the first 64 primes.
  ///
  /// Computed exactly: ⌊∛(p · 2⁹⁶)⌋ modulo 2³², by bisection in 128-bit integers.
  private static let K: [UInt32] = {
    var primes: [UInt64] = []
    var n: UInt64 = 2
    while primes.count < 64 {
      if !primes.contains(where: { n % $0 == 0 }) { primes.append(n) }
      n += 1
    }
    return primes.map { p in
      var low: UInt64 = 0
      var high: UInt64 = 7 << 32  // ∛311 < 7
      while high - low > 1 {
        let middle = (low + high) / 2
        let cube = UInt128(middle) * UInt128(middle) * UInt128(middle)  // < 2¹⁰⁵
        if cube <= UInt128(p) << 96 { low = middle } else { high = middle }
      }
      return UInt32(truncatingIfNeeded: low)
    }
  }()
}

/// `value` in lower-case hexadecimal, padded with zeros.
package func hexadecimal(_ value: UInt32, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
