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
//            some representations divided by 32. `ObjectiveNumerics.releasedCode` does all of that;
//            each has a choice of its own in `ObjectiveSettings`.
// Read       ObjectiveSettings.swift, ChanceLevel.swift ← this file → Training/PreTraining.swift
// Tests      Tests/ObjectivesTests/MVMRObjectiveTests.swift

import Autodiff
import Kernels
import Tensors

/// A fixed representation Φᵢ of a batch.
public struct RepresentationBatch<Scalar: KernelScalar> {
  /// Its name in configurations and logs, such as `full_img_hog`.
  public let name: String
  private let make: () -> Tensor<Scalar>

  /// Φᵢ `[N, pᵢ]`; a constant.
  public var values: Tensor<Scalar> { make() }

  /// A named representation.
  public init(name: String, values: Tensor<Scalar>) {
    self.init(name: name) { values }
  }

  /// A named representation that is computed when the objective comes to it, and not kept: of a large batch
  /// a representation is large, and its matrix of distances is not.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - make: Computes Φᵢ, in the same bits whenever it is called.
  public init(name: String, making make: @escaping () -> Tensor<Scalar>) {
    self.name = name
    self.make = make
  }

  /// Whether it is a teacher's embedding: `teacher`, or `clip` as the released code calls it.
  var isTeacher: Bool { name == "teacher" || name == "clip" }

  /// The released code divides these by 32 before their distances are taken, the others not.
  var releasedScale: Scalar {
    isTeacher || ["full_img", "full_img_scatnet", "full_img_augment"].contains(name) ? 1 / 32 : 1
  }
}

/// The value of the objective and of each of its terms.
public struct ObjectiveValue<Scalar: KernelScalar> {
  /// L, equation (10).
  public let total: Variable<Scalar>
  /// Each term under the name the official code logs it by: `MSE`, `STD`, `DC_zz`, `DC_<representation>`.
  public let terms: [(name: String, value: Scalar)]
  /// What each term with a distance correlation would be if the rows were paired by chance.
  public let chance: [(name: String, value: Scalar)]

  /// A value with its terms.
  public init(
    total: Variable<Scalar>, terms: [(name: String, value: Scalar)],
    chance: [(name: String, value: Scalar)]
  ) {
    self.total = total
    self.terms = terms
    self.chance = chance
  }
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
  let Z = settings.normalizesEmbeddings ? lengthNormalized(z) : z
  let Z̃ = settings.normalizesEmbeddings ? lengthNormalized(augmented) : augmented

  // docs: region L1
  // L₁, eq. (7)
  let ε = S(settings.resolvedEpsilon)
  let γ = S(settings.margin)
  let mse = invarianceLoss(Z, Z̃, scale: settings.squaredDifference)
  let hinge =
    varianceHinge(Z, margin: γ, epsilon: ε, estimator: settings.deviation)
    + varianceHinge(Z̃, margin: γ, epsilon: ε, estimator: settings.deviation)
  var L = S(settings.invarianceWeight) * mse + S(settings.varianceWeight) * hinge
  var terms = [(name: "MSE", value: mse.value.scalar), ("STD", hinge.value.scalar)]
  // docs: end L1

  // docs: region L2
  // L₂, eq. (8)
  let isScaled = settings.resolvedInputScale == .releasedCode
  func centred(_ x: Variable<S>) -> CentredDistances<S> {
    CentredDistances(x, numerics: settings.resolvedDistances, estimator: settings.estimator)
  }
  let A = centred(isScaled ? Z / 32 : Z)
  let Ã = centred(isScaled ? Z̃ / 32 : Z̃)
  let views = 1 - distanceCorrelation(Ã, A, degenerate: settings.degenerate)
  L = L + S(settings.viewWeight) * views
  terms.append(("DC_zz", views.value.scalar))
  var chance = [(name: "DC_zz", value: 1 - chanceLevel(Ã, A))]
  // docs: end L2

  // docs: region L3
  // L₃, eq. (9)
  for Φ in representations {
    let β = S(settings.representationWeights[Φ.name] ?? 1)
    let B = centred(Variable(isScaled ? Φ.values * Φ.releasedScale : Φ.values))
    let correlation = distanceCorrelation(Ã, B, degenerate: settings.degenerate)
    // D1: the released code's sign, for hand-crafted representations but not for a teacher.
    let isReversed = settings.resolvedSign == .releasedCode && !Φ.isTeacher
    let term = isReversed ? correlation : 1 - correlation
    L = L + β * term
    terms.append(("DC_\(Φ.name)", term.value.scalar))
    let level = chanceLevel(Ã, B)
    chance.append(("DC_\(Φ.name)", isReversed ? level : 1 - level))
  }
  // docs: end L3
  return ObjectiveValue(total: L, terms: terms, chance: chance)
}
