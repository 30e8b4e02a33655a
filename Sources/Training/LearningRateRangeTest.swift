// The learning-rate range test: at which rate does the loss fall fastest?
//
// Source     Smith, "Cyclical learning rates for training neural networks", WACV 2017; the numbers are those of the
//            finder behind the released code's `--auto_lr`
// Formula    η₀ = 10⁻⁵, ηₖ = 10⁻⁵ · (10⁴)^((k+1)/K)                             K batches, up to 10⁻¹
//            sₖ = l̄ₖ / (1 − 0.98^(k+1)),  l̄ₖ = 0.98 l̄ₖ₋₁ + 0.02 lₖ              smoothed loss
//            stop when sₖ > 4 min s; suggestion: the η at which s falls fastest from batch to batch, without
//            the first ten and the last
// After      Parameters, statistics, moments, probe and position are what they were, to the bit.
// Read       PreTraining.swift ← this file → Command/PretrainCommand.swift
// Tests      Tests/TrainingTests/LearningRateRangeTestTests.swift

import Charts
import Formats
import Kernels
import Networks
import Tensors

/// Losses over rising learning rates.
public struct LearningRateRangeTest: Sendable {
  /// The rate of each batch.
  public let rates: [Double]
  /// The loss of each batch, before the step.
  public let losses: [Double]
  /// The same, smoothed.
  public let smoothed: [Double]

  /// Rates of a test over so many batches.
  public static func rates(batches: Int) -> [Double] {
    (0..<batches).map { k in
      let part = k == 0 ? 0 : Double(k + 1) / Double(batches)
      return 1e-5 * Elementary.exponential(part * Elementary.logarithm(1e4))
    }
  }

  /// Smooths losses, and ends where they explode.
  ///
  /// - Parameters:
  ///   - rates: One a batch.
  ///   - losses: As many, or fewer.
  public init(rates: [Double], losses: [Double]) {
    var smoothed: [Double] = []
    var (mean, decay, best) = (0.0, 1.0, Double.infinity)
    for (k, loss) in losses.enumerated() {
      mean = 0.98 * mean + 0.02 * loss
      decay *= 0.98
      let value = mean / (1 - decay)
      smoothed.append(value)
      if k > 1 && value > 4 * best { break }
      if k <= 1 || value < best { best = value }
    }
    self.rates = Array(rates.prefix(smoothed.count))
    self.losses = Array(losses.prefix(smoothed.count))
    self.smoothed = smoothed
  }

  /// Whether the last loss ended the test.
  var hasExploded: Bool {
    guard smoothed.count > 2, let last = smoothed.last else { return false }
    return last > 4 * (smoothed[1...].min() ?? .infinity)
  }

  /// The rate at which the smoothed loss falls fastest; nil where there is too little to tell.
  public var suggestion: Double? {
    let kept = smoothed.indices.dropFirst(10).dropLast().filter { smoothed[$0].isFinite }
    guard kept.count >= 3 else { return nil }
    let s = kept.map { smoothed[$0] }
    let slopes = s.indices.map { i in
      i == 0 ? s[1] - s[0] : i == s.count - 1 ? s[i] - s[i - 1] : 0.5 * (s[i + 1] - s[i - 1])
    }
    guard let steepest = slopes.indices.min(by: { slopes[$0] < slopes[$1] }), slopes[steepest] < 0
    else { return nil }
    return rates[kept[steepest]]
  }

  /// Rates, losses and the suggestion.
  public var json: JSONValue {
    .object([
      "suggestion": suggestion.map { .number($0) } ?? .null,
      "rates": .array(rates.map { .number($0) }), "losses": .array(losses.map { .number($0) }),
      "smoothed": .array(smoothed.map { .number($0) }),
    ])
  }

  /// Writes `learning_rate_test.json`, `.svg` and `.png` into the folder of a run.
  public func write(to folder: RunFolder) throws {
    try folder.write(json.text + "\n", to: "learning_rate_test.json")
    func points(_ values: [Double]) -> [Point] {
      zip(rates, values).map { Point(Elementary.logarithm($0) / Elementary.logarithm(10.0), $1) }
    }
    var series = [
      LineChart.Series("loss", points(losses)), LineChart.Series("smoothed", points(smoothed)),
    ]
    if let suggestion, let place = rates.firstIndex(of: suggestion) {
      series.append(LineChart.Series("suggestion", [points(smoothed)[place]]))
    }
    let chart = LineChart(
      "Learning-rate range test", xLabel: "log10 of the learning rate", yLabel: "loss",
      series: series)
    for ending in ["svg", "png"] {
      try ChartSheet("", panels: [chart]).write(
        to: "\(folder.path)/learning_rate_test.\(ending)")
    }
  }
}

extension PreTraining {
  /// Tries rates on the batches that come next, and puts everything back.
  ///
  /// - Parameters:
  ///   - batches: Batches at most; fewer where the run has fewer.
  ///   - observe: Called after every batch with its number, rate and loss.
  /// - Returns: What was found.
  /// - Throws: When the run is too short, or an image cannot be read.
  public func learningRateRangeTest(
    batches: Int = 100, observe: (Int, Double, Double) -> Void = { _, _, _ in }
  ) throws -> LearningRateRangeTest {
    let left = configuration.epochs * batchesPerEpoch - position.step
    guard min(batches, left) >= 14 else {
      throw TrainingError(
        "the learning-rate range test needs 14 batches, the run has \(left)",
        remedy: "give it more epochs or smaller batches, or choose lr yourself")
    }
    let rates = LearningRateRangeTest.rates(batches: min(batches, left))
    let before = State(self)
    defer {
      before.restore(self)
      rangeTestRate = nil
    }
    let loader = remainingBatches()
    var losses: [Double] = []
    for rate in rates {
      guard let batch = try loader.next() else { break }
      rangeTestRate = rate
      // A step that is not finite ends the test: rates beyond it are too high.
      do { losses.append(try step(batch).loss) } catch is TrainingError { break }
      observe(losses.count, rate, losses[losses.count - 1])
      if LearningRateRangeTest(rates: rates, losses: losses).hasExploded { break }
    }
    return LearningRateRangeTest(rates: rates, losses: losses)
  }

  /// Everything a step changes.
  ///
  /// Copies, because optimisers write their moments in place.
  private struct State {
    private let values: [Tensor<Float>]
    /// What an accumulated step has gathered so far.
    private let gradients: [Tensor<Float>?]
    private let moments: [[[Tensor<Float>]]]
    private let steps: [Int]
    private let position: RunPosition

    init(_ training: PreTraining) {
      values = State.parameters(training).map { State.copy($0.value) }
      gradients = State.parameters(training).map { $0.gradient.map(State.copy) }
      moments = State.optimizers(training).map { $0.moments.map { $0.map(State.copy) } }
      steps = State.optimizers(training).map(\.steps)
      position = training.position
    }

    func restore(_ training: PreTraining) {
      for (i, parameter) in State.parameters(training).enumerated() {
        parameter.value = values[i]
        parameter.gradient = gradients[i]
      }
      for (i, optimizer) in State.optimizers(training).enumerated() {
        optimizer.moments = moments[i]
        optimizer.steps = steps[i]
      }
      training.position = position
    }

    private static func copy(_ tensor: Tensor<Float>) -> Tensor<Float> {
      Tensor(tensor.shape, tensor.scalars)
    }

    private static func parameters(_ training: PreTraining) -> [Parameter<Float>] {
      (training.encoder.parameters + training.probe.head.parameters).map(\.parameter)
    }

    private static func optimizers(_ training: PreTraining) -> [Optimizer<Float>] {
      [training.optimizer, training.probe.optimizer]
    }
  }
}
