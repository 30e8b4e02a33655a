// One plane a class: a linear classifier of images that may show several classes.
//
// Formula    min over w, b  of  n⁻¹ Σ [log(1 + e^z) − t z] + ½ ρ ‖w‖²,  z = ⟨w, x⟩ + b, for each class alone
//            over the n images that are not difficult in it; t = 1 where it is present
//            features standardised with the training images' statistics
// Idea       All classes are one convex problem without a word between them, so one L-BFGS solves them to one
//            tolerance. ρ is chosen by mean average precision on every fifth training image.
// Compare    scikit-learn's OneVsRestClassifier(LogisticRegression(C = 1 / (n ρ))) has the same minimum
// Errata     D28, D32: the released code trains by Adam for 100 epochs, its encoder in training mode
// Read       LimitedMemoryBFGS.swift, AveragePrecision.swift ← this file → VOCEvaluation.swift
// Tests      Tests/TrainingTests/VOCEvaluationTests.swift

import Datasets
import Kernels
import Tensors

/// Features of images with what each shows of every class.
public struct MultiLabelFeatures: Sendable {
  /// `[images, features]`.
  public let features: Tensor<Float>
  /// One array an image, one element a class.
  public let presences: [[Presence]]

  /// Features with their labels.
  public init(features: Tensor<Float>, presences: [[Presence]]) {
    self.features = features
    self.presences = presences
  }

  func chosen(_ rows: [Int]) -> MultiLabelFeatures {
    MultiLabelFeatures(
      features: features.gathered(rows: rows), presences: rows.map { presences[$0] })
  }

  /// The presences of one class.
  func column(_ c: Int) -> [Presence] { presences.map { $0[c] } }
}

/// A linear classifier a class, in Double.
public struct MultiLabelHead: Sendable {
  /// W `[classes, features]`, for standardised features.
  public let weight: Tensor<Double>
  /// b `[classes]`.
  public let bias: Tensor<Double>
  /// ρ, as chosen.
  public let regularization: Double
  /// How the minimisation ended.
  public let minimum: ConvexMinimum
  private let mean: Tensor<Double>
  private let inverseDeviation: Tensor<Double>

  /// Fits a head.
  ///
  /// - Parameters:
  ///   - training: At least one image.
  ///   - tolerance: Largest component of the gradient at the end.
  public init(training: MultiLabelFeatures, tolerance: Double = 1e-5) {
    let every = Array(training.presences.indices)
    let (rest, held) = (every.filter { $0 % 5 != 4 }, every.filter { $0 % 5 == 4 })
    var best = (precision: -1.0, ρ: LinearProbe.candidates[0])
    if !held.isEmpty {
      let judge = training.chosen(held)
      for ρ in LinearProbe.candidates {
        let head = MultiLabelHead(training.chosen(rest), ρ, tolerance: tolerance)
        let precision = head.precision(on: judge).area
        if precision > best.precision { best = (precision, ρ) }
      }
    }
    self.init(training, best.ρ, tolerance: tolerance)
  }

  init(_ training: MultiLabelFeatures, _ ρ: Double, tolerance: Double, iterations: Int = 2000) {
    let x = training.features.converted(to: Double.self)
    mean = x.mean(over: 0, keepingAxes: true)
    let centred = x - mean
    let deviation = (centred * centred).mean(over: 0, keepingAxes: true).map(.squareRoot)
    inverseDeviation =
      deviation.combined(.maximum, with: Tensor(1e-12)).map(.reciprocal)
      * (deviation - 1e-12).map(.isPositive)
    let X = centred * inverseDeviation
    let (n, features) = (x.shape[0], x.shape[1])
    let classes = training.presences.first?.count ?? 0
    // Weight of each pair in its class's mean; 0 where it is difficult.
    var shares = [Double](repeating: 0, count: n * classes)
    var targets = shares
    for c in 0..<classes {
      let judged = training.presences.reduce(0) { $0 + ($1[c] == .difficult ? 0 : 1) }
      for i in 0..<n where training.presences[i][c] != .difficult {
        shares[i * classes + c] = 1 / Double(judged)
        targets[i * classes + c] = training.presences[i][c] == .present ? 1 : 0
      }
    }
    let (share, target) = (
      Tensor<Double>([n, classes], shares), Tensor<Double>([n, classes], targets)
    )
    let split = classes * features
    minimum = minimizeByLBFGS(
      startingAt: .zeros([split + classes]), tolerance: tolerance, iterations: iterations
    ) { (θ: Tensor<Double>) -> (value: Double, gradient: Tensor<Double>) in
      let W = θ.slice(0..<split, axis: 0).reshaped([classes, features])
      let z =
        matmul(X, W, transposeB: true) + θ.slice(split..<split + classes, axis: 0)
      // log(1 + e^z) = max(z, 0) + log(1 + e^−|z|)
      let soft =
        z.map(.rectify) + ((-z.map(.absolute)).map(.exponential) + 1).map(.logarithm)
      let value = (share * (soft - target * z)).sum().scalar + 0.5 * ρ * (W * W).sum().scalar
      let slope = share * (z.map(.logistic) - target)
      let gradient = Tensor.concatenated(
        [
          (matmul(slope, X, transposeA: true) + ρ * W).reshaped([split]), slope.sum(over: 0),
        ], axis: 0)
      return (value, gradient)
    }
    weight = minimum.point.slice(0..<split, axis: 0).reshaped([classes, features])
    bias = minimum.point.slice(split..<split + classes, axis: 0)
    regularization = ρ
  }

  /// Logits `[N, classes]` of features `[N, features]`.
  public func logits(_ x: Tensor<Float>) -> Tensor<Double> {
    matmul(
      (x.converted(to: Double.self) - mean) * inverseDeviation, weight, transposeB: true) + bias
  }

  /// Average precision of each class.
  public func precision(on test: MultiLabelFeatures) -> MeanAveragePrecision {
    let classes = bias.count
    let values = logits(test.features).scalars
    return MeanAveragePrecision(
      scores: (0..<classes).map { c in test.presences.indices.map { values[$0 * classes + c] } },
      truth: (0..<classes).map(test.column))
  }
}
