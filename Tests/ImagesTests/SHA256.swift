// SHA-256 (FIPS 180-4), for comparing images with digests other programs printed.

enum SHA256 {
  /// The first 16 hexadecimal digits of the digest.
  static func digest(_ message: [UInt8]) -> String {
    var state: [UInt32] = fractions(ofRoot: { $0.squareRoot() }, count: 8)
    let constants = fractions(ofRoot: cubeRoot, count: 64)
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      padded.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
    }
    func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    for start in stride(from: 0, to: padded.count, by: 64) {
      var w = (0..<16).map { i in
        padded[(start + 4 * i)..<(start + 4 * i + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      }
      for i in 16..<64 {
        let a = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3
        let b = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10
        w.append(w[i - 16] &+ a &+ w[i - 7] &+ b)
      }
      var s = state
      for i in 0..<64 {
        let e = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)
        let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
        let first = s[7] &+ e &+ choice &+ constants[i] &+ w[i]
        let a = rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)
        let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
        s = [first &+ a &+ majority, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
      }
      for i in 0..<8 { state[i] &+= s[i] }
    }
    return state[0..<2].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// The first 32 fractional bits of a root of the first primes.
  private static func fractions(ofRoot root: (Double) -> Double, count: Int) -> [UInt32] {
    let primes = (2...).lazy.filter { n in !(2..<n).contains { n % $0 == 0 } }
    return primes.prefix(count).map { prime in
      let value = root(Double(prime))
      return UInt32((value - value.rounded(.down)) * 0x1p32)
    }
  }

  private static func cubeRoot(_ x: Double) -> Double {
    var y = x / 2
    for _ in 0..<60 { y -= (y * y * y - x) / (3 * y * y) }
    return y
  }
}
