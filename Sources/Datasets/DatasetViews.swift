// Data sets made of other things: images in memory, a part of a set, a set several times over.
//
// Source     MV-MR released code, `n_aug`: item i of the repeated set is image ⌊i / n⌋
// Read       ImageDataset.swift ← this file → BatchSampler.swift
// Tests      Tests/DatasetsTests/DatasetViewsTests.swift

import Images
import Kernels

/// Images and labels held in memory.
public struct InMemoryDataset: ImageDataset {
  public let name: String
  public let imageSize: Int
  public let classNames: [String]
  private let images: [Image]
  private let labels: [Int]

  /// A data set of given images.
  ///
  /// - Parameters:
  ///   - name: For messages.
  ///   - images: Square, all of one size.
  ///   - labels: One an image, in 0..<classNames.count, or −1.
  ///   - classNames: One a class.
  public init(name: String, images: [Image], labels: [Int], classNames: [String]) {
    let side = images.first?.width ?? 0
    require(
      images.count == labels.count && images.allSatisfy { $0.width == side && $0.height == side }
        && labels.allSatisfy { $0 >= -1 && $0 < classNames.count },
      """
      InMemoryDataset: images and labels do not make a data set.
        \(images.count) images, \(labels.count) labels, \(classNames.count) classes, side \(side).
        To mend: one label in −1..<\(classNames.count) for each image; square images of one size.
      """)
    self.name = name
    self.images = images
    self.labels = labels
    self.classNames = classNames
    imageSize = side
  }

  public var count: Int { images.count }
  public func image(_ index: Int) throws(DatasetError) -> Image { images[index] }
  public func label(_ index: Int) -> Int { labels[index] }
}

/// Some images of a data set, in a given order: a fold, a labelled fraction, a quick look.
public struct DatasetSubset<Base: ImageDataset>: ImageDataset {
  /// The whole set.
  public let base: Base
  /// Which images of it, in order; repetitions are allowed.
  public let indices: [Int]

  /// The images of `base` with the given numbers.
  public init(_ base: Base, indices: [Int]) {
    require(
      indices.allSatisfy { $0 >= 0 && $0 < base.count },
      """
      DatasetSubset: an index outside \(base.name).
        indices from \(indices.min() ?? 0) to \(indices.max() ?? 0), the set has \(base.count) images.
        To mend: keep every index in 0..<\(base.count).
      """)
    self.base = base
    self.indices = indices
  }

  public var name: String { base.name }
  public var count: Int { indices.count }
  public var imageSize: Int { base.imageSize }
  public var classNames: [String] { base.classNames }
  public func image(_ index: Int) throws(DatasetError) -> Image { try base.image(indices[index]) }
  public func label(_ index: Int) -> Int { base.label(indices[index]) }
}

/// Every image of a data set several times in a row, so that one epoch sees several views of it.
public struct RepeatedDataset<Base: ImageDataset>: ImageDataset {
  /// The set itself.
  public let base: Base
  /// How often each image comes.
  public let copies: Int

  /// `base` with each image `copies` times, at least once.
  public init(_ base: Base, copies: Int) {
    require(copies >= 1, "RepeatedDataset: \(copies) copies. To mend: pass 1 or more.")
    self.base = base
    self.copies = copies
  }

  public var name: String { base.name }
  public var count: Int { base.count * copies }
  public var imageSize: Int { base.imageSize }
  public var classNames: [String] { base.classNames }
  public func image(_ index: Int) throws(DatasetError) -> Image { try base.image(index / copies) }
  public func label(_ index: Int) -> Int { base.label(index / copies) }
}
