// What each network's published weights were trained to see.
//
// Source     torchvision's IMAGENET1K_V1 recipes: short side to 256, the middle 224 (EfficientNet-B0 the same and
//            B1 the middle 240, both bicubic), ImageNet's statistics; CLIP (Radford et al., ICML 2021): short side
//            to 224, bicubic, its own statistics; the published CIFAR networks: 32 pixels, ImageNet's statistics
// Idea       A default for each name; whoever has other weights says so (`teacher.size`, `--size` …).
// Read       Datasets/ImagePreparation.swift ← this file → EncoderFile.swift
// Tests      Tests/TrainingTests/FrozenEncoderTests.swift

import Datasets
import Images
import Networks

/// What can be changed about a network's usual input.
public struct PreparationChoice: Sendable, Hashable {
  /// Side of the input, in pixels.
  public var side: Int?
  /// Length of the short side before the middle is cut out.
  public var resize: Int?
  /// The weights of scaling.
  public var filter: ResamplingFilter?
  /// What values are normalised with.
  public var statistics: ChannelStatistics?

  /// Nothing changed.
  public init() {}

  /// The usual input with these changes: another side without another short side scales by the side.
  func applied(to usual: ImagePreparation) -> ImagePreparation {
    var preparation = usual
    if let side {
      preparation.resize = side
      preparation.crop = side
    }
    if let resize { preparation.resize = resize }
    if let filter { preparation.filter = filter }
    if let statistics { preparation.statistics = statistics }
    return preparation
  }
}

extension ImagePreparation {
  /// What a network's published weights were trained to see.
  public static func published(for network: NamedNetwork) -> ImagePreparation {
    switch network {
    case .visionTransformer(let plan):
      ImagePreparation(
        resize: plan.imageSize, crop: plan.imageSize, filter: .bicubic, statistics: .clip)
    case .cifarResNet: ImagePreparation(resize: 32, crop: 32, statistics: .imageNet)
    case .efficientNet(let variant):
      ImagePreparation(
        resize: 256, crop: variant == .b0 ? 224 : 240, filter: .bicubic, statistics: .imageNet)
    case .resNet(let backbone, _)
    where [.resnet8, .resnet8x2, .resnet8x4].contains(backbone):
      ImagePreparation(statistics: .imageNet)
    case .resNet, .mobileNetV2, .mobileNetV3Large:
      ImagePreparation(resize: 256, crop: 224, statistics: .imageNet)
    }
  }
}
