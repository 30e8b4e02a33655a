// SEED's data format: one file of lines, each a key, a class and an image in base 64.
//
// Source     SEED's released code (`<stem>.tsv` and `<stem>.lineidx`)
// Format     fields are separated by tabs; the second is the class, the last the image file in base 64.
//            `.lineidx` holds the byte at which each line begins, one a line; without it the file is walked.
// Errata     S12: the read-me speaks of validation folders, the code reads `test.tsv`
// Read       ImageFiles.swift ← this file
// Tests      Tests/DatasetsTests/TabSeparatedImagesTests.swift

import Formats
import Foundation
import Images

/// Images of any extent in one file of lines.
public struct TabSeparatedImages: ImageDataset {
  public let name = "tsv"
  /// 0: images differ in extent.
  public let imageSize = 0
  public let classNames: [String]
  private let source: ByteSource
  /// Where each line begins, and the end of the file.
  private let starts: [Int]
  private let labels: [Int32]

  /// The longest line.
  private static let longestLine = 1 << 26

  /// Opens a file and reads where its lines begin and what their classes are.
  ///
  /// - Parameter path: Such as `train.tsv`.
  /// - Throws: When it cannot be read, or a line has no class.
  public init(path: String) throws(DatasetError) {
    do throws(FormatError) {
      source = try ByteSource(path: path, limit: 1 << 48)
    } catch {
      throw DatasetError(
        .unreadable, what: "A file of the data set cannot be read.", place: error.description,
        mend: "pass the directory that holds train.tsv and test.tsv.")
    }
    let stem = path.hasSuffix(".tsv") ? String(path.dropLast(4)) : path
    let index = stem + ".lineidx"
    starts =
      FileManager.default.fileExists(atPath: index)
      ? try Self.listed(index, size: source.size) : try Self.walked(source)
    var labels: [Int32] = []
    for i in 0..<(starts.count - 1) {
      labels.append(try Self.label(source, starts[i]..<starts[i + 1], line: i + 1))
    }
    self.labels = labels
    classNames = (0..<(Int(labels.max() ?? -1) + 1)).map(String.init)
  }

  public var count: Int { labels.count }
  public func label(_ index: Int) -> Int { Int(labels[index]) }

  public func image(_ index: Int) throws(DatasetError) -> Image {
    let range = starts[index]..<starts[index + 1]
    let line = try Self.bytes(source, range)
    let field = line.split(separator: 9, omittingEmptySubsequences: false).last ?? []
    let text = field.filter { $0 > 32 }
    let place = "\(source.path ?? ""), line \(index + 1)"
    guard let file = Data(base64Encoded: Data(text)) else {
      throw DatasetError(
        .malformed, what: "The last field of a line is not base 64.", place: place,
        mend: "make the file again; its index may belong to another one.")
    }
    do throws(FormatError) { return try Image(decoding: Array(file), path: place) } catch {
      throw DatasetError(
        .malformed, what: "A picture cannot be read.", place: error.description,
        mend: "make the file again without this line.")
    }
  }

  private static func bytes(
    _ source: ByteSource, _ range: Range<Int>
  ) throws(DatasetError) -> [UInt8] {
    do throws(FormatError) {
      return try source.bytes(at: range.lowerBound, count: range.count, format: "TSV")
    } catch {
      throw DatasetError(
        .truncated, what: "A file of the data set cannot be read.", place: error.description,
        mend: "do not change the files of a data set during a run.")
    }
  }

  private static func fail(_ what: String, _ place: String) -> DatasetError {
    DatasetError(.malformed, what: what, place: place, mend: "make the file and its index again.")
  }

  private static func listed(_ path: String, size: Int) throws(DatasetError) -> [Int] {
    var starts: [Int] = []
    for (number, line) in try DatasetDirectory.lines(path, limit: 1 << 28).enumerated() {
      guard let start = Int(line.trimmingCharacters(in: .whitespaces)),
        start > starts.last ?? -1, start < size, start - (starts.last ?? 0) <= longestLine,
        !starts.isEmpty || start == 0
      else {
        throw fail(
          "A line of the index is not the beginning of a line.", "\(path), line \(number + 1)")
      }
      starts.append(start)
    }
    guard let last = starts.last, size - last <= longestLine else {
      throw fail("The index is empty, or ends long before the file.", path)
    }
    return starts + [size]
  }

  private static func walked(_ source: ByteSource) throws(DatasetError) -> [Int] {
    var starts = [0]
    var place = 0
    while place < source.size {
      let piece = try bytes(source, place..<min(source.size, place + 1 << 20))
      for (i, byte) in piece.enumerated() where byte == 10 && place + i + 1 < source.size {
        starts.append(place + i + 1)
      }
      place += piece.count
      guard place - (starts.last ?? 0) <= longestLine else {
        throw fail("A line has more than \(longestLine) bytes.", source.path ?? "")
      }
    }
    guard source.size > 0 else { throw fail("The file is empty.", source.path ?? "") }
    return starts + [source.size]
  }

  /// The second field of a line.
  private static func label(
    _ source: ByteSource, _ range: Range<Int>, line: Int
  ) throws(DatasetError) -> Int32 {
    // Keys are short; a line whose class does not come soon is read a little further, not whole.
    for count in [512, 1 << 16] {
      let head = try bytes(
        source, range.lowerBound..<min(range.upperBound, range.lowerBound + count))
      let fields = head.split(separator: 9, maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let word = String(decoding: fields[1], as: UTF8.self).trimmingCharacters(in: .whitespaces)
      guard let label = Int32(word), (0..<1_000_000).contains(label) else { break }
      return label
    }
    throw fail(
      "The second field of a line is not the number of a class.",
      "\(source.path ?? ""), line \(line)")
  }
}
