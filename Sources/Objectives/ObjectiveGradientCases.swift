// Gradient checks of every loss.
//
// Read       Autodiff/GradientCase.swift ← this file → BaselineGradientCases.swift

import Autodiff
import Kernels
import Randomness
import Tensors

extension GradientCase {
  /// Every loss of this module, at points away from its kinks.
  public static var losses: [GradientCase] {
    [
      GradientCase("pairwiseDistances", at: [5, 3]) { pairwiseDistances($0[0]) },
      GradientCase("pairwiseDistances, clamped", at: [5, 3]) {
        pairwiseDistances($0[0], numerics: .clamped)
      },
      GradientCase("doubleCentred", at: [4, 4]) { doubleCentred($0[0]) },
      GradientCase("distanceCovarianceSquared", at: [6, 3], [6, 2]) {
        distanceCovarianceSquared(CentredDistances($0[0]), CentredDistances($0[1]))
      },
      GradientCase("distanceCorrelation", at: [6, 3], [6, 2]) { distanceCorrelation($0[0], $0[1]) },
      GradientCase("distanceCorrelation, clamped", at: [6, 3], [6, 2]) {
        distanceCorrelation($0[0], $0[1], numerics: .clamped)
      },
      GradientCase("unbiasedCentred", at: [5, 5]) { unbiasedCentred($0[0]) },
      GradientCase("distanceCorrelation, bias-corrected", at: [6, 3], [6, 2]) {
        distanceCorrelation($0[0], $0[1], estimator: .unbiased)
      },
      GradientCase("invarianceLoss", at: [4, 3], [4, 3]) { invarianceLoss($0[0], $0[1]) },
      GradientCase("invarianceLoss, per image", at: [4, 3], [4, 3]) {
        invarianceLoss($0[0], $0[1], scale: .batch)
      },
      GradientCase("standardDeviation", at: [5, 3]) { standardDeviation($0[0], epsilon: 1e-4) },
      GradientCase("standardDeviation, biased", at: [5, 3]) {
        standardDeviation($0[0], epsilon: 0, estimator: .biased)
      },
      GradientCase("varianceHinge", at: [5, 3]) { varianceHinge($0[0]) },
      GradientCase("lengthNormalized", at: [3, 4]) { lengthNormalized($0[0]) },
      objective("mvmrObjective", ObjectiveSettings()),
      objective("mvmrObjective, released code", .releasedCode),
      objective("mvmrObjective, weighted and normalised", .weighted),
      objective("mvmrObjective, bias-corrected", .biasCorrected),
    ] + baselineLosses
  }

  private static func objective(_ name: String, _ settings: ObjectiveSettings) -> GradientCase {
    GradientCase(name, at: [6, 4], [6, 4]) {
      let key = RandomKey(seed: 3)
      let representations = [("full_img", 7), ("full_img_hog", 3)].map { name, width in
        RepresentationBatch(
          name: name, values: Tensor<Double>.normal([6, width], key: key.child(name)))
      }
      return mvmrObjective(
        z: $0[0], augmented: $0[1], representations: representations, settings: settings
      ).total
    }
  }
}

extension ObjectiveSettings {
  fileprivate static var releasedCode: ObjectiveSettings {
    var settings = ObjectiveSettings()
    settings.numerics = .releasedCode
    return settings
  }

  fileprivate static var biasCorrected: ObjectiveSettings {
    var settings = ObjectiveSettings()
    settings.estimator = .unbiased
    return settings
  }

  fileprivate static var weighted: ObjectiveSettings {
    var settings = ObjectiveSettings()
    settings.invarianceWeight = 2
    settings.varianceWeight = 0.5
    settings.viewWeight = 3
    settings.representationWeights = ["full_img": 0.25]
    settings.normalizesEmbeddings = true
    return settings
  }
}
