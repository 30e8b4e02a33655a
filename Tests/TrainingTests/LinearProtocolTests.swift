import Formats
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Linear protocols", .serialized) struct LinearProtocolTests {
  @Test("the optimum is scikit-learn's", arguments: ["logistic 4", "logistic 2", "logistic 7"])
  func optimum(name: String) throws {
    let stored = try EvaluationFixture.stored()
    let settings = try stored.values("\(name) settings")
    let (n, d, classes) = (Int(settings[0]), Int(settings[1]), Int(settings[2]))
    let data = EvaluationFixture.clouds(n, d, classes: classes)
    let probe = LinearProbe(
      data.features.converted(to: Double.self), data.labels, classes, settings[3],
      tolerance: 1e-11, iterations: 2000)
    #expect(probe.minimum.largestSlope <= 1e-11)
    // A slope of 1e-11 over a curvature of at least the penalty, 1e-3: 1e-8 apart at most.
    #expect(relativeError(probe.weight.scalars, try stored.values("\(name) weight")) < 1e-8)
    let mean = probe.bias.scalars.reduce(0, +) / Double(classes)
    #expect(
      relativeError(probe.bias.scalars.map { $0 - mean }, try stored.values("\(name) bias")) < 1e-8)
    #expect(abs(probe.minimum.value - (try stored.values("\(name) loss")[0])) < 1e-13)
  }

  @Test("the label is among the top k exactly where fewer than k logits stand before it")
  func top() {
    let logits = Tensor<Double>([3, 4], [3, 1, 2, 0, 1, 1, 1, 1, 0, 1, 2, 3])
    let labels = [2, 2, 0]
    #expect(topAccuracy(logits, labels) == 0)
    #expect(topAccuracy(logits, labels, top: 2) == 1 / 3.0)
    #expect(topAccuracy(logits, labels, top: 3) == 2 / 3.0)  // equals: the lower class is first
    #expect(topAccuracy(logits, labels, top: 4) == 1)
  }

  @Test("every fifth image of each class is held out, even when classes lie one after the other")
  func held() {
    let labels = (0..<30).map { $0 / 10 }
    let (rest, held) = holdingOut(oneIn: 5, of: labels)
    let expected: [Int] = [4, 9, 14, 19, 24, 29]
    #expect(held == expected && rest.count == 24 && Set(rest + held).count == 30)
    #expect(holdingOut(oneIn: 5, of: [0, 1, 2]).held.isEmpty)
  }

  @Test("rates are the ones the released codes compute")
  func rates() {
    let seed = HeadRecipe.seed(batchSize: 32)
    let warm: [Double] = [30, 24.75, 19.5, 14.25, 9]
    #expect(relativeError(Array(seed.rates[..<5]), warm) < 1e-12)
    for (epoch, rate) in [(5, 3.75), (59, 3.75), (60, 0.375), (80, 0.0375), (99, 0.0375)] {
      #expect(abs(seed.rates[epoch] - rate) < 1e-12)
    }
    let simReg = HeadRecipe.simReg()
    #expect(simReg.rates.count == 40 && simReg.rates[14] == 0.01 && simReg.rates[15] == 0.001)
    #expect(abs(simReg.rates[30] - 1e-4) < 1e-15)
    let official = HeadRecipe.official(batchSize: 256)
    #expect(official.rates[0] == 1e-3 && abs(official.rates[50] - 5e-4) < 1e-15)
    #expect(official.rates[99] > 0 && official.rates[99] < 1e-6)
  }

  @Test("SimReg's standard: unit length, then the training images' mean and unbiased variance")
  func standard() {
    let x = Tensor<Float>([3, 2], [3, 4, 0, 2, 5, 0])
    let u: [[Double]] = [[0.6, 0.8], [0, 1], [1, 0]]
    let standard = FeatureStandard(x, standardises: true)
    let values = standard(x).scalars
    for j in 0..<2 {
      let mean = (u[0][j] + u[1][j] + u[2][j]) / 3
      let variance = u.reduce(0) { $0 + ($1[j] - mean) * ($1[j] - mean) } / 2
      for i in 0..<3 {
        let expected = (u[i][j] - mean) / (variance + 1e-5).squareRoot()
        #expect(abs(Double(values[2 * i + j]) - expected) < 1e-6)
      }
    }
    #expect(FeatureStandard(x, standardises: false)(x) == x)
  }

  @Test("each protocol tells what it did, and does it again to the bit")
  func protocols() throws {
    try TinyRun.withDirectory { directory in
      let folder = "\(directory)/run"
      _ = try PreTrainingRun(
        TinyRun.configuration("dataset.train_images=160", "epochs=1", "warmup_epochs=0"),
        output: folder
      ).run()
      let encoder = try EvaluatedEncoder(folder)
      #expect(encoder.weights.count == 64)

      let convex = try encoder.evaluateConvex(tolerance: 1e-3)
      #expect(convex.split.training == 160 && convex.split.test == 32)
      #expect((convex.settings["largest_slope"]?.double ?? 1) <= 1e-3)
      let top1 = try #require(convex.metrics["top1"]?.double)
      let top5 = try #require(convex.metrics["top5"]?.double)
      #expect((0...1).contains(top1) && top5 >= top1)

      let online = try encoder.evaluateOnlineHead()
      #expect(online.views.contains("ten crops") && online.protocolName == "linear official")

      var recipe = HeadRecipe.official(batchSize: 16, epochs: 3)
      let released = try encoder.evaluateHead(recipe, choice: .test, seed: 1)
      #expect(released.epochChoice.contains("ON THE TEST SET"))
      #expect(released.split == .init(training: 160, test: 32))
      let last = try #require(released.metrics["last_epoch_top1"]?.double)
      #expect(try #require(released.metrics["top1"]?.double) >= last)
      #expect(try encoder.evaluateHead(recipe, choice: .test, seed: 1) == released)
      recipe.name = "seed"
      recipe.views = .cropped
      let held = try encoder.evaluateHead(recipe, choice: .validation, seed: 1)
      #expect(held.split.validation > 0 && held.split.training + held.split.validation == 160)
      #expect(held.metrics["validation_top1"] != nil && held.metrics["last_epoch_top1"] == nil)
      let simReg = try encoder.evaluateHead(
        .simReg(batchSize: 16, epochs: 4), choice: .last, seed: 1)
      #expect(simReg.metrics["epoch"]?.integer == 4 && simReg.split.validation == 0)
      // Written and read, a record is the same.
      try convex.append(to: encoder.resultsFile)
      try simReg.append(to: encoder.resultsFile)
      let table = try ResultsTable([directory])
      #expect(table.records == [convex, simReg])
    }
  }
}
