import Formats
import Foundation
import Testing

@testable import Training

@Suite("Replays of the main job") struct PreTrainingReplayTests {
  @Test(
    "in Float a replay takes the very steps of a training run",
    arguments: [[], ["encoder.batch_norm=together"], ["gradient_clip_val=0.5"]])
  func sameBits(extra: [String]) throws {
    let configuration = try Configuration(
      yaml: Configuration.builtIn,
      overrides: [
        "batch_size=8", "dataset.train_images=24", "dataset.test_images=8", "epochs=2",
        "encoder.backbone=resnet8", "encoder.out_dim=16-16",
      ] + extra)
    let run = try PreTraining(configuration, data: DataSource(configuration))
    let replay = try PreTrainingReplay<Float>(
      configuration, data: DataSource(configuration))
    let loader = run.remainingBatches()
    var steps = 0
    while let batch = try loader.next() {
      let record = try run.step(batch)
      let step = try #require(try replay.step())
      #expect(Double(step.objective.total.value.scalar) == record.loss)
      #expect(step.learningRate == record.learningRate)
      steps += 1
    }
    #expect(steps == 6)
    #expect(try replay.step() == nil)
    for (ours, theirs) in zip(replay.encoder.stateDictionary(), run.encoder.stateDictionary()) {
      #expect(ours.name == theirs.name)
      #expect(ours.tensor.scalars == theirs.tensor.scalars, "\(ours.name)")
    }
  }
}
