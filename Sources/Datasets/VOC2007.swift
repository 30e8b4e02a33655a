// Pascal VOC 2007: photographs with several objects each, for multi-label classification.
//
// Source     Everingham, Van Gool, Williams, Winn & Zisserman, "The Pascal Visual Object Classes (VOC)
//            Challenge", IJCV 2010; the development kit's layout
// Format     ImageSets/Main/<split>.txt one number a line; JPEGImages/<number>.jpg;
//            Annotations/<number>.xml with an `object` for each object: its `name`, and `difficult`
// Target     present where an object of the class is not difficult, absent where there is none, difficult where
//            all objects of the class are: the paper's protocol leaves those out of the average precision, the
//            released code counts them as absent.
// Read       Formats/XMLReader.swift, MultiLabelImages.swift ← this file
// Tests      Tests/DatasetsTests/VOC2007Tests.swift

import Formats
import Foundation
import Images

/// A split of VOC 2007.
public struct VOC2007: ImageDataset, MultiLabelImages {
  /// A part of the data set, by the name of its list.
  public enum Split: String, CaseIterable, Codable, Sendable {
    /// 2 501 images.
    case train
    /// 2 510 images.
    case validation = "val"
    /// Both: 5 011 images.
    case trainAndValidation = "trainval"
    /// 4 952 images.
    case test
  }

  public static let classNames = [
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
  ]

  public let name = "voc2007"
  /// 0: images differ in extent.
  public let imageSize = 0
  public let split: Split
  /// The number of each image, such as `000005`.
  public let identifiers: [String]
  private let place: String
  private let presences: [Presence]  // [image, class]

  /// Opens a split and reads its annotations.
  ///
  /// - Parameters:
  ///   - directory: Holds `ImageSets`, or `VOC2007` or `VOCdevkit/VOC2007` that does.
  ///   - split: Which images.
  /// - Throws: When files are missing, or an annotation is not as the kit describes it.
  public init(directory: String, split: Split) throws(DatasetError) {
    self.split = split
    place = try VOC2007.locate(directory, split)
    identifiers = try VOC2007.identifiers(place, split)
    var presences: [Presence] = []
    presences.reserveCapacity(20 * identifiers.count)
    for identifier in identifiers {
      presences += try VOC2007.presences(annotation: "\(place)/Annotations/\(identifier).xml")
    }
    self.presences = presences
  }

  public var count: Int { identifiers.count }
  public var classNames: [String] { Self.classNames }

  /// Always −1: an image has several classes, told by `presence`.
  public func label(_ index: Int) -> Int { -1 }

  public func image(_ index: Int) throws(DatasetError) -> Image {
    try Image(file: "\(place)/JPEGImages/\(identifiers[index]).jpg")
  }

  /// What is known about each of the twenty classes.
  public func presence(_ index: Int) -> [Presence] {
    Array(presences[(20 * index)..<(20 * index + 20)])
  }

  static func locate(_ directory: String, _ split: Split) throws(DatasetError) -> String {
    let directory = directory.isEmpty ? "." : directory
    let list = "ImageSets/Main/\(split.rawValue).txt"
    let candidates = ["", "/VOC2007", "/VOCdevkit/VOC2007"].map { directory + $0 }
    if let found = candidates.first(where: {
      FileManager.default.fileExists(atPath: "\($0)/\(list)")
    }) {
      return found
    }
    throw DatasetError(
      .missing, what: "VOC 2007 is not there, or not its part '\(split.rawValue)'.",
      place: "searched \(candidates.joined(separator: ", ")) for \(list)",
      mend: "get it with:  mvmr download voc2007 --output \(directory)")
  }

  private static func identifiers(_ place: String, _ split: Split) throws(DatasetError) -> [String]
  {
    let path = "\(place)/ImageSets/Main/\(split.rawValue).txt"
    var identifiers: [String] = []
    for (number, line) in try DatasetDirectory.lines(path, limit: 1 << 22).enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count == 1, words[0].utf8.allSatisfy({ (48...57).contains($0) || $0 == 95 })
      else {
        throw DatasetError(
          .malformed, what: "A line of a list is not the number of an image.",
          place: "\(path), line \(number + 1)", mend: "use the list of the archive.")
      }
      identifiers.append(String(words[0]))
    }
    guard !identifiers.isEmpty else {
      throw DatasetError(
        .malformed, what: "A list of images is empty.", place: path,
        mend: "use the list of the archive.")
    }
    return identifiers
  }

  /// The classes of one annotation file.
  static func presences(annotation path: String) throws(DatasetError) -> [Presence] {
    func fail(_ what: String) -> DatasetError {
      DatasetError(.malformed, what: what, place: path, mend: "unpack the annotations again.")
    }
    let root: XMLElement
    do throws(FormatError) {
      let source = try ByteSource(path: path, limit: 1 << 20)
      root = try XMLElement(
        parsing: try source.bytes(at: 0, count: source.size, format: "XML"), path: path)
    } catch {
      throw DatasetError(
        error.kind == .io ? .missing : .malformed, what: "An annotation cannot be read.",
        place: error.description, mend: "unpack the annotations again.")
    }
    guard root.name == "annotation" else {
      throw fail("The root of an annotation is \(FormatError.quoted(root.name)).")
    }
    var presences = [Presence](repeating: .absent, count: 20)
    for object in root.children where object.name == "object" {
      guard let name = object.child("name")?.text, let label = classNames.firstIndex(of: name)
      else {
        throw fail(
          "An object is of no class: \(FormatError.quoted(object.child("name")?.text ?? "")).")
      }
      let difficult = object.child("difficult")?.text ?? "0"
      guard difficult == "0" || difficult == "1" else {
        throw fail("'difficult' is \(FormatError.quoted(difficult)); it is 0 or 1.")
      }
      if difficult == "0" {
        presences[label] = .present
      } else if presences[label] == .absent {
        presences[label] = .difficult
      }
    }
    return presences
  }
}
