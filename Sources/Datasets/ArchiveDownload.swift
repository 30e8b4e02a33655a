// Fetching an archive over HTTP so that a broken line costs what was not yet there, and nothing else.
//
// Source     RFC 9110 §14 (ranges), §15.4 (redirections)
// Idea       Bytes are appended to `<name>.part`. When the line breaks, the rest is asked for; a server that
//            does not know ranges sends the whole again. The file gets its name when its length and its MD5
//            are the published ones.
// Safety     At most ten redirections, never from https to http; never more bytes than were published.
// Read       PublishedArchive.swift, HTTPTransfer.swift ← this file → Command/DownloadCommand.swift
// Tests      Tests/DatasetsTests/ArchiveDownloadTests.swift

import Formats
import Foundation

/// One archive on its way.
public struct ArchiveDownload {
  /// What is fetched.
  public let archive: PublishedArchive
  /// Where it will lie.
  public let path: String
  /// How often in a row a line may break without a new byte.
  public var patience = 4
  /// Seconds before the first new attempt; twice as long before each further one.
  public var pause = 1.0

  /// A download into a directory, which must exist.
  public init(_ archive: PublishedArchive, into directory: String) {
    self.archive = archive
    path = directory + "/" + archive.name
  }

  private var partial: String { path + ".part" }

  /// Fetches what is missing.
  ///
  /// - Parameter progress: Told the bytes that are there, now and then.
  /// - Returns: Whether anything had to be fetched.
  /// - Throws: When the server refuses, keeps breaking off, or sends another file.
  @discardableResult public func run(progress: @escaping @Sendable (Int) -> Void = { _ in })
    throws(DatasetError) -> Bool
  {
    let manager = FileManager.default
    if manager.fileExists(atPath: path) {
      if try isWhole(path) { return false }
      throw DatasetError(
        .malformed, what: "There is a file of this name that is not the published archive.",
        place: path, mend: "remove it and run the command again.")
    }
    guard let address = URL(string: archive.place + archive.name),
      ["http", "https"].contains(address.scheme?.lowercased() ?? "")
    else {
      throw fail("The address is not one: \(archive.place)", "write it as https://…/")
    }
    var failures = 0
    while size(of: partial) < archive.size {
      let before = size(of: partial)
      let transfer = HTTPTransfer(
        address, to: partial, from: before, limit: archive.size, progress: progress)
      let problem = try transfer.run()
      let after = size(of: partial)
      if after >= archive.size { break }
      failures = after > before ? 1 : failures + 1
      if failures > patience {
        throw fail(
          "The archive did not come: \(problem ?? "the server sends less than it should").",
          "run the command again to go on from \(after) of \(archive.size) bytes; or fetch "
            + "\(address.absoluteString) otherwise and put it at \(path)")
      }
      if after == before { Thread.sleep(forTimeInterval: pause * Double(1 << (failures - 1))) }
    }
    guard try isWhole(partial) else {
      try? manager.removeItem(atPath: partial)
      throw DatasetError(
        .malformed, what: "What came is not the published archive: its length or MD5 differs.",
        place: "\(address.absoluteString); MD5 \(archive.md5) was published",
        mend: "run the command again; what was wrong has been removed.")
    }
    do {
      try manager.moveItem(atPath: partial, toPath: path)
    } catch {
      throw fail("The file cannot get its name: \(error.localizedDescription)", "check the disk.")
    }
    return true
  }

  private func fail(_ what: String, _ mend: String) -> DatasetError {
    DatasetError(.unreadable, what: what, place: archive.place + archive.name, mend: mend)
  }

  private func size(of path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }

  private func isWhole(_ path: String) throws(DatasetError) -> Bool {
    guard size(of: path) == archive.size else { return false }
    do throws(FormatError) {
      let source = try ByteSource(path: path, limit: 1 << 48)
      var digest = MD5()
      var place = 0
      while place < source.size {
        let count = min(1 << 20, source.size - place)
        digest.update(try source.bytes(at: place, count: count, format: "archive"))
        place += count
      }
      return digest.hex == archive.md5
    } catch {
      throw DatasetError(
        .unreadable, what: "The archive cannot be read.", place: error.description,
        mend: "check the disk.")
    }
  }
}
