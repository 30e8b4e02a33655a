// One deterministic step of an augmentation, with every parameter that was drawn for it.
//
// Idea       Randomness and pixels are kept apart: a policy draws a list of steps, and a list of
//            steps is a value that can be printed, stored in a run's log, and applied again.
// Read       Crop, Resize, ColorEnhancement, Hue, GaussianBlur, PolicyOperation ← this file → AugmentationPolicy.swift
// Tests      Tests/ImagesTests/AugmentationPolicyTests.swift

/// A change of an image without any randomness left in it.
public enum AugmentationStep: Hashable, Codable, Sendable {
  /// Adds a black margin on all four sides, in pixels.
  case pad(margin: Int)
  /// Keeps a rectangle.
  case crop(box: CropBox)
  /// Resamples to a size in pixels, antialiased on bytes.
  case resize(width: Int, height: Int, filter: ResamplingFilter)
  /// Mirrors left and right.
  case flip
  /// Scales brightness.
  case brightness(factor: Double)
  /// Scales the distance from mean gray.
  case contrast(factor: Double)
  /// Scales the distance from each pixel's gray.
  case saturation(factor: Double)
  /// Turns the colour circle, in −0.5…0.5 turns.
  case hue(turns: Double)
  /// Removes colour.
  case grayscale
  /// Blurs with a Gaussian of `sigma` pixels.
  case blur(kernelSize: Int, sigma: Double)
  /// An operation that only AutoAugment and RandAugment use.
  case policy(PolicyOperation)
}

extension Image {
  /// The image after one step.
  public func applying(_ step: AugmentationStep) -> Image {
    switch step {
    case .pad(let margin): padded(top: margin, left: margin, bottom: margin, right: margin)
    case .crop(let box): cropped(to: box)
    case .resize(let width, let height, let filter):
      resized(width: width, height: height, filter: filter)
    case .flip: flippedHorizontally()
    case .brightness(let factor): brightness(scaledBy: factor)
    case .contrast(let factor): contrast(scaledBy: factor)
    case .saturation(let factor): saturation(scaledBy: factor)
    case .hue(let turns): hue(turnedBy: turns)
    case .grayscale: grayscale()
    case .blur(let kernelSize, let sigma): blurred(kernelSize: kernelSize, sigma: sigma)
    case .policy(let operation): applying(operation)
    }
  }

  /// The image after several steps, in order.
  public func applying(_ steps: [AugmentationStep]) -> Image {
    steps.reduce(self) { $0.applying($1) }
  }
}
