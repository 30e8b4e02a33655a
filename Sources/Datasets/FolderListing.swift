// What lies in a folder, in the order of its bytes.
//
// Idea       Foundation lists in the order of the disk and sorts by language; both differ between machines.
// Kinds      .jpg, .jpeg and .png in any case. Other pictures that torchvision would load are an error:
//            leaving them out silently would make another data set. Names that begin with a dot are left out.
// Read       this file → ImageFiles.swift
// Tests      Tests/DatasetsTests/ImageFilesTests.swift

import Foundation

/// The names in one folder.
struct FolderListing {
  /// Folders, without their path.
  private(set) var folders: [String] = []
  /// JPEG and PNG files, without their path.
  private(set) var pictures: [String] = []

  private static let readable: Set<String> = ["jpg", "jpeg", "png"]
  private static let unreadable: Set<String> = ["ppm", "bmp", "pgm", "tif", "tiff", "webp", "gif"]

  init(_ directory: String) throws(DatasetError) {
    let manager = FileManager.default
    let names: [String]
    do {
      names = try manager.contentsOfDirectory(atPath: directory)
    } catch {
      throw DatasetError(
        .unreadable, what: "A folder cannot be listed (\(error.localizedDescription)).",
        place: directory, mend: "check the path and that you may read it.")
    }
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where !name.hasPrefix(".") {
      let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
      if Self.readable.contains(ending) {
        pictures.append(name)
      } else if Self.unreadable.contains(ending) {
        throw DatasetError(
          .malformed, what: "A picture is of a kind that is not read here: .\(ending).",
          place: "\(directory)/\(name)",
          mend: "convert the pictures of that kind to PNG, or take them out of the folder.")
      } else {
        var isFolder: ObjCBool = false
        let exists = unsafe manager.fileExists(
          atPath: "\(directory)/\(name)", isDirectory: &isFolder)
        if exists && isFolder.boolValue { folders.append(name) }
      }
    }
  }

  /// All pictures below a folder, as paths from `root`.
  static func pictures(
    below root: String, in folder: String, depth: Int = 0
  ) throws(DatasetError) -> [String] {
    let place = folder.isEmpty ? root : root + "/" + folder
    guard depth <= 16 else {
      throw DatasetError(
        .malformed, what: "Folders are nested more than 16 deep.", place: place,
        mend: "look for a link that leads back to a folder above it.")
    }
    let listing = try FolderListing(place)
    let prefix = folder.isEmpty ? "" : folder + "/"
    var paths = listing.pictures.map { prefix + $0 }
    for inner in listing.folders {
      paths += try pictures(below: root, in: prefix + inner, depth: depth + 1)
    }
    return paths
  }
}
