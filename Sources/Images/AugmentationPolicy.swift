// Augmentation policies: how a second view of an image is drawn.
//
// Source     MV-MR released code, configuration key `aug_policy`
// Policies   custom   crop 0.08…1, bilinear → flip ½ → jitter .8 .8 .8 .2 (p .8) → gray .2 → blur
//            cifar    4 black pixels around, crop → flip ½
//            autoaugment, randaugment   crop 0.08…1, bilinear → the learned operations
//            cifar20  jitter .4 .4 .4 .1 (p .8) → gray .1 → crop 0.2…1, bicubic → flip ½
//            Those of SEED and SimReg, from their released code, all bilinear:
//            weak       crop 0.2…1 → flip ½
//            moco_v1    crop 0.2…1 → gray .2 → jitter .4 .4 .4 .4 → flip ½
//            moco_v2    crop 0.2…1 → jitter .4 .4 .4 .1 (p .8) → gray .2 → blur (p .5) → flip ½
//            swav       as moco_v2, crop 0.14…1
//            swav_small as moco_v2, crop 0.05…0.14
// Draws      One stream a view, in the order of the steps. A coin u in 0…1 with probability p:
//            flip and gray act when u < p, the jitter when u ≤ p.
// Errata     D40: custom's blur is always applied, with a kernel of 2⌊0.05 s⌋ + 1 pixels. moco_v2 and its
//            kind blur with Pillow there, three box filters of σ in 0.1…2; here it is the Gaussian itself,
//            cut off at 3 σ.
// Read       AugmentationStep.swift, RandomResizedCrop.swift, ColorJitter.swift ← this file
//            → ReleasedCodeAugmentation.swift
// Tests      Tests/ImagesTests/AugmentationPolicyTests.swift

import Randomness

/// What was drawn for one view: enough to make the very same view again.
public struct AugmentationDraw: Hashable, Codable, Sendable {
  /// The policy that drew.
  public let policy: AugmentationPolicy
  /// What to do, in order.
  public let steps: [AugmentationStep]
}

/// A distribution over views of an image, by the name configurations use.
public enum AugmentationPolicy: String, CaseIterable, Codable, Sendable {
  /// STL-10 and ImageNet pre-training, and every evaluation that trains a head.
  case custom
  /// The first part of `custom`: crop and resize; as each further one, a row of the paper's Table 7.
  case crop
  /// With the mirror.
  case cropFlip = "crop-flip"
  /// With jitter of colours.
  case cropFlipColor = "crop-flip-color"
  /// With grayscale: `custom` without its blur.
  case cropFlipColorGray = "crop-flip-color-gray"
  /// CIFAR-100 distillation.
  case cifar
  /// CIFAR-20 pre-training.
  case cifar20
  /// SimReg: crop and flip.
  case weak
  /// SEED with teachers of MoCo v1 and SimCLR.
  case mocoV1 = "moco_v1"
  /// SEED with teachers of MoCo v2, and SimReg's strong views.
  case mocoV2 = "moco_v2"
  /// SEED with teachers of SwAV.
  case swav
  /// SEED's small patches.
  case swavSmall = "swav_small"
  /// The image itself, resized when it has another size.
  case none
  /// The ImageNet policy of AutoAugment, after a random crop.
  case autoaugment
  /// RandAugment, four operations of strength 10 of 30, after a random crop.
  case randaugment

  /// Those of MV-MR's released code, and none.
  public static let official: [AugmentationPolicy] = [.custom, .cifar, .cifar20, .none]

  /// A random view.
  ///
  /// - Parameters:
  ///   - image: Any size of at least one pixel.
  ///   - size: Side of the view, in pixels, at least 1.
  ///   - key: Names the draw; equal keys give equal views.
  /// - Returns: `size × size` pixels.
  public func callAsFunction(_ image: Image, size: Int, key: RandomKey) -> Image {
    image.applying(draw(width: image.width, height: image.height, size: size, key: key).steps)
  }

  /// Draws the steps of a view without touching a pixel.
  ///
  /// - Parameters:
  ///   - width: Of the image the steps will be applied to, in pixels.
  ///   - height: Of that image, in pixels.
  ///   - size: Side of the view, in pixels.
  ///   - key: Names the draw.
  /// - Returns: The steps, for images of exactly that extent.
  public func draw(width: Int, height: Int, size: Int, key: RandomKey) -> AugmentationDraw {
    var stream = RandomStream(key)
    var steps: [AugmentationStep] = []
    switch self {
    // docs: region custom
    case .custom, .crop, .cropFlip, .cropFlipColor, .cropFlipColorGray:
      // Each policy draws as the longer ones do and stops earlier.
      let box = RandomResizedCrop(area: 0.08...1).draw(width: width, height: height, from: &stream)
      steps += [.crop(box: box), .resize(width: size, height: size, filter: .bilinear)]
      if self == .crop { break }
      if stream.uniform() < 0.5 { steps.append(.flip) }
      if self == .cropFlip { break }
      if stream.uniform() <= 0.8 {
        let jitter = ColorJitter(brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2)
        steps += jitter.draw(from: &stream)
      }
      if self == .cropFlipColor { break }
      if stream.uniform() < 0.2 { steps.append(.grayscale) }
      if self == .cropFlipColorGray { break }
      let kernelSize = GaussianKernel.size(forImageSide: size)
      steps.append(.blur(kernelSize: kernelSize, sigma: stream.uniform(in: 0.1...2)))
    // docs: end custom
    case .cifar:
      var (w, h) = (width + 8, height + 8)
      if min(w, h) < size {  // too small to crop from: torchvision stops here
        steps.append(.resize(width: size, height: size, filter: .bilinear))
        (w, h) = (size + 8, size + 8)
      }
      steps.append(.pad(margin: 4))
      let top = h == size ? 0 : stream.integer(below: h - size + 1)
      let left = w == size ? 0 : stream.integer(below: w - size + 1)
      steps.append(.crop(box: CropBox(top: top, left: left, height: size, width: size)))
      if stream.uniform() < 0.5 { steps.append(.flip) }
    case .cifar20:
      if stream.uniform() <= 0.8 {
        let jitter = ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)
        steps += jitter.draw(from: &stream)
      }
      if stream.uniform() < 0.1 { steps.append(.grayscale) }
      let box = RandomResizedCrop(area: 0.2...1).draw(width: width, height: height, from: &stream)
      steps += [.crop(box: box), .resize(width: size, height: size, filter: .bicubic)]
      if stream.uniform() < 0.5 { steps.append(.flip) }
    case .weak:
      steps += AugmentationPolicy.crop(0.2...1, width, height, size, &stream)
      if stream.uniform() < 0.5 { steps.append(.flip) }
    case .mocoV1:
      steps += AugmentationPolicy.crop(0.2...1, width, height, size, &stream)
      if stream.uniform() < 0.2 { steps.append(.grayscale) }
      let jitter = ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.4)
      steps += jitter.draw(from: &stream)
      if stream.uniform() < 0.5 { steps.append(.flip) }
    case .mocoV2, .swav, .swavSmall:
      let area = self == .mocoV2 ? 0.2...1 : self == .swav ? 0.14...1 : 0.05...0.14
      steps += AugmentationPolicy.crop(area, width, height, size, &stream)
      if stream.uniform() <= 0.8 {
        let jitter = ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)
        steps += jitter.draw(from: &stream)
      }
      if stream.uniform() < 0.2 { steps.append(.grayscale) }
      if stream.uniform() < 0.5 {
        let sigma = stream.uniform(in: 0.1...2)
        // Reflection reaches no further than the image.
        let reach = min(Int((3 * sigma).rounded(.up)), size - 1)
        steps.append(.blur(kernelSize: 2 * reach + 1, sigma: sigma))
      }
      if stream.uniform() < 0.5 { steps.append(.flip) }
    case .autoaugment, .randaugment:
      steps += AugmentationPolicy.crop(0.08...1, width, height, size, &stream)
      steps +=
        self == .autoaugment
        ? AutoAugment.draw(width: size, height: size, from: &stream)
        : RandAugment.draw(width: size, height: size, from: &stream)
    case .none:
      if width != size || height != size {
        steps.append(.resize(width: size, height: size, filter: .bilinear))
      }
    }
    return AugmentationDraw(policy: self, steps: steps)
  }

  /// A random crop, resized to the view.
  private static func crop(
    _ area: ClosedRange<Double>, _ width: Int, _ height: Int, _ size: Int,
    _ stream: inout RandomStream
  ) -> [AugmentationStep] {
    [
      .crop(box: RandomResizedCrop(area: area).draw(width: width, height: height, from: &stream)),
      .resize(width: size, height: size, filter: .bilinear),
    ]
  }
}
