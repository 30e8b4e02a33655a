import Datasets
import Foundation
import Testing

@Suite("VOC 2007") struct VOC2007Tests {
  /// An annotation as the development kit writes it.
  private func annotation(_ objects: [(String, String)]) -> String {
    let parts = objects.map { name, difficult in
      """
      \t<object>
      \t\t<name>\(name)</name>
      \t\t<pose>Unspecified</pose>
      \t\t<truncated>0</truncated>
      \t\t<difficult>\(difficult)</difficult>
      \t\t<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>
      \t\t<part><name>head</name></part>
      \t</object>
      """
    }
    return """
      <annotation>
      \t<folder>VOC2007</folder>
      \t<filename>000005.jpg</filename>
      \t<source><database>The VOC2007 Database</database><owner><name>Archi &amp; Co</name></owner></source>
      \t<size><width>500</width><height>375</height><depth>3</depth></size>
      \t<segmented>0</segmented>
      \(parts.joined(separator: "\n"))
      </annotation>
      """
  }

  private func kit(_ annotations: [String: String], in root: String) throws {
    let place = root + "/VOCdevkit/VOC2007"
    for folder in ["ImageSets/Main", "Annotations", "JPEGImages"] {
      try FileManager.default.createDirectory(
        atPath: "\(place)/\(folder)", withIntermediateDirectories: true)
    }
    for (number, text) in annotations {
      try text.write(
        toFile: "\(place)/Annotations/\(number).xml", atomically: true, encoding: .utf8)
      try writePicture("\(place)/JPEGImages/\(number).jpg", width: 5, height: 4, red: 9)
    }
    let list = annotations.keys.sorted().joined(separator: "\n") + "\n"
    try list.write(toFile: "\(place)/ImageSets/Main/test.txt", atomically: true, encoding: .utf8)
  }

  @Test("objects become presences; a class of difficult objects alone is neither there nor not")
  func presences() throws {
    let scratch = try ScratchDirectory()
    try kit(
      [
        "000005": annotation([("dog", "0"), ("person", "1"), ("chair", "1"), ("chair", "0")]),
        "000012": annotation([]),
      ], in: scratch.path)
    let set = try VOC2007(directory: scratch.path, split: .test)
    #expect(set.count == 2 && set.classCount == 20 && set.label(0) == -1)
    let first = Array(set.presence(0))
    #expect(first[11] == .present && first[14] == .difficult && first[8] == .present)
    #expect(first.count { $0 == .absent } == 17)
    #expect(set.presence(1).allSatisfy { $0 == .absent })
    #expect(try set.image(1).width == 5)
    #expect(DatasetKind.of(scratch.path) == .voc2007)
  }

  @Test(
    "an annotation that is not as the kit describes is refused with its path",
    arguments: [
      ("<annotation>", "cannot be read"), ("<other/>", "'other'"),
      ("<annotation><object><name>unicorn</name></object></annotation>", "unicorn"),
      (
        "<annotation><object><name>dog</name><difficult>2</difficult></object></annotation>",
        "difficult"
      ),
    ])
  func refused(_ text: String, _ word: String) throws {
    let scratch = try ScratchDirectory()
    try kit(["000005": text], in: scratch.path)
    let error = #expect(throws: DatasetError.self) {
      try VOC2007(directory: scratch.path, split: .test)
    }
    #expect(error?.what.contains(word) == true && error?.place.contains("000005.xml") == true)
  }

  @Test("a missing split names the command that gets it")
  func missing() throws {
    let scratch = try ScratchDirectory()
    let error = #expect(throws: DatasetError.self) {
      try VOC2007(directory: scratch.path, split: .train)
    }
    #expect(error?.mend.contains("mvmr download voc2007") == true)
  }
}
