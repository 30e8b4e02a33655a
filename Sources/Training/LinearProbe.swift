// The linear probe: how well do the frozen features separate the classes by planes?
//
// Formula    min over W, b  of  cross-entropy(x Wᵀ + b, labels) + ½ ρ ‖W‖²
//            on features standardised per dimension with the training images' statistics
// Idea       The problem is convex, so it has one answer, and L-BFGS finds it to a stated tolerance:
//            no learning rate, no epochs, no luck. ρ is chosen among four values on a fifth of the
//            training images that is held out, then all of them are used. Test images are seen once.
// Source     L-BFGS: Nocedal, Math. Comp. 35, 1980; Nocedal & Wright, algorithm 7.4
// Errata     D20, D21: the released code reports a head trained by Adam, at its best epoch on test.
// Read       FeatureExtraction.swift ← this file → PreTrainingRun.swift
// Tests      Tests/TrainingTests/ProbeTests.swift

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

  /// Fits a probe.
  ///
  /// - Parameters:
  ///   - training: Features with labels in 0..<classes.
  ///   - classes: Number of classes.
  public init(training: LabelledFeatures, classes: Int) {
    let x = training.features.converted(to: Double.self)
    let n = x.shape[0]
    // Every fifth image is held out: deterministic, and the data sets are not sorted by class.
    let held = (0..<n).filter { $0 % 5 == 4 }
    let rest = (0..<n).filter { $0 % 5 != 4 }
    var best = (accuracy: -1.0, ρ: LinearProbe.candidates[0])
    if !held.isEmpty {
      for ρ in LinearProbe.candidates {
        let probe = LinearProbe(
          x.gathered(rows: rest), rest.map { training.labels[$0] }, classes, ρ)
        let accuracy = probe.accuracy(x.gathered(rows: held), held.map { training.labels[$0] })
        if accuracy > best.accuracy { best = (accuracy, ρ) }
      }
    }
    self.init(x, training.labels, classes, best.ρ)
  }

  private init(_ x: Tensor<Double>, _ labels: [Int], _ classes: Int, _ ρ: Double) {
    mean = x.mean(over: 0, keepingAxes: true)
    let centred = x - mean
    let deviation = (centred * centred).mean(over: 0, keepingAxes: true).map(.squareRoot)
    // A constant feature carries nothing: it is left at zero.
    inverseDeviation =
      deviation.combined(.maximum, with: Tensor(1e-12)).map(.reciprocal)
      * (deviation - 1e-12).map(.isPositive)
    let X = Variable(centred * inverseDeviation)
    let features = x.shape[1]
    let split = classes * features
    let minimum = minimizeByLBFGS(startingAt: Tensor.zeros([split + classes])) { θ in
      let parameters = Variable(tracking: θ)
      let W = parameters.slice(0..<split, axis: 0).reshaped([classes, features])
      let b = parameters.slice(split..<split + classes, axis: 0)
      let loss =
        crossEntropy(matmul(X, W, transposeB: true) + b, labels: labels)
        + (0.5 * ρ) * W.squared().sum()
      loss.backward()
      return (loss.value.scalar, parameters.gradient ?? Tensor.zeros(θ.shape))
    }
    weight = minimum.slice(0..<split, axis: 0).reshaped([classes, features])
    bias = minimum.slice(split..<split + classes, axis: 0)
    regularization = ρ
  }

  /// The share of features classified rightly, in 0…1.
  public func accuracy(on test: LabelledFeatures) -> Double {
    accuracy(test.features.converted(to: Double.self), test.labels)
  }

  private func accuracy(_ x: Tensor<Double>, _ labels: [Int]) -> Double {
    guard !labels.isEmpty else { return 0 }
    let standard = (x - mean) * inverseDeviation
    return topOneAccuracy(matmul(standard, weight, transposeB: true) + bias, labels)
  }
}

/// The share of rows whose largest logit is the label's; the lower class wins a tie.
func topOneAccuracy<S>(_ logits: Tensor<S>, _ labels: [Int]) -> Double {
  let classes = logits.shape[1]
  let values = logits.scalars
  var right = 0
  for (row, label) in labels.enumerated() {
    var best = 0
    for c in 1..<max(1, classes) where values[row * classes + c] > values[row * classes + best] {
      best = c
    }
    if best == label { right += 1 }
  }
  return labels.isEmpty ? 0 : Double(right) / Double(labels.count)
}

/// Minimises a smooth convex function.
///
/// - Parameters:
///   - start: First point.
///   - tolerance: Largest component of the gradient at which it stops.
///   - iterations: Iterations at most.
///   - memory: Pairs of steps and gradient changes that are remembered.
///   - function: Value and gradient at a point.
/// - Returns: The last point; its value is never above that of the start.
public func minimizeByLBFGS(
  startingAt start: Tensor<Double>, tolerance: Double = 1e-5, iterations: Int = 200,
  memory: Int = 10, _ function: (Tensor<Double>) -> (value: Double, gradient: Tensor<Double>)
) -> Tensor<Double> {
  var x = start
  var (f, g) = function(x)
  var pairs: [(s: Tensor<Double>, y: Tensor<Double>, ρ: Double)] = []
  for _ in 0..<iterations {
    guard g.map(.absolute).reshaped([g.count]).maximum(over: 0).scalar > tolerance else { break }
    // Two loops: the direction −H g without ever forming H.
    var q = g
    var α: [Double] = []
    for pair in pairs.reversed() {
      let a = pair.ρ * dotProduct(pair.s.buffer, q.buffer)
      α.append(a)
      q.add(pair.y, scale: -a)
    }
    if let last = pairs.last {
      q = q * (1 / (last.ρ * dotProduct(last.y.buffer, last.y.buffer)))
    }
    for (pair, a) in zip(pairs, α.reversed()) {
      q.add(pair.s, scale: a - pair.ρ * dotProduct(pair.y.buffer, q.buffer))
    }
    let slope = -dotProduct(g.buffer, q.buffer)
    guard slope < 0 else { break }
    // Backtracking: halve until the function falls enough (Armijo).
    var step = pairs.isEmpty ? min(1, 1 / dotProduct(g.buffer, g.buffer).squareRoot()) : 1
    var accepted = false
    for _ in 0..<30 {
      var next = x
      next.add(q, scale: -step)
      let (value, gradient) = function(next)
      if value <= f + 1e-4 * step * slope {
        let s = next - x
        let y = gradient - g
        let curvature = dotProduct(s.buffer, y.buffer)
        if curvature > 1e-12 * dotProduct(y.buffer, y.buffer) {
          pairs.append((s, y, 1 / curvature))
          if pairs.count > memory { pairs.removeFirst() }
        }
        (x, f, g) = (next, value, gradient)
        accepted = true
        break
      }
      step /= 2
    }
    guard accepted else { break }
  }
  return x
}
