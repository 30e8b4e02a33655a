// Images that may show several classes at once, as in Pascal VOC.
//
// Source     Everingham et al., "The Pascal Visual Object Classes (VOC) challenge", Int. J. Comput. Vis. 88, 2010
// Read       ImageDataset.swift ← this file → Training/Evaluation/VOCEvaluation.swift
// Tests      Tests/TrainingTests/VOCEvaluationTests.swift

import Images
import Kernels

/// What an image shows of a class.
public enum Presence: Sendable, Hashable {
  case absent, present
  /// Shown, but only in ways that annotators found hard to tell.
  case difficult
}

/// A numbered run of images of any size, each with what it shows of every class.
///
/// Any thread may read any image at any time.
public protocol MultiLabelImages: Sendable {
  /// The name configurations use, such as `voc2007`.
  var name: String { get }
  /// Number of images.
  var count: Int { get }
  /// One name a class.
  var classNames: [String] { get }

  /// One image, of any size.
  ///
  /// - Parameter index: In 0..<count.
  /// - Returns: The image, at its own size.
  /// - Throws: When the file underneath cannot be read.
  func image(_ index: Int) throws -> Image

  /// What one image shows of each class.
  ///
  /// - Parameter index: In 0..<count.
  /// - Returns: One a class, in the order of `classNames`.
  func presence(_ index: Int) -> [Presence]
}

/// Such images held in memory.
public struct InMemoryMultiLabelImages: MultiLabelImages {
  public let name: String
  public let classNames: [String]
  private let images: [Image]
  private let presences: [[Presence]]

  /// Images of given presences.
  ///
  /// - Parameters:
  ///   - name: For messages.
  ///   - images: Of any size.
  ///   - presences: One array an image, one element a class.
  ///   - classNames: One a class.
  public init(name: String, images: [Image], presences: [[Presence]], classNames: [String]) {
    require(
      images.count == presences.count && presences.allSatisfy { $0.count == classNames.count },
      """
      InMemoryMultiLabelImages: \(images.count) images, \(presences.count) presences of \
      \(classNames.count) classes.
        To mend: one array an image, one element a class.
      """)
    self.name = name
    self.classNames = classNames
    self.images = images
    self.presences = presences
  }

  public var count: Int { images.count }
  public func image(_ index: Int) throws -> Image { images[index] }
  public func presence(_ index: Int) -> [Presence] { presences[index] }
}
