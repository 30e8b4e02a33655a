import Formats
import Foundation
import TestSupport
import Testing

@testable import Training

@Suite("Learning-rate range test", .serialized) struct LearningRateRangeTestTests {
  /// A loss that falls, turns and explodes.
  static func losses(_ count: Int) -> [Double] {
    let noise = EvaluationFixture.u(count, offset: 50)
    return (0..<count).map { (k: Int) -> Double in
      let t = Double(k) / 100
      let fall = 3 - 2 * t * t * (3 - 2 * t)
      let rise = k > 85 ? Double((k - 85) * (k - 85)) : 0
      return fall + rise + 0.1 * noise[k]
    }
  }

  @Test("rates, smoothing, the end and the suggestion are those of the finder, computed by NumPy")
  func golden() throws {
    let stored = try EvaluationFixture.stored()
    let rates = LearningRateRangeTest.rates(batches: 100)
    #expect(relativeError(rates, try stored.values("range test rates")) < 1e-14)
    let test = LearningRateRangeTest(rates: rates, losses: Self.losses(100))
    let smoothed = try stored.values("range test smoothed")
    #expect(test.smoothed.count == smoothed.count && smoothed.count < 100)
    #expect(relativeError(test.smoothed, smoothed) < 1e-13)
    let suggestion = try stored.values("range test suggestion")[0]
    #expect(abs((test.suggestion ?? 0) - suggestion) < 1e-14 * suggestion)
    #expect(test.hasExploded)
  }

  @Test("too few batches, a loss that only rises, and NaN give no suggestion")
  func nothing() {
    let rates = LearningRateRangeTest.rates(batches: 40)
    #expect(LearningRateRangeTest(rates: rates, losses: [1, 2, 3]).suggestion == nil)
    let rising = (0..<40).map { 1 + 0.01 * Double($0) }
    #expect(LearningRateRangeTest(rates: rates, losses: rising).suggestion == nil)
    let broken = [Double](repeating: .nan, count: 40)
    #expect(LearningRateRangeTest(rates: rates, losses: broken).suggestion == nil)
  }

  @Test("afterwards everything is what it was, to the bit, and the run goes on as without it")
  func restored() throws {
    let c = try TinyRun.configuration("epochs=8", "accumulate_grad_batches=2")
    func training(testing: Bool) throws -> PreTraining {
      let training = try PreTraining(c, data: DataSource(c))
      func advance(_ steps: Int) throws {
        let loader = training.remainingBatches()
        for _ in 0..<steps { if let batch = try loader.next() { _ = try training.step(batch) } }
      }
      try advance(4)
      if testing {
        let before = TinyRun.bits(training)
        let test = try training.learningRateRangeTest(batches: 15)
        #expect(test.losses.count > 2 && test.losses.count <= 15)
        let isBack = TinyRun.bits(training) == before
        #expect(isBack)
        #expect(training.position.step == 4 && training.rangeTestRate == nil)
      }
      try advance(4)
      return training
    }
    let (a, b) = (try training(testing: false), try training(testing: true))
    let same = TinyRun.bits(a) == TinyRun.bits(b)
    #expect(same)
    func bytes(_ training: PreTraining, _ directory: String) throws -> Data {
      try training.save(to: "\(directory)/x.safetensors")
      return try Data(contentsOf: URL(filePath: "\(directory)/x.safetensors"))
    }
    try TinyRun.withDirectory { directory in
      let (first, second) = (try bytes(a, directory), try bytes(b, directory))
      #expect(first == second)
    }
  }

  @Test("a run that is too short says so")
  func short() throws {
    let c = try TinyRun.configuration()
    let training = try PreTraining(c, data: DataSource(c))
    let error = #expect(throws: TrainingError.self) { try training.learningRateRangeTest() }
    #expect(error?.remedy.contains("epochs") == true)
  }
}
