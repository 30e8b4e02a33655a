// Recipes by which others train a linear classifier on frozen features: optimiser, rates, views.
//
// Source     MV-MR released code, `evaluate … --retrain`; SEED's and SimReg's released linear evaluation
// Formula    official   Adam        ηₑ = ½ η (1 + cos π e/E),  η = 1e-3, E = 100
//            SEED       SGD 0.9     ηₑ = η + (η m − η) e/5  for e < 5, then η m 0.1^[e ≥ 60] 0.1^[e ≥ 80]
//                                   η = 30, m = batch/256, E = 100, W ~ N(0, 0.01²), b = 0
//            SimReg     SGD 0.9     ηₑ = η 0.1^[e ≥ 15] 0.1^[e ≥ 30],  η = 0.01, λ = 1e-4, E = 40
// SimReg     Its classifier sees u = h/‖h‖, then (u − μ)/√(σ² + 1e-5) with μ and the unbiased σ² of the
//            training images: not the bare features.
// Errata     D20, D22
// Read       this file → HeadTraining.swift
// Tests      Tests/TrainingTests/LinearProtocolTests.swift

import Images
import Kernels

/// How a linear head is trained.
public struct HeadRecipe: Sendable, Hashable {
  /// What the encoder sees of a training image.
  public enum Views: Sendable, Hashable {
    /// The image itself: features are computed once and kept.
    case cached
    /// A new view in every epoch.
    case augmented(AugmentationPolicy)
    /// A random resized crop of 8 to 100 % of the area, mirrored half of the time.
    case cropped

    /// In words.
    public var text: String {
      switch self {
      case .cached: "the image itself, features kept"
      case .augmented(let policy): "a new view of policy '\(policy.rawValue)' in every epoch"
      case .cropped: "a new random resized crop, mirrored by chance, in every epoch"
      }
    }
  }

  /// Its name on the command line.
  public var name: String
  public var rule: OptimizerRule
  public var weightDecay: Double
  public var batchSize: Int
  /// Whether the last, shorter batch of an epoch is left out.
  public var dropsLast: Bool
  /// The learning rate of each epoch.
  public var rates: [Double]
  public var views: Views
  /// Deviation of the first weights, with biases of 0; nil for PyTorch's default.
  public var initialDeviation: Double?
  /// Whether features are divided by their length and standardised.
  public var standardises: Bool

  /// Passes over the training images.
  public var epochs: Int { rates.count }

  /// MV-MR's `--retrain`, but from scratch, as its documentation says (D20).
  public static func official(batchSize: Int, epochs: Int = 100) -> HeadRecipe {
    HeadRecipe(
      name: "official", rule: .adam, weightDecay: 0, batchSize: batchSize, dropsLast: false,
      rates: (0..<epochs).map {
        0.5e-3 * (1 + Elementary.cosine(Double.pi * Double($0) / Double(epochs)))
      }, views: .augmented(.custom), initialDeviation: nil, standardises: false)
  }

  /// SEED's linear evaluation.
  public static func seed(batchSize: Int = 256, epochs: Int = 100) -> HeadRecipe {
    let (η, m) = (30.0, Double(batchSize) / 256)
    return HeadRecipe(
      name: "seed", rule: .sgd, weightDecay: 0, batchSize: batchSize, dropsLast: false,
      rates: (0..<epochs).map { e in
        if e < 5 { return η + (η * m - η) / 5 * Double(e) }
        return η * m * (e >= 60 ? 0.1 : 1) * (e >= 80 ? 0.1 : 1)
      }, views: .cropped, initialDeviation: 0.01, standardises: false)
  }

  /// SimReg's linear evaluation with its cache of features.
  public static func simReg(batchSize: Int = 256, epochs: Int = 40) -> HeadRecipe {
    HeadRecipe(
      name: "simreg", rule: .sgd, weightDecay: 1e-4, batchSize: batchSize, dropsLast: true,
      rates: (0..<epochs).map { 0.01 * ($0 >= 15 ? 0.1 : 1) * ($0 >= 30 ? 0.1 : 1) },
      views: .cached, initialDeviation: nil, standardises: true)
  }
}
