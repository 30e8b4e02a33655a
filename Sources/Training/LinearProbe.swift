// The linear probe: how well do the frozen features separate the classes by planes?
//
// Formula    min over W, b  of  cross-entropy(x Wᵀ + b, labels) + ½ ρ ‖W‖²
//            on features standardised per dimension with the training images' statistics
// Idea       The problem is convex, so it has one answer, and L-BFGS finds it to a stated tolerance:
//            no learning rate, no epochs, no luck. ρ is chosen among four values on a fifth of every
//            class that is held out, then all training images are used. Test images are seen once.
// Compare    scikit-learn's LogisticRegression(C = 1 / (n ρ)) has the same minimum
// Errata     D20, D21: the released code reports a head trained by Adam, at its best epoch on test.
// Read       FeatureExtraction.swift, Evaluation/LimitedMemoryBFGS.swift ← this file → PreTrainingRun.swift
// Tests      Tests/TrainingTests/ProbeTests.swift, LinearProtocolTests.swift

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors

/// A linear classifier of features, in Double.
public struct LinearProbe: Sendable {
  /// W `[classes, features]`, for standardised features.
  public let weight: Tensor<Double>
  /// b `[classes]`.
  public let bias: Tensor<Double>
  /// ρ, as chosen.
  public let regularization: Double
  private let mean: Tensor<Double>
  private let inverseDeviation: Tensor<Double>

  /// The values ρ is chosen from.
  public static let candidates = [1e-4, 1e-3, 1e-2, 1e-1]

  /// How the minimisation ended: its last slope is below the tolerance unless it ran out of iterations.
  public let minimum: ConvexMinimum

  /// Fits a probe.
  ///
  /// - Parameters:
  ///   - training: Features with labels in 0..<classes.
  ///   - classes: Number of classes.
  ///   - tolerance: Largest component of the gradient at the minimum.
  ///   - iterations: Iterations of L-BFGS at most.
  public init(
    training: LabelledFeatures, classes: Int, tolerance: Double = 1e-5, iterations: Int = 2000
  ) {
    let x = training.features.converted(to: Double.self)
    let (rest, held) = holdingOut(oneIn: 5, of: training.labels)
    var best = (accuracy: -1.0, ρ: LinearProbe.candidates[0])
    if !held.isEmpty {
      for ρ in LinearProbe.candidates {
        let probe = LinearProbe(
          x.gathered(rows: rest), rest.map { training.labels[$0] }, classes, ρ)
        let logits = probe.logits(x.gathered(rows: held))
        let accuracy = topAccuracy(logits, held.map { training.labels[$0] })
        if accuracy > best.accuracy { best = (accuracy, ρ) }
      }
    }
    self.init(
      x, training.labels, classes, best.ρ, tolerance: tolerance, iterations: iterations)
  }

  init(
    _ x: Tensor<Double>, _ labels: [Int], _ classes: Int, _ ρ: Double, tolerance: Double = 1e-5,
    iterations: Int = 2000
  ) {
    mean = x.mean(over: 0, keepingAxes: true)
    let centred = x - mean
    let deviation = (centred * centred).mean(over: 0, keepingAxes: true).map(.squareRoot)
    // A constant feature carries nothing: it is left at zero.
    inverseDeviation =
      deviation.combined(.maximum, with: Tensor(1e-12)).map(.reciprocal)
      * (deviation - 1e-12).map(.isPositive)
    // docs: region fit
    let X = Variable(centred * inverseDeviation)
    let features = x.shape[1]
    let split = classes * features
    minimum = minimizeByLBFGS(
      startingAt: Tensor.zeros([split + classes]), tolerance: tolerance, iterations: iterations
    ) { (θ: Tensor<Double>) -> (value: Double, gradient: Tensor<Double>) in
      let parameters = Variable(tracking: θ)
      let W = parameters.slice(0..<split, axis: 0).reshaped([classes, features])
      let b = parameters.slice(split..<split + classes, axis: 0)
      let loss =
        crossEntropy(matmul(X, W, transposeB: true) + b, labels: labels)
        + (0.5 * ρ) * W.squared().sum()
      loss.backward()
      return (loss.value.scalar, parameters.gradient ?? Tensor.zeros(θ.shape))
    }
    // docs: end fit
    weight = minimum.point.slice(0..<split, axis: 0).reshaped([classes, features])
    bias = minimum.point.slice(split..<split + classes, axis: 0)
    regularization = ρ
  }

  /// Logits `[N, classes]` of features `[N, features]`.
  func logits(_ x: Tensor<Double>) -> Tensor<Double> {
    matmul((x - mean) * inverseDeviation, weight, transposeB: true) + bias
  }

  /// The share of features whose class is among the `top` with the largest logits, in 0…1.
  public func accuracy(on test: LabelledFeatures, top: Int = 1) -> Double {
    guard !test.labels.isEmpty else { return 0 }
    return topAccuracy(logits(test.features.converted(to: Double.self)), test.labels, top: top)
  }
}

/// The share of rows whose label is among the `top` largest logits; the lower class wins a tie.
public func topAccuracy<S>(_ logits: Tensor<S>, _ labels: [Int], top: Int = 1) -> Double {
  let classes = logits.shape[1]
  let values = logits.scalars
  var right = 0
  for (row, label) in labels.enumerated() {
    let own = values[row * classes + label]
    var before = 0
    for c in 0..<classes {
      let other = values[row * classes + c]
      if other > own || (other == own && c < label) { before += 1 }
    }
    if before < top { right += 1 }
  }
  return labels.isEmpty ? 0 : Double(right) / Double(labels.count)
}

/// Splits images into those to fit to and those to choose on: every `n`-th of each class is held out.
///
/// A function of the labels alone, so that what was chosen can be chosen again.
///
/// - Parameters:
///   - n: One in so many.
///   - labels: One class an image.
/// - Returns: Numbers of images, rising; `held` is empty where no class has `n` images.
public func holdingOut(oneIn n: Int, of labels: [Int]) -> (rest: [Int], held: [Int]) {
  var seen = [Int](repeating: 0, count: (labels.max() ?? 0) + 1)
  var (rest, held): ([Int], [Int]) = ([], [])
  for (i, label) in labels.enumerated() {
    seen[label] += 1
    if seen[label] % n == 0 { held.append(i) } else { rest.append(i) }
  }
  return (rest, held)
}
