// The oracle's five representations φ.
//
// Read       NetworkOperations.swift ← this file → AugmentationOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Datasets
import Images
import Kernels
import Representations
import Tensors

extension OracleOperation {
  static let representations: [OracleOperation] = [
    OracleOperation(
      "pixels", "full_img: the pixels, channel slowest", symbol: "rawPixels",
      source: "MV-MR §4.3, original image", outputs: "φ [N, C · H · W]", tolerances: .moves,
      tensors: imageBatch(5, 4), verify: verifyBatch, pixels, pixels),
    OracleOperation(
      "augmented-pixels", "full_img_augment: an augmented 8-bit image, normalised, as pixels",
      symbol: "rawPixels", source: "MV-MR §4.3, augmented image",
      attributes: stepAttributes + [
        .choice("statistics", ["imagenet", "cifar10"], "mean and deviation of the normalisation")
      ], outputs: "φ [1, 3 · H′ · W′], channel slowest", tolerances: .singlePrecision,
      kit: [.plain, .variant("cifar", ["policy": "cifar", "statistics": "cifar10"])],
      tensors: { _ in [.image("image", height: 21, width: 26)] }, draw: drawSteps,
      verify: verifyImageSteps, augmentedPixels, augmentedPixels),
    OracleOperation(
      "scattering", "full_img_scatnet: coefficients of orders 0 to 2, as kymatio orders them",
      symbol: "ScatteringTransform", source: "Bruna & Mallat, 2013, §2; MV-MR §4.3, ScatNet",
      attributes: [
        .integer("scales", 1...4, default: 2, "J: coefficients average over 2^J pixels"),
        .integer("orientations", 1...16, default: 8, "L, over half a turn"),
      ], outputs: "φ [N, C · paths · ⌊H/2^J⌋ · ⌊W/2^J⌋]", tolerances: .transform,
      kit: [
        .plain, .variant("oblong", shapes: ["input.images": [1, 24, 19, 2]]),
        .variant(
          "three-scales", ["scales": "3", "orientations": "4"],
          shapes: ["input.images": [1, 32, 32, 1]]),
      ],
      tensors: imageBatch(16, 16),
      verify: { a, e in
        try verifyBatch(a, e)
        try OracleError.check(
          min(e["H"], e["W"]) >> a.integer("scales") >= 1, tensor: "input.images",
          "2^\(a.integer("scales")) pixels do not fit \(e["H"]) × \(e["W"])",
          mend: "larger images, or fewer scales")
      }, scattering, scattering),
    OracleOperation(
      "oriented-gradients", "full_img_hog: mean histograms of edge directions over square cells",
      symbol: "histogramOfOrientedGradients",
      source: "Dalal & Triggs, CVPR 2005, §6; MV-MR §4.3, HOG",
      attributes: [
        .integer("bins", 1...256, default: 24, "orientations over half a turn"),
        .integer("pool", 1...64, default: 8, "side of a cell, in pixels"),
        .choice(
          "variant", GradientVoting.allCases.map(\.rawValue),
          "how a pixel votes: between two bins, or as the released code"),
      ], outputs: "φ [N, C · bins · ⌊H/pool⌋ · ⌊W/pool⌋]", tolerances: .transform,
      kit: [
        .plain, .variant("released-code", ["variant": "released-code"]),
        .variant("small-cells", ["bins": "9", "pool": "5"]),
      ], tensors: imageBatch(17, 18),
      verify: { a, e in
        try verifyBatch(a, e)
        try OracleError.check(
          min(e["H"], e["W"]) >= a.integer("pool"), tensor: "input.images",
          "no cell of \(a.integer("pool")) pixels fits \(e["H"]) × \(e["W"])",
          mend: "larger images, or smaller cells")
        let pool = a.integer("pool")
        try OracleError.bound(
          [e["N"], e["C"], a.integer("bins"), e["H"] / pool, e["W"] / pool],
          of: "output.features")
      }, orientedGradients, orientedGradients),
    OracleOperation(
      "local-deviation", "full_img_std: the standard deviation of each 3 × 3 window",
      symbol: "localStandardDeviation", source: "MV-MR §4.3, local standard deviation",
      outputs: "φ [N, C · H · W]", tolerances: .transform, tensors: imageBatch(6, 5),
      verify: { a, e in
        try verifyBatch(a, e)
        try OracleError.check(
          min(e["H"], e["W"]) >= 2, tensor: "input.images", "\(e["H"]) × \(e["W"]) pixels",
          mend: "a height and a width of at least 2")
      }, localDeviation, localDeviation),
  ]
}

extension Tolerances {
  fileprivate static let transform = relative(
    float64: 1e-12, float32: 2e-4,
    "transforms of some hundred terms, then roots near zero, which double the lost digits")
  static let singlePrecision = relative(
    float64: 1e-6, float32: 1e-6, "computed in single precision, as the released code does")
}

private func imageBatch(
  _ height: Int, _ width: Int
) -> @Sendable (OracleAttributes) throws -> [TensorSlot] {
  { _ in [.constant("images", "N H W C", [2, height, width, 3], in: -2...2)] }
}

private func verifyBatch(_ a: OracleAttributes, _ e: NamedExtents) throws {
  try OracleError.check(
    e["N"] <= 4096 && e["C"] <= 64 && e["H"] <= 512 && e["W"] <= 512
      && e["N"] * e["C"] * e["H"] * e["W"] <= 1 << 20, tensor: "input.images",
    "\(e["N"]) images of \(e["H"]) × \(e["W"]) × \(e["C"])",
    mend: "at most 512 × 512 pixels, 64 channels, and 1048576 numbers together")
}

private func pixels<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [Output("features", rawPixels(p.value("input.images")))]
}

private func augmentedPixels<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let image = p.image("input.image").applying(try steps(of: p.attributes))
  let statistics: ChannelStatistics =
    p.attributes.text("statistics") == "cifar10" ? .cifar : .imageNet
  let x = PixelNormalization(statistics).tensor([image])
  return [Output("features", rawPixels(x).converted(to: S.self))]
}

private func scattering<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let images = p.value("input.images")
  let transform = try ScatteringTransform<S>(
    scales: p.attributes.integer("scales"), orientations: p.attributes.integer("orientations"),
    height: images.shape[1], width: images.shape[2])
  return [Output("features", transform(images))]
}

private func orientedGradients<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [
    Output(
      "features",
      histogramOfOrientedGradients(
        p.value("input.images"), bins: p.attributes.integer("bins"),
        pool: p.attributes.integer("pool"),
        variant: GradientVoting(rawValue: p.attributes.text("variant")) ?? .interpolated))
  ]
}

private func localDeviation<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [Output("features", localStandardDeviation(p.value("input.images")))]
}
