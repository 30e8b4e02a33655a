// The archives that `mvmr download` knows: where they lie, and how to tell that one is whole.
//
// Source     addresses and MD5 sums as their publishers and torchvision give them
// Read       this file → ArchiveDownload.swift
// Tests      Tests/DatasetsTests/ArchiveDownloadTests.swift

/// An archive somebody published.
public struct PublishedArchive: Hashable, Sendable {
  /// The file's name.
  public let name: String
  /// The folder it lies in, with a slash at the end.
  public let place: String
  /// Of the whole file, in bytes.
  public let size: Int
  /// Of the whole file, as hexadecimal digits.
  public let md5: String

  /// An archive by its address and what proves it whole.
  public init(name: String, place: String, size: Int, md5: String) {
    (self.name, self.place) = (name, place)
    (self.size, self.md5) = (size, md5)
  }

  /// The archives of a data set.
  public static func of(_ dataset: String) -> [PublishedArchive]? {
    let toronto = "https://www.cs.toronto.edu/~kriz/"
    let oxford = "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/"
    return switch dataset {
    case "stl10":
      [
        PublishedArchive(
          name: "stl10_binary.tar.gz", place: "http://ai.stanford.edu/~acoates/stl10/",
          size: 2_640_397_119, md5: "91f7769df0f17e558f3565bffb0c7dfb")
      ]
    case "cifar10":
      [
        PublishedArchive(
          name: "cifar-10-binary.tar.gz", place: toronto, size: 170_052_171,
          md5: "c32a1d4ab5d03f1284b67883e8d87530")
      ]
    case "cifar100":
      [
        PublishedArchive(
          name: "cifar-100-binary.tar.gz", place: toronto, size: 168_513_733,
          md5: "03b5dce01913d631647c71ecec9e9cb8")
      ]
    case "voc2007":
      [
        PublishedArchive(
          name: "VOCtrainval_06-Nov-2007.tar", place: oxford, size: 460_032_000,
          md5: "c52e279531787c972589f7e41ab4ae64"),
        PublishedArchive(
          name: "VOCtest_06-Nov-2007.tar", place: oxford, size: 451_020_800,
          md5: "b6e924de25625d8de591ea690078ad9f"),
      ]
    default: nil
    }
  }

  /// The data sets that can be fetched.
  public static let datasets = ["stl10", "cifar10", "cifar100", "voc2007"]
}
