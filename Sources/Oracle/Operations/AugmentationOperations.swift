// The oracle's augmentations: views of 8-bit images, and the released code's views of float batches.
//
// Idea       A case holds the steps that were drawn, not the random numbers: another program need not
//            know our generator to make the same view.
// Read       AugmentationSteps.swift ← this file → ObjectiveOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Formats
import Images
import Kernels
import Randomness
import Tensors

/// The attributes of everything that applies steps.
let stepAttributes: [OracleAttribute] = [
  .choice(
    "policy", [AugmentationPolicy.custom, .cifar, .cifar20, .none].map(\.rawValue),
    "which policy draws a sample's steps"),
  .integer("size", 1...1024, default: 24, "side of the view a sample draws, in pixels"),
  .text("steps", default: "draw", "what to do, in order; 'draw' when a case is made"),
]

/// Extent of a sample's image.
private let (sampleHeight, sampleWidth) = (21, 26)

/// Replaces `draw` by steps drawn from a seed.
let drawSteps: @Sendable (OracleAttributes, UInt64) throws -> OracleAttributes = { a, seed in
  guard a.text("steps") == "draw", let policy = AugmentationPolicy(rawValue: a.text("policy"))
  else { return a }
  let draw = policy.draw(
    width: sampleWidth, height: sampleHeight, size: a.integer("size"),
    key: RandomKey(seed: seed).child("view"))
  return a.replacing("steps", by: draw.steps.map(\.text).joined(separator: "; "))
}

/// The image lies in reason, and every step fits it.
let verifyImageSteps: @Sendable (OracleAttributes, NamedExtents) throws -> Void = { a, e in
  try OracleError.check(
    e["H"] <= 1024 && e["W"] <= 1024, "an image of \(e["H"]) × \(e["W"])",
    mend: "at most 1024 pixels a side")
  try prove(try steps(of: a), height: e["H"], width: e["W"])
}

extension OracleOperation {
  static let augmentations: [OracleOperation] = [
    OracleOperation(
      "augmentation", "a view of an 8-bit image by recorded steps, as Pillow makes it",
      symbol: "AugmentationStep", source: "MV-MR §5, augmentations; torchvision on Pillow images",
      attributes: stepAttributes, outputs: "view [H′, W′, 3], 8-bit", tolerances: .levels,
      kit: [
        .plain, .variant("cifar", ["policy": "cifar"]), .variant("cifar20", ["policy": "cifar20"]),
        .variant("resize", ["policy": "none"]), .variant("pad", ["steps": "pad 3"]),
        .variant("crop-flip", ["steps": "crop 2 5 11 14; flip"]),
        .variant("enlarge", ["steps": "resize 33 29 bicubic"]),
        .variant("bilinear", ["steps": "resize 9 13 bilinear"]),
        .variant("bicubic", ["steps": "resize 9 13 bicubic"]),
        .variant("lower-wider", ["steps": "resize 9 33 bilinear"]),
        .variant("brightness", ["steps": "brightness 1.37"]),
        .variant("contrast", ["steps": "contrast 0.45"]),
        .variant("saturation", ["steps": "saturation 1.62"]),
        .variant("hue", ["steps": "hue 0.13"]), .variant("hue-back", ["steps": "hue -0.31"]),
        .variant("hue-quarter", ["steps": "hue 0.25"]),
        .variant("grayscale", ["steps": "grayscale"]), .variant("blur", ["steps": "blur 5 1.3"]),
      ],
      tensors: { _ in [.image("image", height: sampleHeight, width: sampleWidth)] },
      draw: drawSteps, verify: verifyImageSteps,
      refine: { $0.text("steps").contains("blur") ? nil : .integers }, view, view),
    OracleOperation(
      "released-augmentation", "one list of steps for a normalised float batch",
      symbol: "ReleasedCodeAugmentation", source: "MV-MR released code, full_img_augment; D3",
      attributes: stepAttributes, outputs: "views [N, H′, W′, 3]", tolerances: .floatSteps,
      kit: [
        .plain, .variant("resize-blur", ["steps": "resize 13 11 bilinear; blur 3 0.8"]),
        .variant("bicubic-flip", ["steps": "crop 1 2 17 15; resize 12 12 bicubic; flip"]),
        .variant("contrast-saturation", ["steps": "contrast 0.6; saturation 1.4; grayscale"]),
        .variant("beyond-white", ["steps": "brightness 1.8; saturation 1.9"]),
        .variant("hue", ["steps": "hue 0.1"]),
        .variant("brightness-hue", ["steps": "brightness 0.7; hue 0.13"]),
        .variant("hue-back", ["steps": "hue -0.31"]),
      ],
      tensors: { _ in
        [.constant("images", "N H W 3", [2, sampleHeight, sampleWidth, 3], in: -2...2)]
      }, draw: drawSteps,
      verify: { a, e in
        try OracleError.bound([e["N"], 1024, 1024, 3], of: "output.views")
        try verifyImageSteps(a, e)
      }, views, views),
  ]
}

extension Tolerances {
  private static let level = Tolerance(
    relative: 0, absolute: 1,
    reason: "bytes; a blur's sum may round the other way, all else is exact")
  fileprivate static let integers = exact("bytes, by Pillow's own arithmetic")
  fileprivate static let levels = Tolerances(float64: level, float32: level)
  fileprivate static let floatSteps = relative(
    float64: 1e-5, float32: 1e-5, "computed in single precision, as the released code does")
}

extension Problem {
  /// An 8-bit tensor as an image.
  func image(_ name: String) -> Image {
    let record = bytes(name)
    return Image(width: record.shape[1], height: record.shape[0], bytes: record.bytes)
  }
}

private func view<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let view = p.image("input.image").applying(try steps(of: p.attributes))
  return [Output("view", TensorRecord(view.bytes, shape: [view.height, view.width, 3]))]
}

private func views<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let x = p.value("input.images").converted(to: Float.self)
  var images = FloatImages(
    count: x.shape[0], height: x.shape[1], width: x.shape[2], values: x.scalars)
  for step in try steps(of: p.attributes) { images = images.applying(step) }
  let y = Tensor([images.count, images.height, images.width, 3], images.values)
  return [Output("views", y.converted(to: S.self))]
}
