// Colour jitter: brightness, contrast, saturation and hue by random amounts, in random order.
//
// Source     torchvision `ColorJitter`, which MV-MR's released code calls
// Formula    factors U(max(0, 1 − j), 1 + j) for the first three, U(−j, j) turns of hue
// Order      Draws: the permutation, then all four amounts, whatever order they are applied in.
// Read       ColorEnhancement.swift, Hue.swift ← this file → AugmentationPolicy.swift
// Tests      Tests/ImagesTests/AugmentationPolicyTests.swift

import Randomness

/// The distribution of a colour jitter.
public struct ColorJitter: Hashable, Codable, Sendable {
  /// Largest relative change of brightness, at least 0.
  public var brightness: Double
  /// Largest relative change of contrast, at least 0.
  public var contrast: Double
  /// Largest relative change of saturation, at least 0.
  public var saturation: Double
  /// Largest turn of hue, in 0…0.5 of the circle.
  public var hue: Double

  /// A distribution by its four strengths.
  public init(brightness: Double, contrast: Double, saturation: Double, hue: Double) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  /// Draws the four steps, in the order to apply them.
  public func draw(from stream: inout RandomStream) -> [AugmentationStep] {
    let order = stream.permutation(4)
    func range(_ strength: Double) -> ClosedRange<Double> { max(0, 1 - strength)...(1 + strength) }
    let steps: [AugmentationStep] = [
      .brightness(factor: stream.uniform(in: range(brightness))),
      .contrast(factor: stream.uniform(in: range(contrast))),
      .saturation(factor: stream.uniform(in: range(saturation))),
      .hue(turns: stream.uniform(in: -hue...hue)),
    ]
    return order.map { steps[$0] }
  }
}
