// Synthetic shapes: a data set that needs no download, drawn as it is read.
//
// Idea       Ten classes, told apart by outline alone; colour, texture, place, size, turn, light and
//            clutter are chance. What the pixels show at one place says nothing about the class, so
//            a classifier of raw pixels does poorly (nearest neighbour: one in four).
// Contract   Image i of a split is a function of (seed, split, i, size): any order, any thread.
// Read       ShapeScene.swift ← this file → STL10Writer.swift
// Tests      Tests/DatasetsTests/SyntheticShapesTests.swift

import Images
import Kernels
import Randomness

/// Procedurally drawn images of ten shapes.
public struct SyntheticShapes: ImageDataset {
  /// Independent images for each purpose.
  public enum Split: String, CaseIterable, Codable, Sendable {
    /// Labelled images to learn from.
    case train
    /// Labelled images to measure with.
    case test
    /// Images whose label is withheld.
    case unlabeled
  }

  public let name = "synthetic"
  public let count: Int
  public let imageSize: Int
  /// Which images.
  public let split: Split
  /// The seed everything is drawn from.
  public let seed: UInt64
  private let key: RandomKey

  /// Images 0..<count of a split.
  ///
  /// - Parameters:
  ///   - count: How many; more of them never change the first ones.
  ///   - size: Side in pixels, at least 8.
  ///   - seed: Another seed gives other images of the same kind.
  ///   - split: Which images.
  public init(count: Int, size: Int = 32, seed: UInt64 = 0, split: Split = .train) {
    require(
      count >= 0 && size >= 8,
      "SyntheticShapes: \(count) images of side \(size). To mend: a count of 0 or more, a side of 8 or more."
    )
    self.count = count
    self.split = split
    self.seed = seed
    imageSize = size
    key = RandomKey(seed: seed).child("synthetic shapes").child(split.rawValue)
  }

  public var classNames: [String] { ShapeOutline.allCases.map(\.name) }

  public func image(_ index: Int) throws(DatasetError) -> Image {
    ShapeScene(outline(index), key: key.child(index)).rendered(size: imageSize)
  }

  public func label(_ index: Int) -> Int { split == .unlabeled ? -1 : outline(index).rawValue }

  /// Classes take turns, so that any run of images is balanced.
  private func outline(_ index: Int) -> ShapeOutline {
    let classes = ShapeOutline.allCases
    return classes[index % classes.count]
  }

  /// Draws a data set into the files of STL-10, at 96 × 96.
  ///
  /// - Parameters:
  ///   - directory: Created; must not exist.
  ///   - train: Number of labelled training images.
  ///   - test: Number of test images.
  ///   - unlabeled: Number of images without labels; 27 648 bytes each.
  ///   - seed: As for the data set itself.
  /// - Throws: When a count is negative or the system refuses to write; nothing is left behind.
  public static func writeSTL10(
    to directory: String, train: Int, test: Int, unlabeled: Int, seed: UInt64 = 0
  ) throws(DatasetError) {
    guard min(train, test, unlabeled) >= 0 else {
      throw DatasetError(
        .unwritable, what: "A data set cannot have fewer than no images.",
        place: "train \(train), test \(test), unlabeled \(unlabeled)",
        mend: "pass counts of 0 or more.")
    }
    func split(_ split: Split, _ count: Int) -> SyntheticShapes {
      SyntheticShapes(count: count, size: STL10.side, seed: seed, split: split)
    }
    try STL10.write(
      to: directory, train: split(.train, train), test: split(.test, test),
      unlabeled: split(.unlabeled, unlabeled),
      key: RandomKey(seed: seed).child("synthetic shapes").child("folds"))
  }
}
