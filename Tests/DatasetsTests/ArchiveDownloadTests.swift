import Datasets
import Formats
import Foundation
import Testing

@Suite("Downloads", .serialized) struct ArchiveDownloadTests {
  private let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &>> 5) }

  /// A download from a server that behaves as asked.
  private func download(
    _ behaviours: LoopbackServer.Behaviour..., into scratch: ScratchDirectory
  ) throws -> (ArchiveDownload, LoopbackServer) {
    let server = try LoopbackServer(content, behaviours)
    let archive = PublishedArchive(
      name: "a.tar.gz", place: "http://127.0.0.1:\(server.port)/", size: content.count,
      md5: MD5.hex(of: content))
    var download = ArchiveDownload(archive, into: scratch.path)
    download.pause = 0.01
    return (download, server)
  }

  @Test("a file comes whole, and is not fetched again")
  func good() throws {
    let scratch = try ScratchDirectory()
    let (download, server) = try download(.good, into: scratch)
    defer { server.stop() }
    #expect(try download.run())
    #expect(try [UInt8](Data(contentsOf: URL(filePath: download.path))) == content)
    #expect(try download.run() == false)
    #expect(server.requests.count == 1)
    let names = ["a.tar.gz"]
    #expect(try scratch.names() == names)
  }

  @Test("a broken line is taken up where it broke")
  func resumes() throws {
    let scratch = try ScratchDirectory()
    let (download, server) = try download(
      .breaksOff(after: 70_000), .breaksOff(after: 60_000), .good, into: scratch)
    defer { server.stop() }
    #expect(try download.run())
    #expect(try [UInt8](Data(contentsOf: URL(filePath: download.path))) == content)
    #expect(server.requests.count == 3)
    #expect(server.requests.dropFirst().allSatisfy { $0.contains("bytes=") })
  }

  @Test("a server without ranges sends the whole again")
  func withoutRanges() throws {
    let scratch = try ScratchDirectory()
    let (download, server) = try download(
      .breaksOff(after: 50_000), .withoutRanges, into: scratch)
    defer { server.stop() }
    #expect(try download.run())
    #expect(try [UInt8](Data(contentsOf: URL(filePath: download.path))) == content)
  }

  @Test("a redirection is followed, with the range")
  func redirection() throws {
    let scratch = try ScratchDirectory()
    let (target, second) = try download(.breaksOff(after: 40_000), .good, into: scratch)
    defer { second.stop() }
    let (download, server) = try download(
      .redirects(to: "http://127.0.0.1:\(second.port)/other"), into: scratch)
    defer { server.stop() }
    #expect(target.path == download.path)
    #expect(try download.run())
    #expect(second.requests.count == 2)
    #expect(second.requests.last?.contains("bytes=") == true)
  }

  @Test("endless redirections and other schemes are refused")
  func refusedRedirections() throws {
    let scratch = try ScratchDirectory()
    for target in ["", "file:///etc/passwd"] {
      let server = try LoopbackServer(content, [.redirects(to: target)])
      defer { server.stop() }
      let place = "http://127.0.0.1:\(server.port)/"
      let looping = target.isEmpty ? try LoopbackServer(content, [.redirects(to: place)]) : server
      defer { if target.isEmpty { looping.stop() } }
      let archive = PublishedArchive(
        name: "a.tar.gz", place: target.isEmpty ? "http://127.0.0.1:\(looping.port)/" : place,
        size: content.count, md5: "")
      var download = ArchiveDownload(archive, into: scratch.path)
      (download.pause, download.patience) = (0.01, 1)
      #expect(throws: DatasetError.self) { try download.run() }
    }
  }

  @Test("another file than the published one is refused and removed")
  func corrupted() throws {
    let scratch = try ScratchDirectory()
    let (download, server) = try download(.corrupts, into: scratch)
    defer { server.stop() }
    let error = #expect(throws: DatasetError.self) { try download.run() }
    #expect(error?.what.contains("MD5") == true)
    #expect(try scratch.names().isEmpty)
    // What lies there already is not replaced.
    try scratch.write([1, 2, 3], to: "a.tar.gz")
    let present = #expect(throws: DatasetError.self) { try download.run() }
    #expect(present?.mend.contains("remove it") == true)
  }

  @Test("a server that sends too much, or nothing, or refuses, ends in an error")
  func refusals() throws {
    for behaviour in [
      LoopbackServer.Behaviour.sendsTooMuch, .breaksOff(after: 0), .status(404), .status(503),
    ] {
      let scratch = try ScratchDirectory()
      var (download, server) = try download(behaviour, into: scratch)
      defer { server.stop() }
      download.patience = 1
      #expect(throws: DatasetError.self) { try download.run() }
      #expect(!FileManager.default.fileExists(atPath: download.path))
    }
  }

  @Test("every published archive has a size and a digest")
  func published() {
    for name in PublishedArchive.datasets {
      for archive in PublishedArchive.of(name) ?? [] {
        #expect(archive.size > 1 << 27 && archive.md5.count == 32 && archive.place.hasSuffix("/"))
      }
      #expect(PublishedArchive.of(name)?.isEmpty == false)
    }
    #expect(PublishedArchive.of("imagenet") == nil)
  }
}
