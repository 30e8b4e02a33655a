// A part of a data set that keeps its labels: the 1 % and 10 % of semi-supervised learning.
//
// Source     the published lists (SimCLR's 1percent.txt and 10percent.txt) name files, one a line
// Errata     D24: the released code draws numbers with replacement and without regard to the class
// Formula    without a list: of each class round(p n / 100) images, at least one, by a permutation drawn
//            from key → "labels" → class; in the order of the data set
// Read       DatasetViews.swift ← this file → Training/FineTuning.swift
// Tests      Tests/DatasetsTests/LabelFractionTests.swift

import Formats
import Kernels
import Randomness

/// Which images keep their labels.
public enum LabelFraction {
  /// As many of each class.
  ///
  /// - Parameters:
  ///   - percentage: In 0…100, above 0.
  ///   - dataset: Labels are read; images without one are left out.
  ///   - key: Names the draw.
  /// - Returns: Numbers of images, rising.
  public static func balanced(
    _ percentage: Double, of dataset: some ImageDataset, key: RandomKey
  ) -> [Int] {
    balanced(percentage, of: (0..<dataset.count).map(dataset.label), key: key)
  }

  /// As many of each class.
  ///
  /// - Parameters:
  ///   - percentage: In 0…100, above 0; halves of an image are rounded away from zero.
  ///   - labels: One class an image; images with −1 are left out.
  ///   - key: Names the draw; a larger percentage of the same key contains a smaller one.
  /// - Returns: Numbers of images, rising.
  public static func balanced(_ percentage: Double, of labels: [Int], key: RandomKey) -> [Int] {
    require(
      percentage > 0 && percentage <= 100,
      "LabelFraction: \(percentage) %. To mend: pass a percentage above 0 and at most 100.")
    var classes = [[Int]](repeating: [], count: (labels.max() ?? -1) + 1)
    for (index, label) in labels.enumerated() where label >= 0 { classes[label].append(index) }
    var chosen: [Int] = []
    for (label, members) in classes.enumerated() where !members.isEmpty {
      let wanted = Int((percentage * Double(members.count) / 100).rounded(.toNearestOrAwayFromZero))
      var stream = RandomStream(key.child("labels").child(label))
      let order = stream.permutation(members.count)
      chosen += order.prefix(max(1, wanted)).map { members[$0] }
    }
    return chosen.sorted()
  }

  /// The images a list names.
  ///
  /// - Parameters:
  ///   - path: One file a line, with or without its folder.
  ///   - files: The data set.
  /// - Returns: Numbers of images, rising.
  /// - Throws: When the list cannot be read or names a file that is not there.
  public static func listed(
    in path: String, of files: ImageFiles
  ) throws(DatasetError) -> [Int] {
    var places: [String: Int] = [:]
    for (index, entry) in files.entries.enumerated() { places[lastName(entry.path)] = index }
    var chosen: [Int] = []
    for (number, line) in try DatasetDirectory.lines(path).enumerated() {
      guard let word = line.split(whereSeparator: \.isWhitespace).first else { continue }
      guard let index = places[lastName(String(word))] else {
        throw DatasetError(
          .missing,
          what: "A list names a file that is not there: \(FormatError.quoted(String(word))).",
          place: "\(path), line \(number + 1)",
          mend: "use the list that belongs to this data set, with all its classes.")
      }
      chosen.append(index)
    }
    return chosen.sorted()
  }

  private static func lastName(_ path: String) -> String {
    String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
  }
}
