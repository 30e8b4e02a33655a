// mvmr evaluate linear: four protocols, one record.
//
// convex     The default: one answer, no luck (LinearProbe.swift).
// official   What the released code reports: the head that was trained along, its logits averaged over ten
//            crops, which at the image's own size are the image five times and its mirror five times (D23).
//            With `retrain`, a new head by Adam on augmented views, best epoch on the test set (D20, D21).
// seed       SEED's: SGD at a rate of 30.
// simreg     SimReg's: features of unit length, standardised, SGD.
// Read       HeadTraining.swift ← this file → Command/EvaluateCommands.swift
// Tests      Tests/TrainingTests/LinearProtocolTests.swift

import Autodiff
import Formats
import Kernels
import Networks
import Randomness
import Tensors

extension EvaluatedEncoder {
  /// The convex problem, solved.
  ///
  /// - Parameters:
  ///   - averagesMirror: Test on the mean of each image and its mirror.
  ///   - tolerance: Largest component of the gradient at the end.
  /// - Returns: The record.
  /// - Throws: When an image cannot be read.
  public func evaluateConvex(
    averagesMirror: Bool = false, tolerance: Double = 1e-5
  ) throws -> EvaluationRecord {
    let training = try trainingFeatures()
    let test = try testFeatures(averagesMirror: averagesMirror)
    let probe = LinearProbe(training: training, classes: data.classCount, tolerance: tolerance)
    let (_, held) = holdingOut(oneIn: 5, of: training.labels)
    let reached = probe.minimum.largestSlope <= tolerance
    return record(
      "linear",
      "multinomial logistic regression on standardised features by L-BFGS, "
        + (reached ? "to" : "NOT YET AT") + " a gradient of at most \(tolerance)",
      split: .init(
        training: training.labels.count, validation: held.count, test: test.labels.count),
      views: averagesMirror ? "mean of each image and its mirror" : "one, the image itself",
      epochChoice:
        "no epochs; the penalty on a held-out fifth of the training images, then all of them",
      metrics: topMetrics(classes: data.classCount) { probe.accuracy(on: test, top: $0) },
      settings: [
        "penalty": .number(probe.regularization), "tolerance": .number(tolerance),
        "largest_slope": .number(probe.minimum.largestSlope),
        "iterations": .integer(probe.minimum.iterations),
      ])
  }

  /// The head that was trained beside the encoder, as the released code evaluates it.
  ///
  /// - Throws: When the checkpoint has none.
  public func evaluateOnlineHead() throws -> EvaluationRecord {
    let test = try testFeatures(averagesMirror: true)
    let head = Linear<Float>(
      inputs: test.features.shape[1], outputs: data.classCount, key: RandomKey(seed: 0))
    try head.load(checkpoint.probe)
    // The mean of logits is the logits of the mean: the head is affine.
    let logits = head(Variable(test.features), mode: .evaluation).value
    return record(
      "linear official",
      "the head that was trained along with the encoder, by Adam at "
        + "\(configuration.probeLearningRate), as the released code reports it",
      split: .init(training: data.labelled.count, test: test.labels.count),
      views: "ten crops of the image's own size: five times the image, five times its mirror",
      epochChoice: "none: the head of this checkpoint, epoch \(checkpoint.position.epoch)",
      metrics: topMetrics(classes: data.classCount) { topAccuracy(logits, test.labels, top: $0) })
  }

  /// A head trained by a recipe.
  ///
  /// - Parameters:
  ///   - recipe: Whose.
  ///   - choice: How the epoch is chosen.
  ///   - seed: Of first weights, order and views.
  ///   - say: Receives a line an epoch.
  /// - Returns: The record.
  /// - Throws: When no image can be held out, a loss is not finite, or an image cannot be read.
  public func evaluateHead(
    _ recipe: HeadRecipe, choice: EpochChoice, seed: Int, say: (String) -> Void = { _ in }
  ) throws -> EvaluationRecord {
    let plain = try trainingFeatures()
    let every = Array(plain.labels.indices)
    let parts: (rest: [Int], held: [Int]) =
      choice == .validation ? holdingOut(oneIn: 10, of: plain.labels) : (every, [])
    if choice == .validation && parts.held.isEmpty {
      throw TrainingError(
        "no class has ten labelled images, so none can be held out to choose an epoch on",
        remedy: "take the last epoch with --choose last")
    }
    let standard = FeatureStandard(plain.features, standardises: recipe.standardises)
    func prepared(_ features: LabelledFeatures) -> LabelledFeatures {
      LabelledFeatures(features: standard(features.features), labels: features.labels)
    }
    let training = prepared(plain)
    let test = prepared(try testFeatures())
    let judge: LabelledFeatures? =
      switch choice {
      case .validation: training.chosen(parts.held)
      case .last: nil
      case .test: test
      }
    let trained = try trainHead(
      recipe, on: parts.rest, cached: training, standard: standard, judge: judge,
      key: RandomKey(seed: UInt64(seed)).child("linear evaluation"), say: say)
    let logits = trained.head(Variable(test.features), mode: .evaluation).value
    var metrics = topMetrics(classes: data.classCount) {
      topAccuracy(logits, test.labels, top: $0)
    }
    metrics["epoch"] = .integer(trained.epoch)
    if choice == .validation { metrics["validation_top1"] = trained.chosenAt.map { .number($0) } }
    if choice == .test { metrics["last_epoch_top1"] = trained.atLastEpoch.map { .number($0) } }
    return record(
      "linear \(recipe.name)",
      "a linear head by \(recipe.rule.rawValue), \(recipe.epochs) epochs, "
        + (recipe.standardises ? "features of unit length, standardised" : "features as they are"),
      split: .init(
        training: parts.rest.count, validation: parts.held.count, test: test.labels.count),
      views: "training: \(recipe.views.text); test: one, the image itself",
      epochChoice: choice.text, seed: seed, metrics: metrics,
      settings: [
        "epochs": .integer(recipe.epochs), "batch_size": .integer(recipe.batchSize),
        "learning_rate": .number(recipe.rates.first ?? 0),
        "weight_decay": .number(recipe.weightDecay),
      ])
  }
}
