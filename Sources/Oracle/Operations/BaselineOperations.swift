// The oracle's losses of distillation, SEED and SimReg, and of the baselines.
//
// Read       ObjectiveOperations.swift ← this file → OptimizerOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Formats
import Kernels
import Objectives
import Tensors

private let temperatureAttributes: [OracleAttribute] = [
  .number("student-temperature", 1e-6...1e6, default: 0.2, "τ_S"),
  .number(
    "teacher-temperature", 1e-6...1e6, default: 0.01, "τ_T; the released code's default is 1e-4"),
]

/// At τ_T = 0.01 a kit's case tells one direction from all others and little more.
private let temperatureKit: [KitVariant] = [
  .plain, .variant("soft", ["student-temperature": "0.5", "teacher-temperature": "0.3"]),
]

/// Two views, one vector a row.
private func views(_ first: String, _ second: String, _ shape: [Int]) -> [TensorSlot] {
  [.input(first, "N D", shape), .input(second, "N D", shape)]
}

private func verifyQueue(_ a: OracleAttributes, _ e: NamedExtents) throws {
  try OracleError.bound([e["N"], e["K"] + 1], of: "output.loss")
}

private func verifyDimensions(_ a: OracleAttributes, _ e: NamedExtents) throws {
  try OracleError.bound([e["D"], e["D"]], of: "output.correlation")
}

private func verifyPatches(_ a: OracleAttributes, _ e: NamedExtents) throws {
  try OracleError.bound([e["P"], e["K"] + 1], of: "output.loss")
  try OracleError.check(
    e["P"] % max(1, e["N"]) == 0, tensor: "input.patch_student",
    "\(e["P"]) patches of \(e["N"]) images", mend: "the same number of patches of every image")
}

private func verifyAppend(_ a: OracleAttributes, _ e: NamedExtents) throws {
  try OracleError.check(
    a.integer("position") < e["K"], tensor: "input.queue",
    "the position is \(a.integer("position")), of \(e["K"]) entries",
    mend: "the row that is overwritten next, from 0")
  try OracleError.check(
    e["N"] <= e["K"], tensor: "input.teacher",
    "\(e["N"]) embeddings for \(e["K"]) entries", mend: "no more than the queue holds")
}

extension OracleOperation {
  static let distillations: [OracleOperation] = [
    OracleOperation(
      "cosine-similarity", "the cosine between rows of the same number",
      symbol: "cosineSimilarity", source: "released code of SEED, SimReg, SimSiam",
      outputs: "cosine [N], in −1…1", tolerances: .sums,
      tensors: { _ in views("x", "y", [5, 4]) }, cosine, cosine),
    OracleOperation(
      "seed-loss", "cross-entropy between what teacher and student find similar",
      symbol: "seedLoss", source: "Fang et al., ICLR 2021", attributes: temperatureAttributes,
      outputs: "loss []; KL []", tolerances: .similarities, kit: temperatureKit,
      tensors: { _ in
        [
          .input("student", "N D", [4, 6]), .constant("teacher", "N D", [4, 6]),
          .constant("queue", "K D", [9, 6]),
        ]
      }, verify: verifyQueue, seed, seed),
    OracleOperation(
      "seed-multi-view-loss", "the same of large views plus that of small patches",
      symbol: "seedMultiViewLoss", source: "Fang et al., ICLR 2021, script for small patches",
      attributes: temperatureAttributes, outputs: "loss []; KL [], KL_patches []",
      tolerances: .similarities, kit: temperatureKit,
      tensors: { _ in
        [
          .input("student", "N D", [2, 5]), .constant("teacher", "N D", [2, 5]),
          .constant("queue", "K D", [7, 5]), .input("patch_student", "P D", [6, 5]),
          .constant("patch_teacher", "P D", [6, 5]), .constant("patch_queue", "K D", [7, 5]),
        ]
      }, verify: verifyPatches, seedPatches, seedPatches),
    OracleOperation(
      "seed-queue", "a batch in the place of the oldest entries", symbol: "SEEDQueue",
      source: "Fang et al., ICLR 2021",
      attributes: [
        .integer("position", 0...1 << 26, default: 0, "the row that is overwritten next")
      ], outputs: "queue [K, D]; position []", tolerances: .sums,
      kit: [.plain, .variant("around-the-end", ["position": "6"])],
      tensors: { _ in
        [.constant("queue", "K D", [8, 4]), .constant("teacher", "N D", [3, 4])]
      }, verify: verifyAppend, append, append),
    OracleOperation(
      "simreg-loss", "the squared distance of normalised prediction and teacher",
      symbol: "simRegLoss", source: "Navaneet et al., BMVC 2021",
      attributes: [
        .choice(
          "scale", [SquaredDifferenceScale.batch, .mean].map(\.rawValue),
          "divided by the batch, or by batch and dimensions")
      ], outputs: "loss []", tolerances: .sums,
      kit: [.plain, .variant("mean", ["scale": "mean"])],
      tensors: { _ in
        [.input("prediction", "N D", [5, 6]), .constant("teacher", "N D", [5, 6])]
      }, simReg, simReg),
  ]

  static let baselines: [OracleOperation] = [
    OracleOperation(
      "covariance-penalty", "the squared covariances of different dimensions",
      symbol: "covariancePenalty", source: "Bardes et al., ICLR 2022, c(Z)", outputs: "loss []",
      tolerances: .statistics, tensors: { _ in [.input("x", "N D", [6, 4])] },
      verify: verifyDimensions, redundancy, redundancy),
    OracleOperation(
      "vicreg-loss", "invariance, variance and covariance", symbol: "vicRegLoss",
      source: "Bardes et al., ICLR 2022",
      attributes: [
        .number("invariance", 0...1e6, default: 25, "weight of the squared difference"),
        .number("variance", 0...1e6, default: 25, "weight of the hinge"),
        .number("covariance", 0...1e6, default: 1, "weight of the squared covariances"),
        .choice("form", ["released-code", "paper"], "mean or sum over views; squares by N D or N"),
      ], outputs: "total []; the terms MSE, STD, COV []", tolerances: .statistics,
      kit: [
        .plain, .variant("paper", ["form": "paper"]),
        .variant("weighted", ["invariance": "2", "variance": "0.5", "covariance": "3"]),
      ],
      tensors: { _ in views("x", "y", [6, 5]) }, verify: verifyDimensions, vicReg, vicReg),
    OracleOperation(
      "cross-correlation", "every dimension of one view with every one of the other",
      symbol: "crossCorrelation", source: "Zbontar et al., ICML 2021, C",
      outputs: "correlation [D, D], in −1…1", tolerances: .statistics,
      tensors: { _ in views("x", "y", [7, 4]) }, verify: verifyDimensions, redundancy, redundancy),
    OracleOperation(
      "barlow-twins-loss", "the cross-correlation of two views against the identity",
      symbol: "barlowTwinsLoss", source: "Zbontar et al., ICML 2021",
      attributes: [
        .number(
          "lambda", 0...1e6, default: 0.005, "λ; the released code's is 0.0051"
        )
      ], outputs: "total []; the terms diagonal, off_diagonal []", tolerances: .statistics,
      kit: [.plain, .variant("weighted", ["lambda": "0.7"])],
      tensors: { _ in views("x", "y", [7, 4]) }, verify: verifyDimensions, barlowTwins, barlowTwins
    ),
    OracleOperation(
      "byol-loss", "2 − 2 cos between prediction and the other view's target, both ways",
      symbol: "byolLoss", source: "Grill et al., NeurIPS 2020", outputs: "loss [], in 0…8",
      tolerances: .sums, tensors: { _ in predictorSlots("target") }, predictor, predictor),
    OracleOperation(
      "simsiam-loss", "minus the mean cosine between prediction and the other view's projection",
      symbol: "simSiamLoss", source: "Chen & He, CVPR 2021", outputs: "loss [], in −1…1",
      tolerances: .signedCosines, tensors: { _ in predictorSlots("projection") }, predictor,
      predictor),
  ]
}

/// Predictions of both views, and what the other one aims at, through which no gradient passes.
private func predictorSlots(_ name: String) -> [TensorSlot] {
  views("prediction_1", "prediction_2", [5, 4]) + [
    .constant("\(name)_1", "N D", [5, 4]), .constant("\(name)_2", "N D", [5, 4]),
  ]
}

extension Tolerances {
  fileprivate static let similarities = relative(
    float64: 1e-11, float32: 2e-3,
    "a cosine's rounding, divided by a temperature, is an error of the exponential")
  fileprivate static let signedCosines = relative(
    float64: 1e-12, float32: 2e-4, "cosines of both signs cancel in their mean, which may be small")
}

private func cosine<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [Output("cosine", cosineSimilarity(p["input.x"], p["input.y"]))]
}

private func temperatures<S>(_ p: Problem<S>) -> SEEDTemperatures {
  SEEDTemperatures(
    student: p.attributes.number("student-temperature"),
    teacher: p.attributes.number("teacher-temperature"))
}

private func seed<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let value = seedLoss(
    p["input.student"], teacher: p.value("input.teacher"),
    queue: try SEEDQueue(entries: p.value("input.queue"), position: 0),
    temperatures: temperatures(p))
  return [Output("loss", value.total), Output("KL", Tensor(value.terms[1].value))]
}

private func seedPatches<S>(_ p: Problem<S>) throws -> [Output<S>] {
  func views(_ prefix: String) -> SEEDEmbeddings<S> {
    SEEDEmbeddings(
      student: p["input.\(prefix)student"], teacher: p.value("input.\(prefix)teacher"))
  }
  func queue(_ name: String) throws -> SEEDQueue<S> {
    try SEEDQueue(entries: p.value("input.\(name)"), position: 0)
  }
  let value = seedMultiViewLoss(
    whole: views(""), patches: views("patch_"),
    queues: try SEEDMultiViewQueue(whole: queue("queue"), patches: queue("patch_queue")),
    temperatures: temperatures(p))
  return [Output("loss", value.total)]
    + value.terms.filter { $0.name.hasPrefix("KL") }.map { Output($0.name, Tensor($0.value)) }
}

private func append<S>(_ p: Problem<S>) throws -> [Output<S>] {
  var queue = try SEEDQueue(
    entries: p.value("input.queue"), position: p.attributes.integer("position"))
  queue.append(p.value("input.teacher"))
  return [
    Output("queue", queue.entries), Output("position", Tensor(S(Double(queue.position)))),
  ]
}

private func simReg<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let scale = SquaredDifferenceScale(rawValue: p.attributes.text("scale")) ?? .batch
  return [
    Output(
      "loss",
      simRegLoss(p["input.prediction"], teacher: p.value("input.teacher"), scale: scale))
  ]
}

private func redundancy<S>(_ p: Problem<S>) throws -> [Output<S>] {
  p.operation == "covariance-penalty"
    ? [Output("loss", covariancePenalty(p["input.x"]))]
    : [Output("correlation", crossCorrelation(p["input.x"], p["input.y"]))]
}

private func vicReg<S>(_ p: Problem<S>) throws -> [Output<S>] {
  var settings = p.attributes.text("form") == "paper" ? VICRegSettings.paper : VICRegSettings()
  settings.invarianceWeight = p.attributes.number("invariance")
  settings.varianceWeight = p.attributes.number("variance")
  settings.covarianceWeight = p.attributes.number("covariance")
  let L = vicRegLoss(p["input.x"], p["input.y"], settings: settings)
  return [Output("total", L.total)] + L.terms.map { Output($0.name, Tensor($0.value)) }
}

private func barlowTwins<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let L = barlowTwinsLoss(
    p["input.x"], p["input.y"], redundancyWeight: S(p.attributes.number("lambda")))
  return [Output("total", L.total)] + L.terms.map { Output($0.name, Tensor($0.value)) }
}

private func predictor<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let predictions = (first: p["input.prediction_1"], second: p["input.prediction_2"])
  if p.operation == "byol-loss" {
    return [
      Output(
        "loss",
        byolLoss(
          predictions: predictions,
          targets: (p.value("input.target_1"), p.value("input.target_2"))))
    ]
  }
  return [
    Output(
      "loss",
      simSiamLoss(
        predictions: predictions, projections: (p["input.projection_1"], p["input.projection_2"])))
  ]
}
