import Foundation
import Testing

@testable import Formats

/// A plain reader of what the writer may write: stored and fixed-Huffman blocks.
struct PlainInflater {
  let bytes: [UInt8]
  var bit = 0

  mutating func take(_ count: Int) -> Int {
    var value = 0
    for i in 0..<count {
      value |= Int(bytes[bit / 8] >> (bit % 8) & 1) << i
      bit += 1
    }
    return value
  }

  mutating func code(_ count: Int) -> Int { (0..<count).reduce(0) { c, _ in c << 1 | take(1) } }

  mutating func symbol() -> Int {
    let seven = code(7)
    if seven <= 23 { return 256 + seven }
    let eight = seven << 1 | take(1)
    if eight >= 0x30 && eight <= 0xBF { return eight - 0x30 }
    if eight >= 0xC0 && eight <= 0xC7 { return 280 + eight - 0xC0 }
    return (eight << 1 | take(1)) - 0x190 + 144
  }

  mutating func inflate() -> [UInt8] {
    var out: [UInt8] = []
    while true {
      let last = take(1)
      if take(2) == 0 {
        bit = (bit + 7) / 8 * 8
        let length = take(16)
        #expect(take(16) == ~length & 0xFFFF)
        for _ in 0..<length { out.append(UInt8(take(8))) }
      } else {
        while true {
          let s = symbol()
          if s == 256 { break }
          if s < 256 {
            out.append(UInt8(s))
            continue
          }
          let e = s == 285 || s < 265 ? 0 : (s - 261) / 4
          let base = s == 285 ? 258 : s < 265 ? s - 254 : 3 + (4 + (s - 261) % 4) << e
          let length = base + take(e)
          let d = code(5)
          let f = d < 4 ? 0 : d / 2 - 1
          let distance = (d < 4 ? d + 1 : 1 + (2 + d % 2) << f) + take(f)
          for _ in 0..<length { out.append(out[out.count - distance]) }
        }
      }
      if last == 1 { return out }
    }
  }
}

@Suite("PNG writing") struct PNGWriterTests {
  @Test(
    "what is deflated inflates to the same bytes",
    arguments: [0, 1, 2, 3, 4, 257, 258, 259, 600, 40_000, 70_000])
  func roundTrip(count: Int) {
    var generator = SeededGenerator(state: UInt64(count))
    let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let words = (0..<count).map { _ in UInt8.random(in: 0...2, using: &generator) }
    let far = (0..<count).map { noise[$0 % min(max(count, 1), 32_768)] }
    for content in [noise, words, far, [UInt8](repeating: 7, count: count)] {
      let stream = zlibCompressed(content)
      var inflater = PlainInflater(bytes: Array(stream.dropFirst(2)))
      #expect(inflater.inflate() == content)
      #expect((inflater.bit + 7) / 8 + 6 == stream.count)
      #expect(Array(stream.suffix(4)) == bigEndian(adler32(content)))
      #expect(stream.count <= content.count + 5 * (content.count / 65535 + 1) + 6)
    }
    #expect(zlibCompressed([UInt8](repeating: 7, count: count)).count < 20 + count / 100)
  }

  @Test("a grey pixel is the file that Pillow and the specification agree on")
  func knownBytes() throws {
    let file = try PNGWriter.encode(width: 1, height: 1, channels: 1, bytes: [255])
    let hex = file.map { String(format: "%02x", $0) }.joined()
    #expect(hex.hasPrefix("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"))
    #expect(hex.hasSuffix("0000000049454e44ae426082"))
  }

  @Test("rows survive the filters", arguments: [1, 3])
  func filters(channels: Int) throws {
    var generator = SeededGenerator(state: 3)
    let (width, height) = (37, 23)
    // A smooth picture with a little noise makes every filter the best one somewhere.
    let bytes = (0..<(width * height * channels)).map { i in
      let (row, column) = (i / (width * channels), i / channels % width)
      return UInt8((row * 3 + column * 5 + Int.random(in: 0...(row % 8), using: &generator)) % 256)
    }
    let file = try PNGWriter.encode(width: width, height: height, channels: channels, bytes: bytes)
    let length = dataLength(file)
    #expect(
      CRC32.of(Array(file[37..<(41 + length)]))
        == file[(41 + length)..<(45 + length)]
        .reduce(0) { $0 << 8 | UInt32($1) })
    let raw = rows(file)
    let stride = width * channels
    var picture = [UInt8](repeating: 0, count: bytes.count)
    var used: Set<UInt8> = []
    for row in 0..<height {
      let filter = raw[row * (stride + 1)]
      used.insert(filter)
      for i in 0..<stride {
        let a = i < channels ? 0 : Int(picture[row * stride + i - channels])
        let b = row == 0 ? 0 : Int(picture[(row - 1) * stride + i])
        let c = i < channels || row == 0 ? 0 : Int(picture[(row - 1) * stride + i - channels])
        let p = a + b - c
        let paeth = [a, b, c].min { abs(p - $0) < abs(p - $1) } ?? 0
        let predictor = [0, a, b, 0, paeth][Int(filter)]
        picture[row * stride + i] = raw[row * (stride + 1) + 1 + i] &+ UInt8(predictor)
      }
    }
    #expect(picture == bytes)
    #expect(used.count > 1)
  }

  @Test("a drawing, which shrinks to less than a fortieth as it is, is not tried as differences")
  func drawing() throws {
    let side = 128
    let bytes = (0..<(side * side)).map { UInt8($0 % side == 40 ? 0 : 255) }
    let file = try PNGWriter.encode(width: side, height: side, channels: 1, bytes: bytes)
    #expect(40 * dataLength(file) < bytes.count)
    let raw = rows(file)
    for row in 0..<side {
      // Differences would be shorter still: all rows but the first would be zeros.
      #expect(raw[row * (side + 1)] == 0)
      #expect(raw[(row * (side + 1) + 1)...].prefix(side).elementsEqual(bytes[..<side]))
    }
  }

  /// Bytes of a file's one chunk of data.
  private func dataLength(_ file: [UInt8]) -> Int { file[33..<37].reduce(0) { $0 << 8 | Int($1) } }

  /// Its rows, each after the number of its filter.
  private func rows(_ file: [UInt8]) -> [UInt8] {
    var inflater = PlainInflater(bytes: Array(file[43..<(41 + dataLength(file))]))
    return inflater.inflate()
  }

  @Test("bytes that do not fill the picture are an error")
  func mismatch() {
    #expect(
      formatError { _ = try PNGWriter.encode(width: 2, height: 2, channels: 3, bytes: [1]) }?.kind
        == .typeMismatch)
    #expect(
      formatError { _ = try PNGWriter.encode(width: 0, height: 9, channels: 1, bytes: []) } != nil)
  }
}
