// Pictures to mutate, and the checksums of PNG chunks, so that mutants get past them.

import Formats
import Foundation

/// Markers of JPEG, and what stands beside them.
let jpegLetters: [UInt8] = [
  0xFF, 0, 1, 2, 3, 4, 0x11, 0x21, 0x22, 0x3F, 0xC0, 0xC1, 0xC2, 0xC4, 0xD0, 0xD7, 0xD8, 0xD9, 0xDA,
  0xDB, 0xDD, 0xE0, 0xEE, 0xF0,
]

/// The files of the fixture, JPEG and PNG.
func pictureSeeds(_ root: URL) throws -> (jpegs: [[UInt8]], pngs: [[UInt8]]) {
  struct Picture: Decodable { let name: String, file: Data }
  let url = root.appending(path: "Tests/Reference/fixtures/pictures.json")
  let all = try JSONDecoder().decode([Picture].self, from: Data(contentsOf: url))
  return (
    all.filter { !$0.name.hasPrefix("PNG") }.map { Array($0.file) },
    all.filter { $0.name.hasPrefix("PNG") }.map { Array($0.file) }
  )
}

/// The file with every chunk's checksum made right, as far as chunks follow each other.
func withRightChunkChecksums(_ file: [UInt8]) -> [UInt8] {
  var bytes = file
  var place = 8
  while place + 12 <= bytes.count {
    let length = bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - place - 12 else { break }
    let end = place + 8 + length
    let sum = CRC32.of(Array(bytes[(place + 4)..<end]))
    for i in 0..<4 { bytes[end + i] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * i)) }
    place = end + 4
  }
  return bytes
}
