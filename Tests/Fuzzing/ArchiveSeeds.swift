// Archives and annotations to mutate, and the checksums of tar headers.

import Formats
import Foundation

/// The good files of the fixture.
func archiveSeeds(_ root: URL) throws -> (tars: [[UInt8]], gzips: [[UInt8]]) {
  struct Archive: Decodable { let name: String, file: Data, error: String? }
  let url = root.appending(path: "Tests/Reference/fixtures/archives.json")
  let all = try JSONDecoder().decode([Archive].self, from: Data(contentsOf: url))
    .filter { $0.error == nil }
  return (
    all.filter { $0.name.hasPrefix("tar") }.map { Array($0.file) },
    all.filter { $0.name.hasPrefix("gzip") }.map { Array($0.file) }
  )
}

/// Takes an archive apart, in pieces of an odd size.
func readTar(_ bytes: [UInt8]) throws {
  var reader = TarReader()
  for start in stride(from: 0, to: bytes.count, by: 997) {
    try reader.feed(bytes[start..<min(bytes.count, start + 997)]) { (_) throws(FormatError) in }
  }
  try reader.finish()
}

/// The archive with the checksum of every record made right, as if each were a header.
func withRightHeaderSums(_ archive: [UInt8]) -> [UInt8] {
  var bytes = archive
  for start in stride(from: 0, to: bytes.count - 511, by: 512) {
    guard bytes[start + 257] == UInt8(ascii: "u") else { continue }
    for i in 148..<156 { bytes[start + i] = 32 }
    let sum = bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
    let digits = Array(String(sum, radix: 8).utf8)
    for (i, digit) in digits.enumerated() { bytes[start + 154 - digits.count + i] = digit }
    bytes[start + 154] = 0
  }
  return bytes
}

let annotationSeeds: [[UInt8]] = [
  """
  <?xml version="1.0"?>
  <annotation><folder>VOC2007</folder><!-- note --><object><name>dog</name><difficult>0</difficult>
  <part><name>head</name></part></object><object a="1" b='x &amp; y'/>&#233;<![CDATA[<raw>]]></annotation>
  """, "<a/>", "<a><b c='d'>e</b></a>",
].map { Array($0.utf8) }
