import Foundation
import Testing

@testable import Formats

@Suite("tar") struct TarTests {
  @Test("what Python wrote is unpacked", arguments: ArchiveFixture.all.filter { $0.files != nil })
  func golden(_ fixture: ArchiveFixture) throws {
    try withTemporaryDirectory { directory in
      let archive = directory + "/a.tar"
      try fixture.file.write(to: URL(filePath: archive))
      let names = try ArchiveUnpacker.unpack(archive, into: directory + "/out")
      #expect(Set(names) == Set(fixture.files?.keys.map { $0 } ?? []))
      for (name, content) in fixture.files ?? [:] {
        #expect(try Data(contentsOf: URL(filePath: "\(directory)/out/\(name)")) == content)
      }
      // A directory that is there is never touched.
      let error = formatError { try ArchiveUnpacker.unpack(archive, into: directory + "/out") }
      #expect(error?.problem.contains("there already") == true)
    }
  }

  @Test(
    "what could harm is refused, and nothing is left",
    arguments: ArchiveFixture.all.filter { $0.error != nil && $0.name.hasPrefix("tar") })
  func hostile(_ fixture: ArchiveFixture) throws {
    try withTemporaryDirectory { directory in
      let archive = directory + "/a.tar"
      try fixture.file.write(to: URL(filePath: archive))
      let error = formatError { try ArchiveUnpacker.unpack(archive, into: directory + "/out") }
      #expect(error?.kind.rawValue == fixture.error, "\(String(describing: error))")
      let left = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(left == ["a.tar"])
    }
  }

  @Test("an archive is added to what is there, and a bad one changes nothing")
  func adding() throws {
    let good = try #require(ArchiveFixture.all.first { $0.name == "tar pax" })
    let bad = try #require(ArchiveFixture.all.first { $0.name == "tar cut" })
    try withTemporaryDirectory { directory in
      let (archive, place) = (directory + "/a.tar", directory + "/data")
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: URL(filePath: place + "/mine.txt"))
      try Data("old".utf8).write(to: URL(filePath: place + "/x"))
      try good.file.write(to: URL(filePath: archive))
      let names = try ArchiveUnpacker.add(archive, to: place)
      #expect(names.count == 4 && FileManager.default.fileExists(atPath: place + "/data/a.txt"))
      // Once more: what is there is replaced.
      try ArchiveUnpacker.add(archive, to: place)
      try bad.file.write(to: URL(filePath: archive))
      #expect(formatError { try ArchiveUnpacker.add(archive, to: place) }?.kind == .truncated)
      #expect(try Data(contentsOf: URL(filePath: place + "/x")) == Data("old".utf8))
      let left = ["data", "deep", "mine.txt", "x"]
      #expect(try FileManager.default.contentsOfDirectory(atPath: place).sorted() == left)
    }
  }

  @Test("an archive may come byte by byte")
  func pieces() throws {
    let fixture = try #require(ArchiveFixture.all.first { $0.name == "tar gnu" })
    var whole: [TarReader.Event] = []
    var reader = TarReader()
    for byte in fixture.bytes {
      try reader.feed([byte][...]) { (event) throws(FormatError) in
        if case .content = event { return }
        whole.append(event)
      }
    }
    try reader.finish()
    #expect(whole.contains(.directory(name: "data")))
    #expect(whole.contains(.file(name: "data/a.txt", size: 6)))
    #expect(whole.count { $0 == .end } == 4)
  }

  @Test("more than the limit is refused")
  func limit() throws {
    try withTemporaryDirectory { directory in
      let fixture = try #require(ArchiveFixture.all.first { $0.name == "tar pax" })
      let archive = directory + "/a.tar"
      try fixture.file.write(to: URL(filePath: archive))
      let error = formatError {
        try ArchiveUnpacker.unpack(archive, into: directory + "/out", limit: 100)
      }
      #expect(error?.kind == .limitExceeded)
    }
  }
}
