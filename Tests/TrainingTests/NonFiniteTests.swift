// A number that is not finite stops the run in its own step, and the trap names where it arose.

import Datasets
import Formats
import Kernels
import Tensors
import Testing

@testable import Training

@Suite("Numbers that are not finite") struct NonFiniteTests {
  private func start(_ overrides: String...) throws -> (run: PreTraining, batch: PreTrainingBatch) {
    let c = try Configuration(yaml: TinyRun.yaml, overrides: overrides)
    let run = try PreTraining(c, data: DataSource(c))
    return (run, try #require(try run.remainingBatches().next()))
  }

  private func message(_ run: PreTraining, _ batch: PreTrainingBatch) -> String {
    do {
      _ = try run.step(batch)
      return "no error"
    } catch { return "\(error)" }
  }

  /// A batch with one broken pixel.
  private func broken(_ batch: PreTrainingBatch) -> PreTrainingBatch {
    var x = batch.original
    x[3, 5, 7, 1] = .infinity
    return PreTrainingBatch(
      epoch: 0, batch: 0, indices: batch.indices, labels: batch.labels, original: x,
      augmented: batch.augmented, augmentedPixels: batch.augmentedPixels)
  }

  @Test("without the trap the step is named, and the parameters stay as they were")
  func plain() throws {
    let (run, batch) = try start()
    let before = run.encoder.parameters.filter(\.parameter.isTrained).map(\.parameter.value)
    let text = message(run, broken(batch))
    #expect(text.contains("step 1 (epoch 0, batch 0): the loss is "), "\(text)")
    #expect(text.contains("DC_zz") && text.contains("--trap-nonfinite"))
    #expect(run.encoder.parameters.filter(\.parameter.isTrained).map(\.parameter.value) == before)
  }

  @Test("with the trap the operation, its inputs and the index are named")
  func trapped() throws {
    let (run, batch) = try start()
    run.trapsNonFinite = true
    let text = message(run, broken(batch))
    // The augmented view passes first and is whole; the stem meets the broken pixel.
    #expect(text.contains("conv2D, forward: the result [16, 16, 16, "), "\(text)")
    #expect(text.contains("from [16, 16, 16, 3], inf at [3, 5, 7, 1], [3, 3, 3, "), "\(text)")
    #expect(text.contains("step 1"))
  }

  @Test("a planted parameter is found where it is used", arguments: ["projector.0", "layer2"])
  func parameter(name: String) throws {
    let (run, batch) = try start()
    run.trapsNonFinite = true
    let one = try #require(
      run.encoder.parameters.first { $0.name.contains(name) && $0.parameter.isTrained })
    one.parameter.value = one.parameter.value * .nan
    let text = message(run, batch)
    let operation = one.name.contains("projector") ? "matmul" : "conv2D"
    #expect(text.contains("\(operation), forward"), "\(one.name): \(text)")
  }

  @Test("every term that is planted with a NaN stops the same step", arguments: [true, false])
  func degenerate(traps: Bool) throws {
    let (run, batch) = try start("loss.degenerate=nan", "features=[full_img]")
    run.trapsNonFinite = traps
    let constant = PreTrainingBatch(
      epoch: 0, batch: 0, indices: batch.indices, labels: batch.labels,
      original: batch.original * 0, augmented: batch.augmented, augmentedPixels: nil)
    #expect(message(run, constant).contains("not finite in step 1"))
  }

  @Test("the trap changes no bit, also when parts are computed again in backward")
  func bits() throws {
    func run(_ traps: Bool, _ recompute: Bool) throws -> [UInt32] {
      let c = try Configuration(
        yaml: TinyRun.yaml, overrides: ["encoder.recompute=\(recompute)"])
      let run = try PreTraining(c, data: DataSource(c))
      run.trapsNonFinite = traps
      let loader = run.remainingBatches()
      for _ in 0..<3 { if let batch = try loader.next() { _ = try run.step(batch) } }
      return TinyRun.bits(run)
    }
    for recompute in [false, true] { #expect(try run(true, recompute) == run(false, recompute)) }
  }
}
