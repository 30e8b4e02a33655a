// The representations of L₃ that a configuration asks for.
//
// Formula    Φᵢ = φᵢ(x) of the original view x; one of them, the augmented pixels, is a random view
//            of its own, independent of x̃                                          MV-MR eq. (9)
// Errata     D2: the released code's HOG overwrites instead of interpolating.
//            D3: its augmented pixels come from one draw for the whole batch, of normalised images.
// Read       Representations/Representation.swift ← this file → PreTraining.swift

import Datasets
import Images
import Kernels
import Objectives
import Randomness
import Representations
import Tensors

/// The fixed mappings of a run.
public struct RepresentationSet: Sendable {
  private let features: [Configuration.FeatureName]
  private let scattering: ScatteringTransform<Float>?
  private let bins: Int
  private let pool: Int
  private let voting: GradientVoting
  private let sharesDraw: Bool
  private let size: Int

  /// Builds the mappings; the filters of the scattering transform are made once.
  ///
  /// - Throws: `RepresentationError` when the scattering transform does not fit the image size.
  public init(_ configuration: Configuration) throws {
    features = configuration.features
    size = configuration.imageSize
    scattering =
      features.contains(.scattering)
      ? try ScatteringTransform<Float>(
        scales: configuration.scatteringScales,
        orientations: configuration.scatteringOrientations, height: size, width: size) : nil
    bins = configuration.gradientBins
    pool = configuration.gradientPool
    voting = configuration.resolvedVoting
    sharesDraw = configuration.resolvedAugmentedPixels == .releasedCode
  }

  /// Whether batches must carry an independent view for the augmented pixels.
  public var needsAugmentedPixels: Bool { features.contains(.augmentedPixels) && !sharesDraw }

  /// All Φᵢ of a batch, in the order of the configuration.
  ///
  /// - Parameters:
  ///   - batch: Its original images, and the augmented pixels where they are needed.
  ///   - key: Draws the released code's shared augmentation.
  /// - Returns: One `[N, pᵢ]` for each.
  public func callAsFunction(
    _ batch: PreTrainingBatch, key: RandomKey
  ) -> [RepresentationBatch<Float>] {
    let x = batch.original
    return features.map { feature in
      RepresentationBatch(name: feature.rawValue) { values(feature, x, batch, key) }
    }
  }

  private func values(
    _ feature: Configuration.FeatureName, _ x: Tensor<Float>, _ batch: PreTrainingBatch,
    _ key: RandomKey
  ) -> Tensor<Float> {
    switch feature {
    case .pixels: return rawPixels(x)
    case .scattering: return scattering.map { $0(x) } ?? rawPixels(x)
    case .augmentedPixels:
      if let pixels = batch.augmentedPixels { return rawPixels(pixels) }
      let images = FloatImages(
        count: x.shape[0], height: x.shape[1], width: x.shape[2], values: x.scalars)
      let view = ReleasedCodeAugmentation.augment(images, size: size, key: key).images
      return rawPixels(Tensor([view.count, view.height, view.width, 3], view.values))
    case .orientedGradients:
      return histogramOfOrientedGradients(x, bins: bins, pool: pool, variant: voting)
    case .localDeviation: return localStandardDeviation(x)
    }
  }
}
