// Which data set lies in a directory?
//
// Idea       Each layout has files that no other has. The answer says how to open it and what to write in a
//            configuration; `mvmr pretrain --data DIR` and `mvmr data check DIR` ask here.
// Read       STL10.swift, CIFAR.swift, VOC2007.swift, ImageFiles.swift ← this file
// Tests      Tests/DatasetsTests/ImageFilesTests.swift

import Foundation

/// A layout of files.
public enum DatasetKind: String, CaseIterable, Sendable {
  case stl10, cifar10, cifar100, voc2007, tsv
  /// Pictures in class folders, or without classes.
  case folder

  /// The layout a directory has, if it has one of these.
  ///
  /// - Parameter directory: Where the data lie, or where an archive of them was unpacked.
  /// - Returns: nil for a directory of none.
  public static func of(_ directory: String) -> DatasetKind? {
    func has(_ names: String...) -> Bool {
      names.contains { FileManager.default.fileExists(atPath: directory + "/" + $0) }
    }
    if has("train_X.bin", "stl10_binary/train_X.bin", "unlabeled_X.bin") { return .stl10 }
    if has("data_batch_1.bin", "cifar-10-batches-bin") { return .cifar10 }
    if has("train.bin", "cifar-100-binary") { return .cifar100 }
    if has("ImageSets/Main", "VOC2007/ImageSets", "VOCdevkit/VOC2007") { return .voc2007 }
    if has("train.tsv") { return .tsv }
    return FolderLayout(directory) == nil ? nil : .folder
  }
}

/// Where the pictures of a directory are.
public struct FolderLayout: Hashable, Sendable {
  /// The folder trained on.
  public let training: String
  /// The folder measured on, where there is one.
  public let test: String?
  /// Whether `training` holds one folder a class.
  public let hasClasses: Bool

  /// Looks at a directory: `train` and `val` (or `test`) in it, or pictures themselves.
  ///
  /// nil when there are neither pictures nor folders of them.
  ///
  /// - Parameter directory: The data set.
  public init?(_ directory: String) {
    func folder(_ name: String) -> String? {
      var isFolder: ObjCBool = false
      let path = directory + "/" + name
      let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      return exists && isFolder.boolValue ? path : nil
    }
    training = folder("train") ?? directory
    test = training == directory ? nil : folder("val") ?? folder("test")
    guard let listing = try? FolderListing(training) else { return nil }
    if !listing.pictures.isEmpty {
      hasClasses = false
    } else {
      let training = training
      let holdsPictures = listing.folders.prefix(3).contains {
        (try? FolderListing(training + "/" + $0))?.pictures.isEmpty == false
      }
      guard holdsPictures else { return nil }
      hasClasses = true
    }
  }
}
