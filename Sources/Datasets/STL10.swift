// STL-10: 5 000 labelled, 8 000 test and 100 000 unlabelled images of 96 × 96.
//
// Source     Coates, Lee & Ng, "An analysis of single-layer networks …", AISTATS 2011; binary archive
// Format     …_X.bin   per image three planes of 96 × 96 bytes, each plane column by column
//            …_y.bin   one byte an image, 1…10
//            class_names.txt, fold_indices.txt (ten lines: the official training folds)
// Why        MV-MR pre-trains on train + unlabeled, labelled images first: 105 000 images
// Read       RecordFile.swift ← this file → STL10Writer.swift
// Tests      Tests/DatasetsTests/STL10Tests.swift

import Foundation
import Images
import Kernels

/// A split of STL-10 in its binary format, read from disk image by image.
public struct STL10: ImageDataset {
  /// A part of the data set, by the name configurations use.
  public enum Split: String, CaseIterable, Codable, Sendable {
    /// 5 000 labelled images.
    case train
    /// 8 000 labelled images.
    case test
    /// 100 000 images without labels.
    case unlabeled
    /// The labelled training images, then the unlabelled ones.
    case trainAndUnlabeled = "train+unlabeled"

    /// Stems of the files that hold the split.
    var stems: [String] { rawValue.split(separator: "+").map(String.init) }
  }

  /// Side of every image, in pixels: the format has no header to say another.
  public static let side = 96
  /// The classes of the real data set, used when class_names.txt is not there.
  public static let classNames = [
    "airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck",
  ]
  static let recordSize = 3 * side * side

  public let name = "stl10"
  public let imageSize = STL10.side
  public let classNames: [String]
  /// The part that was opened.
  public let split: Split
  private let records: RecordSequence
  private let labels: [Int8]

  /// Opens a split and checks sizes and labels.
  ///
  /// - Parameters:
  ///   - directory: Holds the files, or a directory `stl10_binary` that does.
  ///   - split: Which images.
  /// - Throws: When files are missing, cut, do not belong together, or hold labels outside 1…10.
  public init(directory: String, split: Split) throws(DatasetError) {
    self.split = split
    let labelled = split.stems.filter { $0 != "unlabeled" }
    let place = try STL10.locate(
      split.stems.map { $0 + "_X.bin" } + labelled.map { $0 + "_y.bin" }, in: directory)
    var files: [RecordFile] = []
    var labels: [Int8] = []
    for stem in split.stems {
      let images = try RecordFile(path: "\(place)/\(stem)_X.bin", recordSize: STL10.recordSize)
      files.append(images)
      labels +=
        stem == "unlabeled"
        ? [Int8](repeating: -1, count: images.count)
        : try STL10.labels(path: "\(place)/\(stem)_y.bin", images: images)
    }
    records = RecordSequence(files: files)
    self.labels = labels
    classNames = try STL10.readClassNames("\(place)/class_names.txt")
  }

  public var count: Int { labels.count }

  public func image(_ index: Int) throws(DatasetError) -> Image {
    Image(planes: try records.read(index), side: STL10.side, columnMajor: true)
  }

  public func label(_ index: Int) -> Int { Int(labels[index]) }

  /// The official training folds: lists of indices into the train split.
  ///
  /// - Parameters:
  ///   - directory: As for opening a split.
  ///   - trainingImages: Number of images in the train split, which every index must stay below.
  /// - Returns: Ten lists, of 1 000 indices each in the real data set.
  /// - Throws: When the file is missing or holds anything but indices of training images.
  public static func folds(directory: String, trainingImages: Int) throws(DatasetError) -> [[Int]] {
    let path = try locate(["fold_indices.txt"], in: directory) + "/fold_indices.txt"
    let lines = try DatasetDirectory.lines(path)
    var folds: [[Int]] = []
    for (number, line) in lines.enumerated() {
      var fold: [Int] = []
      for word in line.split(separator: " ") {
        guard let index = Int(word), index >= 0, index < trainingImages else {
          throw DatasetError(
            .malformed,
            what: "A training fold names an image that is not there: \(word.prefix(20)).",
            place: "\(path), line \(number + 1)",
            mend:
              "use the fold_indices.txt that belongs to these \(trainingImages) training images.")
        }
        fold.append(index)
      }
      folds.append(fold)
    }
    guard folds.count == 10 else {
      throw DatasetError(
        .malformed, what: "There must be ten training folds.",
        place: "\(path): \(folds.count) lines",
        mend: "use the fold_indices.txt of the archive.")
    }
    return folds
  }

  private static func locate(_ files: [String], in directory: String) throws(DatasetError) -> String
  {
    try DatasetDirectory.find(
      files, in: directory, subdirectory: "stl10_binary", archive: "stl10_binary.tar.gz")
  }

  private static func labels(path: String, images: RecordFile) throws(DatasetError) -> [Int8] {
    let file = try RecordFile(path: path, recordSize: 1)
    guard file.count == images.count else {
      throw DatasetError(
        .countMismatch, what: "Images and labels differ in number.",
        place: "\(images.path) holds \(images.count) images, \(path) \(file.count) labels",
        mend: "unpack both files from the same archive.")
    }
    var labels: [Int8] = []
    for (index, byte) in try file.readAll().enumerated() {
      guard byte >= 1 && byte <= 10 else {
        throw DatasetError(
          .labelOutOfRange, what: "Label \(byte) is outside 1…10.",
          place: "\(path), record \(index)",
          mend: "unpack the file again; it is not the label file of STL-10.")
      }
      labels.append(Int8(byte) - 1)
    }
    return labels
  }

  private static func readClassNames(_ path: String) throws(DatasetError) -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return classNames }
    let lines = try DatasetDirectory.lines(path, limit: 1 << 16)
    guard lines.count == 10 else {
      throw DatasetError(
        .malformed, what: "There must be ten class names, one a line.",
        place: "\(path): \(lines.count) lines",
        mend: "use the class_names.txt of the archive, or remove the file.")
    }
    return lines
  }
}
