// Writing the STL-10 binary format, so that whoever reads the real data set can read ours.
//
// Idea       Everything goes into a directory `<name>.partial`, which is renamed when complete: a
//            data set is there as a whole or not at all, and an existing one is never touched.
// Read       STL10.swift ← this file → SyntheticShapes.swift
// Tests      Tests/DatasetsTests/STL10Tests.swift

import Foundation
import Images
import Kernels
import Randomness

extension STL10 {
  /// Writes three data sets as the splits of one STL-10 directory.
  ///
  /// - Parameters:
  ///   - directory: Created; must not exist. Its parent must.
  ///   - train: Ten classes, 96 × 96, every image labelled.
  ///   - test: Likewise.
  ///   - unlabeled: 96 × 96; labels are ignored.
  ///   - key: Draws the ten training folds, a fifth of the images each.
  /// - Throws: When the directory exists, or the system refuses to write; nothing is left behind.
  public static func write(
    to directory: String, train: some ImageDataset, test: some ImageDataset,
    unlabeled: some ImageDataset, key: RandomKey
  ) throws(DatasetError) {
    for set in [train, test, unlabeled] as [any ImageDataset] {
      require(
        set.imageSize == side && set.classCount == 10,
        """
        STL10.write: \(set.name) does not fit the format.
          images of side \(set.imageSize), \(set.classCount) classes.
          To mend: pass ten classes of 96 × 96 images.
        """)
    }
    let target = URL(fileURLWithPath: directory)
    let partial = URL(fileURLWithPath: target.path + ".partial")
    let manager = FileManager.default
    guard !manager.fileExists(atPath: target.path) else {
      throw DatasetError(
        .unwritable, what: "There is something where the data set should go.", place: target.path,
        mend: "choose another directory, or remove this one first.")
    }
    do {
      if manager.fileExists(atPath: partial.path) { try manager.removeItem(at: partial) }
      try manager.createDirectory(at: partial, withIntermediateDirectories: false)
      for (stem, set) in [("train", train), ("test", test)] as [(String, any ImageDataset)] {
        try writeImages(set, to: partial.appendingPathComponent(stem + "_X.bin"))
        let labels = try (0..<set.count).map { try labelByte(set.label($0), of: set, at: $0) }
        try write(labels, to: partial.appendingPathComponent(stem + "_y.bin"))
      }
      try writeImages(unlabeled, to: partial.appendingPathComponent("unlabeled_X.bin"))
      let names = train.classNames.joined(separator: "\n") + "\n"
      try write(Array(names.utf8), to: partial.appendingPathComponent("class_names.txt"))
      let folds = foldText(images: train.count, key: key)
      try write(Array(folds.utf8), to: partial.appendingPathComponent("fold_indices.txt"))
      try manager.moveItem(at: partial, to: target)
    } catch {
      try? manager.removeItem(at: partial)
      if let error = error as? DatasetError { throw error }
      throw DatasetError(
        .unwritable, what: "The data set could not be written (\(error.localizedDescription)).",
        place: target.path, mend: "check that the parent directory exists, is yours, and has room.")
    }
  }

  private static func labelByte(_ label: Int, of set: any ImageDataset, at index: Int)
    throws(DatasetError) -> UInt8
  {
    guard label >= 0 && label < 10 else {
      throw DatasetError(
        .labelOutOfRange, what: "Label \(label) cannot be written; STL-10 has classes 0…9.",
        place: "\(set.name), image \(index)", mend: "pass a labelled data set of ten classes.")
    }
    return UInt8(label + 1)
  }

  private static func writeImages(_ set: any ImageDataset, to url: URL) throws {
    let file = try newFile(url)
    defer { try? file.close() }
    for index in 0..<set.count {
      try file.write(contentsOf: Data(set.image(index).columnMajorPlanes))
    }
    try file.synchronize()
  }

  private static func write(_ bytes: [UInt8], to url: URL) throws {
    let file = try newFile(url)
    defer { try? file.close() }
    try file.write(contentsOf: Data(bytes))
    try file.synchronize()
  }

  private static func newFile(_ url: URL) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
      throw CocoaError(.fileWriteUnknown)
    }
    return try FileHandle(forWritingTo: url)
  }

  /// Ten lines, each a fifth of the training indices in random order.
  private static func foldText(images: Int, key: RandomKey) -> String {
    (0..<10).map { fold in
      var stream = RandomStream(key.child("fold").child(fold))
      let indices = stream.permutation(images).prefix(images / 5)
      return indices.map(String.init).joined(separator: " ") + "\n"
    }.joined()
  }
}
