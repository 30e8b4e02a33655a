// A representation: one fixed mapping φ the embedding is asked to depend on.
//
// Source     MV-MR eq. (10), φ₁ … φ_K
// Idea       φ is a function without parameters or gradient. As a value it has a name and can stand in
//            a list: the names are the feature identifiers of the paper's configuration files.
// Read       RawPixels.swift, ScatteringTransform.swift, HistogramOfOrientedGradients.swift,
//            LocalStandardDeviation.swift ← this file → Objectives
// Tests      Tests/RepresentationsTests/RawPixelsTests.swift

import Kernels
import Tensors

/// A named mapping from images `[batch, height, width, channels]` to features `[batch, features]`.
public struct Representation<Scalar: KernelScalar>: Sendable {
  /// The feature identifier of the configuration files, such as `full_img_scatnet`.
  public let name: String
  private let mapping: @Sendable (Tensor<Scalar>) -> Tensor<Scalar>

  /// A representation of your own.
  ///
  /// - Parameters:
  ///   - name: What messages and logs call it.
  ///   - mapping: From `[batch, height, width, channels]` to `[batch, features]`.
  public init(name: String, mapping: @escaping @Sendable (Tensor<Scalar>) -> Tensor<Scalar>) {
    self.name = name
    self.mapping = mapping
  }

  /// The features of a batch.
  ///
  /// - Parameter images: `[batch, height, width, channels]`, normalised.
  /// - Returns: `[batch, features]`.
  public func callAsFunction(_ images: Tensor<Scalar>) -> Tensor<Scalar> { mapping(images) }

  /// `full_img`: the pixels.
  public static var rawPixels: Representation {
    Representation(name: "full_img") { Representations.rawPixels($0) }
  }

  /// `full_img_augment`: the pixels of images that the caller has augmented before.
  public static var augmentedPixels: Representation {
    Representation(name: "full_img_augment") { Representations.rawPixels($0) }
  }

  /// `full_img_scatnet`: scattering coefficients.
  public static func scattering(_ transform: ScatteringTransform<Scalar>) -> Representation {
    Representation(name: "full_img_scatnet") { transform($0) }
  }

  /// `full_img_hog`: histograms of oriented gradients, 24 bins, cells of 8 × 8 pixels.
  public static func histogramOfOrientedGradients(
    variant: GradientVoting = .interpolated
  ) -> Representation {
    Representation(name: "full_img_hog") {
      Representations.histogramOfOrientedGradients($0, variant: variant)
    }
  }

  /// `full_img_std`: local standard deviation.
  public static var localStandardDeviation: Representation {
    Representation(name: "full_img_std") { Representations.localStandardDeviation($0) }
  }
}
