// CIFAR-10, CIFAR-100 and CIFAR-20: 60 000 images of 32 × 32.
//
// Source     Krizhevsky, "Learning multiple layers of features from tiny images", 2009; binary archive
// Format     a record is one label byte (CIFAR-10) or two, coarse and fine (CIFAR-100), then three
//            planes of 32 × 32 bytes, each row by row
// CIFAR-20   The images of CIFAR-100 under their coarse label.
// Read       RecordFile.swift ← this file
// Tests      Tests/DatasetsTests/CIFARTests.swift

import Images

/// A split of a CIFAR data set in its binary format, read from disk image by image.
public struct CIFAR: ImageDataset {
  /// Which data set, by the name configurations use.
  public enum Variant: String, CaseIterable, Codable, Sendable {
    /// Ten classes.
    case cifar10
    /// One hundred classes.
    case cifar100
    /// The twenty superclasses of CIFAR-100.
    case cifar20
  }

  /// A part of the data set.
  public enum Split: String, CaseIterable, Codable, Sendable {
    /// 50 000 images.
    case train
    /// 10 000 images.
    case test
  }

  /// Side of every image, in pixels.
  public static let side = 32

  /// Which data set was opened.
  public let variant: Variant
  /// The part that was opened.
  public let split: Split
  public let imageSize = CIFAR.side
  private let records: RecordSequence
  private let labels: [UInt8]

  /// Opens a split and checks sizes and labels.
  ///
  /// - Parameters:
  ///   - variant: Which data set.
  ///   - directory: Holds the files, or the directory of the archive that does.
  ///   - split: Which images.
  /// - Throws: When files are missing, cut, or hold labels that are no class.
  public init(_ variant: Variant, directory: String, split: Split) throws(DatasetError) {
    self.variant = variant
    self.split = split
    let names = variant.files(split)
    let place = try DatasetDirectory.find(
      names, in: directory, subdirectory: variant.archiveDirectory, archive: variant.archive)
    var files: [RecordFile] = []
    var labels: [UInt8] = []
    for name in names {
      let file = try RecordFile(
        path: "\(place)/\(name)", recordSize: variant.labelBytes + 3 * CIFAR.side * CIFAR.side)
      for record in 0..<file.count {
        let head = try file.read(record, length: variant.labelBytes)
        for (byte, classes) in zip(head, variant.classesOfLabelBytes) where Int(byte) >= classes {
          throw DatasetError(
            .labelOutOfRange, what: "Label \(byte) is outside 0..<\(classes).",
            place: "\(file.path), record \(record)",
            mend: "unpack the archive \(variant.archive) again; this is another file.")
        }
        labels.append(head[variant == .cifar100 ? 1 : 0])
      }
      files.append(file)
    }
    self.labels = labels
    records = RecordSequence(files: files)
  }

  public var name: String { variant.rawValue }
  public var count: Int { labels.count }
  public var classNames: [String] { variant.classNames }

  public func image(_ index: Int) throws(DatasetError) -> Image {
    Image(
      planes: try records.read(index), from: variant.labelBytes, side: CIFAR.side,
      columnMajor: false)
  }

  public func label(_ index: Int) -> Int { Int(labels[index]) }
}

extension CIFAR.Variant {
  /// Label bytes at the start of a record.
  var labelBytes: Int { self == .cifar10 ? 1 : 2 }

  /// How many classes each label byte may name.
  var classesOfLabelBytes: [Int] { self == .cifar10 ? [10] : [20, 100] }

  /// The directory inside the archive.
  var archiveDirectory: String {
    self == .cifar10 ? "cifar-10-batches-bin" : "cifar-100-binary"
  }

  /// The archive's file name.
  var archive: String {
    self == .cifar10 ? "cifar-10-binary.tar.gz" : "cifar-100-binary.tar.gz"
  }

  /// The files of a split, in order.
  func files(_ split: CIFAR.Split) -> [String] {
    switch (self, split) {
    case (.cifar10, .train): (1...5).map { "data_batch_\($0).bin" }
    case (.cifar10, .test): ["test_batch.bin"]
    case (_, .train): ["train.bin"]
    case (_, .test): ["test.bin"]
    }
  }

  /// One name a class, in the order of the labels.
  public var classNames: [String] {
    switch self {
    case .cifar10:
      ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    case .cifar20:
      [
        "aquatic mammals", "fish", "flowers", "food containers", "fruit and vegetables",
        "household electrical devices", "household furniture", "insects", "large carnivores",
        "large man-made outdoor things", "large natural outdoor scenes",
        "large omnivores and herbivores", "medium-sized mammals", "non-insect invertebrates",
        "people", "reptiles", "small mammals", "trees", "vehicles 1", "vehicles 2",
      ]
    case .cifar100:
      """
      apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus \
      butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch \
      crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo \
      keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain \
      mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain \
      plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk \
      skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone \
      television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
      """.split(separator: " ").map(String.init)
    }
  }
}
