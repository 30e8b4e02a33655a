// Training a linear head on a frozen encoder, by a recipe, and choosing an epoch without cheating.
//
// Choice     The epoch is chosen on a tenth of every class that is held out (the default), or it is the
//            last one, or, as released codes do, the one that is best on the test images: that number is
//            optimistic, and its record says so.
// Order      Batches and views are functions of (seed, epoch, batch, image): the same head at any number of
//            threads.
// Read       HeadRecipe.swift ← this file → LinearEvaluation.swift
// Tests      Tests/TrainingTests/LinearProtocolTests.swift

import Autodiff
import Datasets
import Formats
import Images
import Kernels
import Networks
import Randomness
import Tensors

/// How the epoch whose head is measured is chosen.
public enum EpochChoice: String, CaseIterable, Sendable {
  /// Best on held-out training images.
  case validation
  /// The last: nothing is chosen.
  case last
  /// Best on the test images, as released codes do.
  case test

  /// In words.
  public var text: String {
    switch self {
    case .validation: "best epoch on the held-out tenth of the training images"
    case .last: "none: the last epoch"
    case .test: "best epoch ON THE TEST SET, as the released code does: optimistic"
    }
  }
}

/// What training a head came to.
struct TrainedHead {
  let head: Linear<Float>
  /// From 1.
  let epoch: Int
  /// Top-1 on the images it was chosen on; nil where nothing was.
  let chosenAt: Double?
  let lastLoss: Double
  /// Top-1 after the last epoch, on the images it was chosen on.
  let atLastEpoch: Double?
}

/// Prepares features as a recipe wants them.
struct FeatureStandard {
  private let mean: Tensor<Float>?
  private let scale: Tensor<Float>?

  /// Features as they are, or of unit length and standardised with the training images' statistics.
  init(_ training: Tensor<Float>, standardises: Bool) {
    guard standardises else {
      (mean, scale) = (nil, nil)
      return
    }
    let u = unitRows(training)
    let centre = u.mean(over: 0, keepingAxes: true)
    let centred = u - centre
    let n = Float(max(2, u.shape[0]))
    let variance = (centred * centred).sum(over: 0, keepingAxes: true) / (n - 1)
    mean = centre
    scale = (variance + 1e-5).map(.squareRoot).map(.reciprocal)
  }

  func callAsFunction(_ h: Tensor<Float>) -> Tensor<Float> {
    guard let mean, let scale else { return h }
    return (unitRows(h) - mean) * scale
  }
}

extension EvaluatedEncoder {
  /// Trains a head.
  ///
  /// - Parameters:
  ///   - recipe: How.
  ///   - training: Numbers of the labelled images to train on.
  ///   - cached: Features of all labelled images, one view each, prepared by `standard`.
  ///   - standard: What is done to features.
  ///   - judge: Images an epoch is chosen on, prepared; nil to take the last.
  ///   - key: Names first weights, order and views.
  ///   - say: Receives a line an epoch.
  /// - Returns: The head of the chosen epoch.
  /// - Throws: When a loss is not finite, or an image cannot be read.
  func trainHead(
    _ recipe: HeadRecipe, on training: [Int], cached: LabelledFeatures, standard: FeatureStandard,
    judge: LabelledFeatures?, key: RandomKey, say: (String) -> Void
  ) throws -> TrainedHead {
    let (inputs, classes) = (cached.features.shape[1], data.classCount)
    let first = key.child("head")
    let head =
      recipe.initialDeviation.map {
        Linear<Float>(inputs: inputs, outputs: classes, deviation: Float($0), key: first)
      } ?? Linear<Float>(inputs: inputs, outputs: classes, key: first)
    let optimizer = Optimizer(recipe.rule, of: head, weightDecay: recipe.weightDecay)
    let sampler = BatchSampler(
      count: training.count, batchSize: min(recipe.batchSize, training.count),
      dropLast: recipe.dropsLast, key: key.child("order"))
    let batches = sampler.batchesPerEpoch
    let rows = { @Sendable (i: Int) -> [Int] in
      sampler.indices(epoch: i / batches, batch: i % batches).map { training[$0] }
    }
    let views = headViews(recipe, key: key.child("views"))
    let loader = PrefetchingLoader<Tensor<Float>?>(
      count: recipe.epochs * batches, depth: 2, workers: configuration.workers
    ) { i in try views(i / batches, rows(i)) }

    var best: (state: [NamedTensor<Float>], accuracy: Double, epoch: Int)?
    var (loss, latest) = (0.0, 0.0)
    for epoch in 0..<recipe.epochs {
      for batch in 0..<batches {
        guard let images = try loader.next() else { break }
        let chosen = rows(epoch * batches + batch)
        let h =
          images.map { standard(encoder.backbone(Variable($0), mode: .evaluation).value) }
          ?? cached.features.gathered(rows: chosen)
        let value = crossEntropy(
          head(Variable(h), mode: .training), labels: chosen.map { cached.labels[$0] })
        value.backward()
        optimizer.step(learningRate: recipe.rates[epoch])
        loss = Double(value.value.scalar)
      }
      guard loss.isFinite else {
        throw TrainingError(
          "the loss of the head is \(loss) in epoch \(epoch + 1)",
          remedy: "use --protocol convex, which has no learning rate")
      }
      var line = "epoch \(epoch + 1)/\(recipe.epochs): loss \(RunProgress.number(loss))"
      if let judge {
        latest = topAccuracy(head(Variable(judge.features), mode: .evaluation).value, judge.labels)
        line += ", \(RunProgress.number(100 * latest)) % on the images it is chosen on"
        if latest > best?.accuracy ?? -1 {
          best = (head.stateDictionary(), latest, epoch + 1)
        }
      }
      say(line)
    }
    if let best { try head.load(best.state) }
    return TrainedHead(
      head: head, epoch: best?.epoch ?? recipe.epochs, chosenAt: best?.accuracy, lastLoss: loss,
      atLastEpoch: judge == nil ? nil : latest)
  }

  /// Makes the views of a batch; nil where features are kept.
  private func headViews(
    _ recipe: HeadRecipe, key: RandomKey
  ) -> @Sendable (_ epoch: Int, _ images: [Int]) throws -> Tensor<Float>? {
    let (images, size) = (data.labelled, configuration.imageSize)
    let normalization = PixelNormalization(data.statistics)
    let crop = RandomResizedCrop(area: 0.08...1)
    return { epoch, indices in
      if recipe.views == .cached { return nil }
      return normalization.tensor(
        try indices.map { index in
          let image = try images.image(index)
          let draw = key.child(epoch).child(index)
          if case .augmented(let policy) = recipe.views {
            return policy(image, size: size, key: draw)
          }
          var stream = RandomStream(draw)
          let box = crop.draw(width: image.width, height: image.height, from: &stream)
          var steps: [AugmentationStep] = [
            .crop(box: box), .resize(width: size, height: size, filter: .bilinear),
          ]
          if stream.uniform() < 0.5 { steps.append(.flip) }
          return image.applying(steps)
        })
    }
  }
}
