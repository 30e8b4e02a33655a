// Mutations of files: deterministic, and as mean as damage and malice are.

/// Numbers for mutations: the same for the same seed, everywhere.
public struct SplitMix: RandomNumberGenerator, Sendable {
  public var state: UInt64

  public init(_ state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A copy of a file with one to six places changed.
///
/// - Parameters:
///   - file: The bytes to change.
///   - others: Files to take pieces from.
///   - letters: Bytes that mean something in this format.
///   - keepsLength: Whether bytes are only overwritten, so that everything stays in its place.
///   - generator: Decides.
/// - Returns: The mutant.
func mutated(
  _ file: [UInt8], others: [[UInt8]], letters: [UInt8], keepsLength: Bool,
  by generator: inout SplitMix
) -> [UInt8] {
  var bytes = file
  for _ in 0..<Int.random(in: 1...6, using: &generator) {
    let place = Int.random(in: 0...bytes.count, using: &generator)
    switch Int.random(in: 0..<(keepsLength ? 4 : 9), using: &generator) {
    case 0:
      if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
    case 1:
      if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &generator) }
    case 2:
      // A number of 2, 4 or 8 bytes, near an edge of its range.
      let edges: [UInt64] = [
        0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, .max,
        1 << 48, UInt64(bytes.count),
      ]
      let value = edges[Int.random(in: 0..<edges.count, using: &generator)]
      let width = [1, 2, 4, 8][Int.random(in: 0..<4, using: &generator)]
      for i in 0..<width where place + i < bytes.count {
        bytes[place + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i))
      }
    case 3:
      if place < bytes.count {
        bytes[place] = letters[Int.random(in: 0..<letters.count, using: &generator)]
      }
    case 4: bytes.insert(letters[Int.random(in: 0..<letters.count, using: &generator)], at: place)
    case 5:
      let end = min(bytes.count, place + Int.random(in: 0...16, using: &generator))
      bytes.removeSubrange(place..<end)
    case 6:
      let end = min(bytes.count, place + Int.random(in: 0...64, using: &generator))
      bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 7:
      let other = others[Int.random(in: 0..<others.count, using: &generator)]
      let from = Int.random(in: 0...other.count, using: &generator)
      let end = min(other.count, from + Int.random(in: 0...64, using: &generator))
      bytes.insert(contentsOf: other[from..<end], at: place)
    default:
      if Int.random(in: 0..<8, using: &generator) == 0 { bytes.removeSubrange(place...) }
    }
  }
  return bytes
}
