// MD5: is this the archive that was published?
//
// Source     RFC 1321
// Use        Only to recognise archives whose publishers gave an MD5; it proves nothing against malice.
// Tests      Tests/FormatsTests/ChecksumsTests.swift

/// The MD5 digest, fed in pieces.
public struct MD5: Sendable {
  private var state: (UInt32, UInt32, UInt32, UInt32) = (
    0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476
  )
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  public init() {}

  /// The digest of `bytes` as 32 lower-case hexadecimal digits.
  public static func hex(of bytes: [UInt8]) -> String {
    var digest = MD5()
    digest.update(bytes)
    return digest.hex
  }

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

  /// The digest of all bytes so far, as 32 lower-case hexadecimal digits.
  public var hex: String {
    var last = self
    let zeros = (119 - last.pending.count) % 64
    let bits = byteCount << 3
    last.update([0x80] + [UInt8](repeating: 0, count: zeros))
    last.update((0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) })
    let words = [last.state.0, last.state.1, last.state.2, last.state.3]
    return words.map { hexadecimal($0.byteSwapped, digits: 8) }.joined()
  }

  /// One block of 64 bytes through the 64 steps.
  private mutating func absorb(_ bytes: [UInt8], from start: Int) {
    var (a, b, c, d) = state
    for i in 0..<64 {
      let (mix, word): (UInt32, Int) =
        switch i >> 4 {
        case 0: (b & c | ~b & d, i)
        case 1: (d & b | ~d & c, 5 * i + 1)
        case 2: (b ^ c ^ d, 3 * i + 5)
        default: (c ^ (b | ~d), 7 * i)
        }
      let place = start + 4 * (word & 15)
      let x =
        UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
        | UInt32(bytes[place + 3]) << 24
      let sum = a &+ mix &+ MD5.sines[i] &+ x
      let turn = MD5.turns[4 * (i >> 4) + i & 3]
      (a, d, c, b) = (d, c, b, b &+ (sum << turn | sum >> (32 - turn)))
    }
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d)
  }

  private static let turns: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

  /// ⌊2³² |sin(i + 1)|⌋, i in radians, as RFC 1321 lists them.
  private static let sines: [UInt32] = [
    0xD76A_A478, 0xE8C7_B756, 0x2420_70DB, 0xC1BD_CEEE, 0xF57C_0FAF, 0x4787_C62A, 0xA830_4613,
    0xFD46_9501, 0x6980_98D8, 0x8B44_F7AF, 0xFFFF_5BB1, 0x895C_D7BE, 0x6B90_1122, 0xFD98_7193,
    0xA679_438E, 0x49B4_0821, 0xF61E_2562, 0xC040_B340, 0x265E_5A51, 0xE9B6_C7AA, 0xD62F_105D,
    0x0244_1453, 0xD8A1_E681, 0xE7D3_FBC8, 0x21E1_CDE6, 0xC337_07D6, 0xF4D5_0D87, 0x455A_14ED,
    0xA9E3_E905, 0xFCEF_A3F8, 0x676F_02D9, 0x8D2A_4C8A, 0xFFFA_3942, 0x8771_F681, 0x6D9D_6122,
    0xFDE5_380C, 0xA4BE_EA44, 0x4BDE_CFA9, 0xF6BB_4B60, 0xBEBF_BC70, 0x289B_7EC6, 0xEAA1_27FA,
    0xD4EF_3085, 0x0488_1D05, 0xD9D4_D039, 0xE6DB_99E5, 0x1FA2_7CF8, 0xC4AC_5665, 0xF429_2244,
    0x432A_FF97, 0xAB94_23A7, 0xFC93_A039, 0x655B_59C3, 0x8F0C_CC92, 0xFFEF_F47D, 0x8584_5DD1,
    0x6FA8_7E4F, 0xFE2C_E6E0, 0xA301_4314, 0x4E08_11A1, 0xF753_7E82, 0xBD3A_F235, 0x2AD7_D2BB,
    0xEB86_D391,
  ]
}
