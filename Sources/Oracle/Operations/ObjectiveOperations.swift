// The oracle's losses: every equation of the paper that is computed.
//
// Read       AugmentationOperations.swift ← this file → BaselineOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Formats
import Kernels
import Objectives
import Tensors

private let numericsAttribute = OracleAttribute.choice(
  "numerics", DistanceNumerics.allCases.map(\.rawValue),
  "exact distances, or squared distances of at least 1e-4")

/// Near together where distances are floored, so that some are and some are not.
private func spread(_ a: OracleAttributes) -> ClosedRange<Double> {
  a.text("numerics") == "clamped" ? -0.016...0.016 : -1...1
}

private let bothNumerics: [KitVariant] = [.plain, .variant("clamped", ["numerics": "clamped"])]

private func verifyRows(_ a: OracleAttributes, _ e: NamedExtents) throws {
  try OracleError.bound([e["N"], e["N"]], of: "output.distances")
}

extension OracleOperation {
  static let objectives: [OracleOperation] = [
    OracleOperation(
      "pairwise-distances", "the Euclidean distance of every pair of rows",
      symbol: "pairwiseDistances", source: "MV-MR eq. (3), aₖₗ", attributes: [numericsAttribute],
      outputs: "distances [N, N]", tolerances: .distances,
      kit: bothNumerics + [.variant("equal-rows", shapes: ["input.x": [9, 2]], multiplesOf: 1)],
      tensors: { a in [.input("x", "N P", [7, 3], in: spread(a))] }, verify: verifyRows,
      distances, distances),
    OracleOperation(
      "double-centring", "row and column means subtracted, the grand mean added",
      symbol: "doubleCentred", source: "MV-MR eq. (3), Aₖₗ", outputs: "centred [N, N]",
      tolerances: .sums, tensors: { _ in [.input("distances", "N N", [5, 5])] }, centre, centre),
    OracleOperation(
      "unbiased-centring", "the same without the diagonal, for the bias-corrected estimate",
      symbol: "unbiasedCentred", source: "Székely & Rizzo 2014, §3", outputs: "centred [N, N]",
      tolerances: .sums, tensors: { _ in [.input("distances", "N N", [6, 6])] }, centre, centre),
    OracleOperation(
      "distance-covariance", "the squared distance covariance of two batches",
      symbol: "distanceCovarianceSquared", source: "MV-MR eq. (3), (12), (14)",
      attributes: [numericsAttribute], outputs: "covariance []", tolerances: .distances,
      kit: bothNumerics,
      tensors: { a in
        [.input("x", "N P", [7, 3], in: spread(a)), .input("y", "N Q", [7, 4], in: spread(a))]
      }, verify: verifyRows, dependence, dependence),
    OracleOperation(
      "distance-correlation", "the distance correlation of two batches",
      symbol: "distanceCorrelation", source: "MV-MR eq. (2), (11), (13)",
      attributes: [numericsAttribute], outputs: "correlation [], in 0…1", tolerances: .distances,
      // Of one row there is nothing to depend on: 0.
      kit: bothNumerics + [.variant("one-row", shapes: ["input.x": [1, 3], "input.y": [1, 4]])],
      tensors: { a in
        [.input("x", "N P", [7, 3], in: spread(a)), .input("y", "N Q", [7, 4], in: spread(a))]
      }, verify: verifyRows, dependence, dependence),
    OracleOperation(
      "invariance-loss", "the mean squared difference of two embeddings",
      symbol: "invarianceLoss", source: "MV-MR eq. (4)", outputs: "loss []", tolerances: .sums,
      tensors: { _ in [.input("z", "N D", [6, 4]), .input("augmented", "N D", [6, 4])] },
      embeddingLoss, embeddingLoss),
    OracleOperation(
      "variance-hinge", "how far each dimension's deviation falls short of a margin",
      symbol: "varianceHinge", source: "MV-MR eq. (5)",
      attributes: [
        .number("margin", 0...1e6, default: 1, "γ, in units of the embedding"),
        .number("epsilon", 0...1, default: 1e-4, "ε of eq. (6)"),
      ], outputs: "loss [], in 0…γ", tolerances: .statistics,
      kit: [.plain, .variant("some-within", ["margin": "0.65", "epsilon": "0.01"])],
      tensors: { _ in [.input("z", "N D", [6, 5])] }, embeddingLoss, embeddingLoss),
    OracleOperation(
      "standard-deviation", "the deviation of each dimension over the batch, 1/(N − 1)",
      symbol: "standardDeviation", source: "MV-MR eq. (6)",
      attributes: [.number("epsilon", 0...1, default: 1e-4, "ε, under the root")],
      outputs: "deviation [D]", tolerances: .statistics,
      kit: [.plain, .variant("epsilon", ["epsilon": "0.25"])],
      tensors: { _ in [.input("z", "N D", [6, 4])] }, embeddingLoss, embeddingLoss),
    OracleOperation(
      "length-normalized", "each row divided by max(‖z‖, 1e-12)", symbol: "lengthNormalized",
      source: "MV-MR released code, normalize_z", outputs: "y [N, D]", tolerances: .sums,
      kit: [
        .plain, .variant("zero-rows", shapes: ["input.z": [12, 2]], multiplesOf: 1),
      ],
      tensors: { _ in [.input("z", "N D", [3, 5])] }, embeddingLoss, embeddingLoss),
    OracleOperation(
      "mv-mr-objective", "the whole loss L = L₁ + L₂ + L₃", symbol: "mvmrObjective",
      source: "MV-MR eq. (7), (8), (9), (10)",
      attributes: [
        .choice("numerics", ObjectiveNumerics.allCases.map(\.rawValue), "whose numerics"),
        .number("lambda", 0...1e6, default: 1, "λ of eq. (7)"),
        .number("mu", 0...1e6, default: 1, "μ of eq. (7)"),
        .number("alpha", 0...1e6, default: 1, "α of eq. (8)"),
        .number("beta-pixels", 0...1e6, default: 1, "β of eq. (9) for full_img"),
        .number("beta-gradients", 0...1e6, default: 1, "β for full_img_hog"),
        .number("beta-clip", 0...1e6, default: 1, "β for clip"),
        .number("margin", 0...1e6, default: 1, "γ of eq. (5)"),
        .number("epsilon", 0...1, default: 1e-4, "ε of eq. (6); the released code has none"),
        .flag("normalize", "whether embeddings are divided by their length"),
      ],
      outputs: "total []; the terms MSE, STD, DC_zz, DC_full_img, DC_full_img_hog, DC_clip []",
      tolerances: .distances,
      kit: [
        .plain, .variant("released-code", ["numerics": "released-code"]),
        .variant(
          "weighted",
          [
            "lambda": "2", "mu": "0.5", "alpha": "3", "beta-pixels": "0.25",
            "beta-gradients": "1.5", "beta-clip": "0.75", "margin": "0.6", "epsilon": "0.001",
          ]),
        .variant("normalized", ["normalize": "true"]),
      ],
      tensors: { _ in
        [
          .input("z", "N D", [8, 5]), .input("augmented", "N D", [8, 5]),
          .constant("full_img", "N P", [8, 9], in: -2...2),
          .constant("full_img_hog", "N Q", [8, 4], in: 0...1), .constant("clip", "N R", [8, 6]),
        ]
      }, verify: verifyRows, objective, objective),
  ]
}

extension Tolerances {
  fileprivate static let distances = relative(
    float64: 1e-12, float32: 2e-3,
    "squared distances as differences of products: near rows cancel, and the root halves the digits"
  )
}

private func numerics(_ a: OracleAttributes) -> DistanceNumerics {
  DistanceNumerics(rawValue: a.text("numerics")) ?? .exact
}

private func distances<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [Output("distances", pairwiseDistances(p["input.x"], numerics: numerics(p.attributes)))]
}

private func centre<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let distances = p["input.distances"]
  return [
    Output(
      "centred",
      p.operation == "double-centring" ? doubleCentred(distances) : unbiasedCentred(distances))
  ]
}

private func dependence<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (x, y) = (p["input.x"], p["input.y"])
  if p.operation == "distance-correlation" {
    // Of a constant batch it is a constant, which takes a cotangent all the same.
    return [
      Output(
        "correlation", distanceCorrelation(x, y, numerics: numerics(p.attributes)),
        takesCotangent: true)
    ]
  }
  return [
    Output(
      "covariance",
      distanceCovarianceSquared(
        CentredDistances(x, numerics: numerics(p.attributes)),
        CentredDistances(y, numerics: numerics(p.attributes))))
  ]
}

private func embeddingLoss<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (z, a) = (p["input.z"], p.attributes)
  switch p.operation {
  case "invariance-loss": return [Output("loss", invarianceLoss(z, p["input.augmented"]))]
  case "variance-hinge":
    return [
      Output(
        "loss", varianceHinge(z, margin: S(a.number("margin")), epsilon: S(a.number("epsilon"))))
    ]
  case "standard-deviation":
    return [Output("deviation", standardDeviation(z, epsilon: S(a.number("epsilon"))))]
  default: return [Output("y", lengthNormalized(z))]
  }
}

private func objective<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let a = p.attributes
  var settings = ObjectiveSettings()
  settings.numerics = ObjectiveNumerics(rawValue: a.text("numerics")) ?? .paper
  settings.invarianceWeight = a.number("lambda")
  settings.varianceWeight = a.number("mu")
  settings.viewWeight = a.number("alpha")
  settings.representationWeights = [
    "full_img": a.number("beta-pixels"), "full_img_hog": a.number("beta-gradients"),
    "clip": a.number("beta-clip"),
  ]
  settings.margin = a.number("margin")
  // The released code has none, whatever the attribute says.
  if settings.numerics == .paper { settings.epsilon = a.number("epsilon") }
  settings.normalizesEmbeddings = a.flag("normalize")
  let L = mvmrObjective(
    z: p["input.z"], augmented: p["input.augmented"],
    representations: ["full_img", "full_img_hog", "clip"].map {
      RepresentationBatch(name: $0, values: p.value("input.\($0)"))
    }, settings: settings)
  return [Output("total", L.total)] + L.terms.map { Output($0.name, Tensor($0.value)) }
}
