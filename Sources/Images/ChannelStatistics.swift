// Mean and standard deviation of each colour channel: what images are normalised with.
//
// Source     MV-MR released code; the values are data, copied digit by digit
// Errata     STL-10 is normalised with ImageNet's statistics, CIFAR-20/100 with CIFAR-10's
// Read       this file → Datasets/ImageTensor.swift

/// Per-channel statistics of images scaled to 0…1, in the order red, green, blue.
public struct ChannelStatistics: Hashable, Codable, Sendable {
  /// Three means, unitless, in 0…1.
  public let mean: [Float]
  /// Three standard deviations, unitless, above 0.
  public let standardDeviation: [Float]

  /// Statistics of three channels.
  public init(mean: (Float, Float, Float), standardDeviation: (Float, Float, Float)) {
    self.mean = [mean.0, mean.1, mean.2]
    self.standardDeviation = [standardDeviation.0, standardDeviation.1, standardDeviation.2]
  }

  /// ImageNet and its subsets, and STL-10.
  public static let imageNet = ChannelStatistics(
    mean: (0.485, 0.456, 0.406), standardDeviation: (0.229, 0.224, 0.225))
  /// CIFAR-10, CIFAR-20 and CIFAR-100.
  public static let cifar = ChannelStatistics(
    mean: (0.491, 0.482, 0.447), standardDeviation: (0.247, 0.243, 0.261))
  /// Pascal VOC.
  public static let voc = ChannelStatistics(
    mean: (0.45704722, 0.43824774, 0.4061733),
    standardDeviation: (0.23908591, 0.23509644, 0.2397309))
  /// What CLIP was trained with.
  public static let clip = ChannelStatistics(
    mean: (0.48145466, 0.4578275, 0.40821073),
    standardDeviation: (0.26862954, 0.26130258, 0.27577711))

  /// The statistics of a data set by the name configurations use.
  ///
  /// - Parameter name: Such as `stl10` or `cifar100`; upper and lower case are one.
  /// - Returns: `nil` for an unknown name.
  public static func forDataset(_ name: String) -> ChannelStatistics? {
    switch name.lowercased() {
    case "stl10", "synthetic", "imagenet", "imagenet50", "imagenet100", "imagenet200",
      "tiny-imagenet", "imagewang":
      .imageNet
    case "cifar10", "cifar20", "cifar100": .cifar
    case "voc", "voc2007": .voc
    default: nil
    }
  }
}
