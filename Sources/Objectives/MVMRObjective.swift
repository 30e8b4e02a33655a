// The MV-MR objective: L = L₁ + L₂ + L₃.
//
// Source     MV-MR eq. (7)-(10)
// Formula    L₁ = λ L_MSE(Z, Z̃) + μ (v(Z) + v(Z̃))                             (7)
//            L₂ = α (1 − dCor(Z̃, Z))                                          (8)
//            L₃ = Σᵢ βᵢ (1 − dCor(Z̃, Φᵢ))                                     (9)
//            L  = L₁ + L₂ + L₃                                                (10)
// Gradients  reach both views through (7) and (8), the augmented one alone through (9);
//            representations are constants.
// Weights    λ = μ = α = βᵢ = 1: the released code has no weights.
// Errata     D1: the released code adds +dCor(Z̃, Φᵢ) and so drives the dependence on each
//            hand-crafted representation down. D4, D6: no ε, floored distances, and embeddings and
//            some representations divided by 32. `ObjectiveNumerics.releasedCode` does all of that.
// Read       DistanceCorrelation.swift, InvarianceAndVariance.swift ← this file → Training/PreTraining.swift
// Tests      Tests/ObjectivesTests/MVMRObjectiveTests.swift

import Autodiff
import Kernels
import Tensors

/// Whose numerics the objective follows where paper and released code differ.
public enum ObjectiveNumerics: String, CaseIterable, Sendable {
  /// What the paper says.
  case paper
  /// What the official repository computes.
  case releasedCode = "released-code"
}

/// Weights of the terms, and the constants of the hinge.
public struct ObjectiveSettings: Sendable, Hashable {
  /// λ of equation (7).
  public var invarianceWeight = 1.0
  /// μ of equation (7).
  public var varianceWeight = 1.0
  /// α of equation (8).
  public var viewWeight = 1.0
  /// βᵢ of equation (9) for a representation's name; 1 where nothing is said.
  public var representationWeights: [String: Double] = [:]
  /// γ of equation (5), in units of the embedding.
  public var margin = 1.0
  /// ε of equation (6); ignored by the released code's numerics.
  public var epsilon = 1e-4
  /// Divide each embedding by its length first (`normalize_z`).
  public var normalizesEmbeddings = false
  /// Paper or released code.
  public var numerics = ObjectiveNumerics.paper

  /// The defaults of the official configurations.
  public init() {}
}

/// A fixed representation Φᵢ of a batch.
public struct RepresentationBatch<Scalar: KernelScalar> {
  /// Its name in configurations and logs, such as `full_img_hog`.
  public let name: String
  /// Φᵢ `[N, pᵢ]`; a constant.
  public let values: Tensor<Scalar>

  /// A named representation.
  public init(name: String, values: Tensor<Scalar>) {
    self.name = name
    self.values = values
  }

  /// The released code divides these by 32 before their distances are taken, the others not.
  var releasedScale: Scalar {
    ["full_img", "full_img_scatnet", "full_img_augment", "clip"].contains(name) ? 1 / 32 : 1
  }
}

/// The value of the objective and of each of its terms.
public struct ObjectiveValue<Scalar: KernelScalar> {
  /// L, equation (10).
  public let total: Variable<Scalar>
  /// Each term under the name the official code logs it by: `MSE`, `STD`, `DC_zz`, `DC_<representation>`.
  public let terms: [(name: String, value: Scalar)]
}

/// The objective of MV-MR, equation (10).
///
/// - Parameters:
///   - z: Z `[N, d]`, embeddings of the original views.
///   - augmented: Z̃ `[N, d]`, embeddings of the augmented views.
///   - representations: Φᵢ of the original views, row k from the image of row k of Z.
///   - settings: Weights and numerics.
/// - Returns: L and its terms. A batch of one, or a constant one, gives a finite value.
public func mvmrObjective<S>(
  z: Variable<S>, augmented: Variable<S>, representations: [RepresentationBatch<S>],
  settings: ObjectiveSettings = ObjectiveSettings()
) -> ObjectiveValue<S> {
  let released = settings.numerics == .releasedCode
  let Z = settings.normalizesEmbeddings ? lengthNormalized(z) : z
  let Z̃ = settings.normalizesEmbeddings ? lengthNormalized(augmented) : augmented

  // L₁, eq. (7)
  let ε: S = released ? 0 : S(settings.epsilon)
  let γ = S(settings.margin)
  let mse = invarianceLoss(Z, Z̃)
  let hinge =
    varianceHinge(Z, margin: γ, epsilon: ε) + varianceHinge(Z̃, margin: γ, epsilon: ε)
  var L = S(settings.invarianceWeight) * mse + S(settings.varianceWeight) * hinge
  var terms = [(name: "MSE", value: mse.value.scalar), ("STD", hinge.value.scalar)]

  // L₂, eq. (8)
  let numerics: DistanceNumerics = released ? .clamped : .exact
  let A = CentredDistances(released ? Z / 32 : Z, numerics: numerics)
  let Ã = CentredDistances(released ? Z̃ / 32 : Z̃, numerics: numerics)
  let views = 1 - distanceCorrelation(Ã, A)
  L = L + S(settings.viewWeight) * views
  terms.append(("DC_zz", views.value.scalar))

  // L₃, eq. (9)
  for Φ in representations {
    let β = S(settings.representationWeights[Φ.name] ?? 1)
    let values = released ? Φ.values * Φ.releasedScale : Φ.values
    let B = CentredDistances(Variable(values), numerics: numerics)
    let correlation = distanceCorrelation(Ã, B)
    // D1: the released code's sign, for hand-crafted representations but not for CLIP.
    let term = released && Φ.name != "clip" ? correlation : 1 - correlation
    L = L + β * term
    terms.append(("DC_\(Φ.name)", term.value.scalar))
  }
  return ObjectiveValue(total: L, terms: terms)
}
