// Photographs in files: class folders as ImageNet has them, or one folder without labels.
//
// Source     torchvision `ImageFolder` (order of classes and files); the class lists of ImageNet-50, 100
//            and 200 (SCAN): one class a line, its folder first, then words
// Order      Classes are folders in the order of their bytes, files likewise, so that numbers are the same
//            on every machine. Files of sub-folders come after those beside them.
// Idea       Only names are kept. An image is read and decoded when it is asked for, by the thread that asks.
// Read       DatasetDirectory.swift, Formats/RasterImage.swift ← this file → SquareDataset.swift
// Tests      Tests/DatasetsTests/ImageFilesTests.swift

import Formats
import Foundation
import Images

/// Images of any extent in files.
public struct ImageFiles: ImageDataset {
  /// One file.
  public struct Entry: Hashable, Sendable {
    /// Below the directory.
    public let path: String
    /// The class, or −1.
    public let label: Int

    /// A file and its class.
    public init(path: String, label: Int) { (self.path, self.label) = (path, label) }
  }

  public let name: String
  /// 0: images differ in extent.
  public let imageSize = 0
  public let classNames: [String]
  /// Where all paths begin.
  public let directory: String
  /// The files, in order.
  public let entries: [Entry]

  /// Given files.
  public init(name: String, directory: String, classNames: [String], entries: [Entry]) {
    (self.name, self.directory) = (name, directory)
    (self.classNames, self.entries) = (classNames, entries)
  }

  /// Class folders.
  ///
  /// - Parameters:
  ///   - directory: Holds one folder a class.
  ///   - classes: The folders to take, in the order of the labels; all of them when left out.
  ///   - name: For messages.
  /// - Throws: When there is no such folder, one holds no picture, or pictures no reader is here for.
  public init(
    classesIn directory: String, classes: [String]? = nil, name: String = "folder"
  ) throws(DatasetError) {
    let found = try FolderListing(directory).folders
    let classes = classes ?? found
    guard !classes.isEmpty else {
      throw DatasetError(
        .missing, what: "There are no class folders.", place: directory,
        mend: "pass the directory that holds one folder of pictures a class.")
    }
    let known = Set(found)
    var entries: [Entry] = []
    for (label, folder) in classes.enumerated() {
      guard known.contains(folder) else {
        let near = nearestName(to: folder, among: found).map { " Did you mean \($0)?" } ?? ""
        throw DatasetError(
          .missing, what: "The class folder \(FormatError.quoted(folder)) is not there.\(near)",
          place: directory, mend: "unpack all classes, or take the class out of the list.")
      }
      let files = try FolderListing.pictures(below: directory, in: folder)
      guard !files.isEmpty else {
        throw DatasetError(
          .missing, what: "A class folder holds no pictures.", place: "\(directory)/\(folder)",
          mend: "unpack the class again, or remove the empty folder.")
      }
      entries += files.map { Entry(path: $0, label: label) }
    }
    self.init(name: name, directory: directory, classNames: classes, entries: entries)
  }

  /// All pictures in a folder and below it, without labels.
  ///
  /// - Parameters:
  ///   - directory: Holds pictures.
  ///   - name: For messages.
  /// - Throws: When there is none, or pictures no reader is here for.
  public init(picturesIn directory: String, name: String = "folder") throws(DatasetError) {
    let files = try FolderListing.pictures(below: directory, in: "")
    guard !files.isEmpty else {
      throw DatasetError(
        .missing, what: "There are no pictures.", place: directory,
        mend: "pass a directory of JPEG or PNG files.")
    }
    self.init(
      name: name, directory: directory, classNames: [],
      entries: files.map { Entry(path: $0, label: -1) })
  }

  /// The classes a list file names: the first word of each line.
  ///
  /// - Parameter path: One class a line; empty lines are passed over.
  /// - Returns: Folder names in the order of the labels.
  /// - Throws: When the file cannot be read or names a class twice.
  public static func classes(listedIn path: String) throws(DatasetError) -> [String] {
    var classes: [String] = []
    var seen: Set<String> = []
    for (number, line) in try DatasetDirectory.lines(path, limit: 1 << 20).enumerated() {
      guard let word = line.split(whereSeparator: \.isWhitespace).first.map(String.init) else {
        continue
      }
      guard seen.insert(word).inserted, !word.contains("/"), word != "..", word != "." else {
        throw DatasetError(
          .malformed, what: "The class \(FormatError.quoted(word)) comes twice or is no folder.",
          place: "\(path), line \(number + 1)", mend: "name each class folder once.")
      }
      classes.append(word)
    }
    return classes
  }

  public var count: Int { entries.count }
  public func label(_ index: Int) -> Int { entries[index].label }
  public func image(_ index: Int) throws(DatasetError) -> Image {
    try Image(file: directory + "/" + entries[index].path)
  }
}

extension Image {
  /// The picture in a JPEG or PNG file.
  public init(file path: String) throws(DatasetError) {
    do throws(FormatError) {
      let source = try ByteSource(path: path, limit: 1 << 28)
      let bytes = try source.bytes(at: 0, count: source.size, format: "picture")
      try self.init(decoding: bytes, path: path)
    } catch {
      throw DatasetError(
        error.kind == .io ? .unreadable : .malformed, what: "A picture cannot be read.",
        place: error.inFile(path).description,
        mend: "get the file again, or remove it from the data set.")
    }
  }

  /// The picture in the bytes of a JPEG or PNG file.
  init(decoding bytes: [UInt8], path: String?) throws(FormatError) {
    let picture = try RasterImage(decoding: bytes, path: path)
    self.init(width: picture.width, height: picture.height, bytes: picture.bytes)
  }
}
