// mvmr data check and data show: what lies in a directory, and what a network is shown of it.
//
// Read       Datasets/DatasetKind.swift, Charts/ImageGrid.swift ← this file

import Foundation
import MVMR

extension Option {
  static let readAll = Option(
    name: "--read-all", value: nil, help: "read every image, not only the first of each part")
  static let sheet = Option(name: "--output", value: "FILE", help: "the picture, .png or .svg")
  static let policy = Option(
    name: "--policy", value: "NAME",
    help:
      "how views are drawn: \(AugmentationPolicy.allCases.map(\.rawValue).joined(separator: ", "))")
  static let viewSize = Option(
    name: "--size", value: "N", help: "side of the views, in pixels (default: 96)")
  static let imageCount = Option(
    name: "--count", value: "N", help: "images on the sheet (default: 8)")
}

extension Command {
  static let dataCheck = Command(
    "data check", "Say what a directory of data holds, what is missing, and what mends it.",
    options: [.readAll], positional: "DIR",
    examples: ["data check ~/data", "data check ~/photographs --read-all"]
  ) { arguments in
    let (kind, directory) = try recognised(arguments)
    print("\(directory): \(kind.title)")
    var missing = 0
    for (name, open) in kind.parts(in: directory) {
      do {
        let dataset = try open()
        let classes = dataset.classCount > 0 ? ", \(dataset.classCount) classes" : ", no classes"
        print("  \(name): \(dataset.count) images\(classes)")
        missing += unreadable(dataset, all: arguments.has(.readAll))
      } catch {
        missing += 1
        print("  \(name): not usable\n" + indented(error))
      }
    }
    if missing == 0 {
      print("Nothing is missing. Train on it with:\n  mvmr pretrain --data \(directory)")
    } else if PublishedArchive.of(kind.rawValue) != nil {
      print("To mend: mvmr download \(kind.rawValue) --output \(directory)")
    }
    return missing == 0 ? 0 : 1
  }

  static let dataShow = Command(
    "data show", "Draw images of a data set, and random views of them, on one sheet.",
    options: [.sheet, .policy, .viewSize, .imageCount, .seed], positional: "DIR",
    examples: [
      "data show ~/data -o sheet.png", "data show ~/photographs -o sheet.png --policy randaugment",
    ]
  ) { arguments in
    let (kind, directory) = try recognised(arguments)
    guard let path = arguments.string(.sheet), path.hasSuffix(".png") || path.hasSuffix(".svg")
    else {
      throw UsageError(what: "a picture to write is wanted", remedy: "write -o sheet.png")
    }
    let name = arguments.string(.policy) ?? AugmentationPolicy.custom.rawValue
    guard let policy = AugmentationPolicy(rawValue: name) else {
      let near = nearestName(to: name, among: AugmentationPolicy.allCases.map(\.rawValue))
      throw UsageError(
        what: "there is no policy '\(name)'", remedy: near.map { "did you mean \($0)?" })
    }
    guard let dataset = try kind.parts(in: directory).first?.open() else { return 1 }
    let size = try arguments.integer(.viewSize, in: 8...512) ?? 96
    let count = min(dataset.count, try arguments.integer(.imageCount, in: 1...200) ?? 8)
    let key = RandomKey(seed: UInt64(try arguments.integer(.seed, in: 0...Int.max) ?? 0))
    var images: [Image] = []
    var captions: [String] = []
    for row in 0..<count {
      let index = row * dataset.count / count
      let image = try dataset.image(index)
      let label = dataset.label(index)
      images += [image, image.evaluationView(size: size)]
      captions += [label >= 0 ? dataset.classNames[label] : "image \(index)", "original view"]
      for view in 1...4 {
        images.append(policy(image, size: size, key: key.child(index).child(view)))
        captions.append("\(policy.rawValue) \(view)")
      }
    }
    let grid = ImageGrid(
      "\(kind.rawValue): images and their views", images: images, captions: captions, columns: 6,
      cellSize: Double(max(96, min(160, size))))
    try grid.write(to: path)
    print("Written to \(path): \(count) of \(dataset.count) images, each with four views.")
    return 0
  }

  /// Reads images and prints what is wrong with them, of at most twenty in full.
  private static func unreadable(_ dataset: any ImageDataset, all: Bool) -> Int {
    var count = 0
    for index in 0..<(all ? dataset.count : min(1, dataset.count)) {
      do { _ = try dataset.image(index) } catch {
        count += 1
        if count <= 20 { print(indented(error)) }
      }
    }
    if count > 20 { print("    … and \(count - 20) more images cannot be read") }
    return count
  }

  private static func indented(_ error: any Error) -> String {
    "    " + "\(error)".replacing("\n", with: "\n    ")
  }

  private static func recognised(_ arguments: Arguments) throws -> (DatasetKind, String) {
    guard arguments.positional.count == 1, let directory = arguments.positional.first else {
      throw UsageError(
        what: "one directory is wanted",
        remedy: "write the data set's directory, as in mvmr data check ~/data")
    }
    guard FileManager.default.fileExists(atPath: directory) else {
      throw TrainingError("there is no directory \(directory)", remedy: "check the path")
    }
    guard let kind = DatasetKind.of(directory) else {
      throw TrainingError(
        "no data set is recognised in \(directory): neither the files of STL-10, CIFAR or VOC 2007, nor "
          + "train.tsv, nor JPEG or PNG pictures, alone or in class folders",
        remedy:
          "pass the directory an archive was unpacked in, or fetch one with `mvmr download NAME "
          + "--output \(directory)`")
    }
    return (kind, directory)
  }
}

extension DatasetKind {
  fileprivate var title: String {
    switch self {
    case .stl10: "STL-10"
    case .cifar10: "CIFAR-10"
    case .cifar100: "CIFAR-100 (and CIFAR-20)"
    case .voc2007: "Pascal VOC 2007"
    case .tsv: "images in tab-separated lines"
    case .folder: "photographs in files"
    }
  }

  /// The parts a run would open, each with a name.
  fileprivate func parts(
    in directory: String
  ) -> [(name: String, open: () throws -> any ImageDataset)] {
    switch self {
    case .stl10:
      return [STL10.Split.train, .test, .unlabeled].map { split in
        (split.rawValue, { try STL10(directory: directory, split: split) })
      }
    case .cifar10, .cifar100:
      let variant: CIFAR.Variant = self == .cifar10 ? .cifar10 : .cifar100
      return CIFAR.Split.allCases.map { split in
        (split.rawValue, { try CIFAR(variant, directory: directory, split: split) })
      }
    case .voc2007:
      return [VOC2007.Split.trainAndValidation, .train, .validation, .test].map { split in
        (split.rawValue, { try VOC2007(directory: directory, split: split) })
      }
    case .tsv:
      return ["train", "test"].map { name in
        (name, { try TabSeparatedImages(path: "\(directory)/\(name).tsv") })
      }
    case .folder:
      guard let layout = FolderLayout(directory) else { return [] }
      guard layout.hasClasses else {
        return [("pictures", { try ImageFiles(picturesIn: layout.training) })]
      }
      let training = (
        "training", { try ImageFiles(classesIn: layout.training) as any ImageDataset }
      )
      guard let test = layout.test else { return [training] }
      return [
        training,
        (
          "test",
          {
            let classes = try ImageFiles(classesIn: layout.training).classNames
            return try ImageFiles(classesIn: test, classes: classes)
          }
        ),
      ]
    }
  }
}
