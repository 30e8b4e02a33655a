import Datasets
import Formats
import Foundation
import Images
import Testing

@Suite("SEED's TSV") struct TabSeparatedImagesTests {
  private func line(_ key: String, _ label: String, red: UInt8) throws -> String {
    let image = Image(width: 3, height: 2, red: red)
    let file = try PNGWriter.encode(width: 3, height: 2, channels: 3, bytes: image.bytes)
    return "\(key)\t\(label)\t\(Data(file).base64EncodedString())\n"
  }

  @Test("lines are found with and without an index")
  func lines() throws {
    let scratch = try ScratchDirectory()
    let all = [
      try line("n01", " 1 ", red: 5), try line("é", "0", red: 6), try line("x", "3", red: 7),
    ]
    let path = scratch.path + "/train.tsv"
    try all.joined().write(toFile: path, atomically: true, encoding: .utf8)
    for hasIndex in [false, true] {
      if hasIndex {
        let starts = [0, all[0].utf8.count, all[0].utf8.count + all[1].utf8.count]
        try starts.map { "\($0)\n" }.joined().write(
          toFile: scratch.path + "/train.lineidx", atomically: true, encoding: .utf8)
      }
      let set = try TabSeparatedImages(path: path)
      let labels = [1, 0, 3]
      #expect((0..<set.count).map(set.label) == labels && set.classCount == 4)
      #expect(try set.image(2).bytes[0] == 7 && set.image(2).width == 3)
    }
    #expect(DatasetKind.of(scratch.path) == .tsv)
  }

  @Test("damage is refused with its line")
  func refused() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/train.tsv"
    for (text, word) in [("a\tb\tc\n", "line 1"), ("", "empty"), ("justtext\n", "line 1")] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: DatasetError.self) { try TabSeparatedImages(path: path) }
      #expect(error.map { ($0.what + $0.place).contains(word) } == true, "\(text)")
    }
    try "a\t0\t!!!\n".write(toFile: path, atomically: true, encoding: .utf8)
    let set = try TabSeparatedImages(path: path)
    #expect(throws: DatasetError.self) { try set.image(0) }
    try "5\n".write(toFile: scratch.path + "/train.lineidx", atomically: true, encoding: .utf8)
    #expect(throws: DatasetError.self) { try TabSeparatedImages(path: path) }
  }
}
