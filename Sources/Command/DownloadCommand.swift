// mvmr download: a data set from where it was published.
//
// Read       Datasets/ArchiveDownload.swift ← this file

import Foundation
import MVMR
import Synchronization

extension Option {
  static let dataDirectory = Option(
    name: "--output", value: "DIR", help: "where the data set goes (default: data)")
  static let archivePlace = Option(
    name: "--from", value: "URL", help: "another place that has the same archives")
  static let keepArchive = Option(
    name: "--keep-archive", value: nil, help: "leave the archive beside what was unpacked")
}

extension Command {
  static let download = Command(
    "download",
    "Fetch and unpack a data set: \(PublishedArchive.datasets.joined(separator: ", ")).",
    options: [.dataDirectory, .archivePlace, .keepArchive], positional: "NAME",
    examples: [
      "download cifar10", "download stl10 --output ~/data", "download voc2007 --keep-archive",
    ]
  ) { arguments in
    guard arguments.positional.count == 1, let name = arguments.positional.first,
      let archives = PublishedArchive.of(name)
    else {
      let word = arguments.positional.first ?? ""
      let near = nearestName(to: word, among: PublishedArchive.datasets)
      throw UsageError(
        what: word.isEmpty ? "the name of a data set is wanted" : "'\(word)' cannot be fetched",
        remedy: near.map { "did you mean `mvmr download \($0)`?" }
          ?? "write one of \(PublishedArchive.datasets.joined(separator: ", "))")
    }
    let directory = try arguments.folder(.dataDirectory, default: "data")
    for published in archives {
      let place = arguments.string(.archivePlace).map { $0.hasSuffix("/") ? $0 : $0 + "/" }
      let archive = PublishedArchive(
        name: published.name, place: place ?? published.place, size: published.size,
        md5: published.md5)
      try fetch(archive, into: directory, keepsArchive: arguments.has(.keepArchive))
    }
    print("\(name) is in \(directory). Train on it with:")
    print("  mvmr pretrain --data \(directory)")
    return 0
  }

  private static func fetch(
    _ archive: PublishedArchive, into directory: String, keepsArchive: Bool
  ) throws {
    let line = TransferLine(archive.name, total: archive.size)
    let download = ArchiveDownload(archive, into: directory)
    let isNew = try download.run { line.show($0) }
    line.finish(isNew ? "fetched, checksum right" : "there already, checksum right")
    let unpacking = TransferLine("unpacking \(archive.name)", total: nil)
    let names = try ArchiveUnpacker.add(download.path, to: directory) { unpacking.show($0) }
    unpacking.finish("\(names.count) files")
    if !keepsArchive { try FileManager.default.removeItem(atPath: download.path) }
  }
}

/// One line on the terminal that tells how far something is.
final class TransferLine: Sendable {
  private let name: String
  private let total: Int?
  private let last = Mutex<Date>(.distantPast)

  init(_ name: String, total: Int?) {
    (self.name, self.total) = (name, total)
  }

  func show(_ bytes: Int) {
    let isDue = last.withLock { last in
      guard Date().timeIntervalSince(last) > 0.5 else { return false }
      last = Date()
      return true
    }
    guard isDue, isatty(2) == 1 else { return }
    let amount = String(format: "%.1f", Double(bytes) / 1e6)
    let share = total.map {
      String(format: " of %.1f MB, %.0f %%", Double($0) / 1e6, 100 * Double(bytes) / Double($0))
    }
    CommandLineTool.write("\r\(name): \(amount)\(share ?? " MB")\u{1B}[K")
  }

  func finish(_ text: String) {
    CommandLineTool.write((isatty(2) == 1 ? "\r\u{1B}[K" : "") + "\(name): \(text)\n")
  }
}
