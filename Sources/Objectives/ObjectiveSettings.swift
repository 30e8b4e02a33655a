// What decides the objective: weights, the constants of the hinge, and whose numerics.
//
// Idea       One coarse choice, `numerics`, sets every disagreement of paper and released code at once;
//            each has a choice of its own beside it, which wins where it is made.
// Errata     D1, D4, D5, D6, D7; how far apart the choices are: docs/errata.md
// Read       this file → MVMRObjective.swift
// Tests      Tests/ObjectivesTests/DisagreementTests.swift

/// Whose numerics the objective follows where paper and released code differ.
public enum ObjectiveNumerics: String, CaseIterable, Sendable {
  /// What the paper says.
  case paper
  /// What the official repository computes.
  case releasedCode = "released-code"
}

/// Which way equation (9) pushes the dependence on a hand-crafted representation (D1).
public enum RepresentationSign: String, CaseIterable, Sendable {
  /// Adds 1 − dCor: up, as the paper says.
  case maximise
  /// Adds +dCor: down. The term of CLIP has the paper's sign in both.
  case releasedCode = "released-code"
}

/// What is divided before distances are taken (D6).
public enum DistanceInputScale: String, CaseIterable, Sendable {
  /// Nothing.
  case unscaled = "none"
  /// Embeddings, pixels, scattering coefficients and CLIP's embedding by 32; the others not.
  case releasedCode = "released-code"
}

/// The divisor of the squared difference, equation (4) (D5).
public enum SquaredDifferenceScale: String, CaseIterable, Sendable {
  /// Batch and dimensions.
  case mean
  /// The batch alone: d times as much.
  case batch
}

/// Weights of the terms, the constants of the hinge, and choices where sources disagree.
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
  /// Divide each embedding by its length first (`normalize_z`).
  public var normalizesEmbeddings = false
  /// Paper or released code, for each of the four that follow and are nil.
  public var numerics = ObjectiveNumerics.paper
  /// D1.
  public var representationSign: RepresentationSign?
  /// D6, the floor of distances.
  public var distances: DistanceNumerics?
  /// D6, the division by 32.
  public var inputScale: DistanceInputScale?
  /// D4: ε of equation (6).
  public var epsilon: Double?
  /// D4: the divisor of the variance in equation (6).
  public var deviation = DeviationEstimator.unbiased
  /// D5.
  public var squaredDifference = SquaredDifferenceScale.mean
  /// D7.
  public var degenerate = DegenerateCorrelation.zero
  /// Which estimate of the distance correlation.
  public var estimator = CorrelationEstimator.biased

  /// The defaults of the official configurations.
  public init() {}

  private var isReleased: Bool { numerics == .releasedCode }
  /// The sign that holds.
  public var resolvedSign: RepresentationSign {
    representationSign ?? (isReleased ? .releasedCode : .maximise)
  }
  /// The distances that hold.
  public var resolvedDistances: DistanceNumerics { distances ?? (isReleased ? .clamped : .exact) }
  /// The division that holds.
  public var resolvedInputScale: DistanceInputScale {
    inputScale ?? (isReleased ? .releasedCode : .unscaled)
  }
  /// The ε that holds: 1e-4, or 0 in the released code.
  public var resolvedEpsilon: Double { epsilon ?? (isReleased ? 0 : 1e-4) }
}
