import Formats
import Testing

@Suite("Checksums") struct ChecksumsTests {
  @Test("the published check values hold")
  func published() {
    #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
    #expect(
      SHA256.hex(of: Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hex(of: [])
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("pieces of any length give the same sums as the whole")
  func pieces() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    for size in [1, 7, 63, 64, 65, 999] {
      var crc = CRC32()
      var sha = SHA256()
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        crc.update(piece)
        sha.update(piece)
      }
      #expect(crc.value == CRC32.of(bytes))
      var whole = SHA256()
      whole.update(bytes)
      #expect(sha.finished() == whole.finished())
    }
  }
}
