// The recorded digests of twenty training steps: a change of one bit anywhere shows here.
//
// Recorded   Tests/Reference/fixtures/fingerprint.json, one for each number type and vector width, by
//            `mvmr fingerprint`; a change of arithmetic that is meant replaces them (docs/determinism.md)

import Kernels
import TestSupport
import Testing

@testable import Training

@Suite("Fingerprint of training", .serialized) struct FingerprintTests {
  private func recorded(_ line: String) throws -> Bool {
    try Fixture("fingerprint").text("lines").contains(line)
  }

  @Test("20 steps give the recorded digest, with 1, 2 and 3 threads", arguments: [1, 2, 3])
  func threads(count: Int) throws {
    defer { ThreadTeam.count = 0 }
    ThreadTeam.count = count
    let single = try TrainingFingerprint(steps: 20, of: Float.self)
    let double = try TrainingFingerprint(steps: 20, of: Double.self)
    #expect(try recorded(single.line), "\(single.line)")
    #expect(try recorded(double.line), "\(double.line)")
    #expect(single.losses.allSatisfy { $0.isFinite } && Set(single.losses).count == 20)
    // Two precisions of one run, as long as rounding has not grown.
    #expect(abs(single.losses[0] - double.losses[0]) < 1e-3)
  }

  @Test("it is the run that PreTraining makes, bit by bit")
  func sameRun() throws {
    let c = try Configuration(
      yaml: Configuration.builtIn, overrides: TrainingFingerprint.overrides)
    let run = try PreTraining(c, data: DataSource(c))
    let loader = run.remainingBatches()
    var losses: [Double] = []
    while losses.count < 3, let batch = try loader.next() {
      losses.append(try run.step(batch).loss)
    }
    #expect(try TrainingFingerprint(steps: 3, of: Float.self).losses == losses)
  }

  @Test("one step more is another digest, and more steps than there are is an error")
  func steps() throws {
    let (a, b) = try (
      TrainingFingerprint(steps: 2, of: Float.self), TrainingFingerprint(steps: 3, of: Float.self)
    )
    #expect(a.digest != b.digest && a.digest.count == 64 && b.losses.starts(with: a.losses))
    #expect(throws: TrainingError.self) { try TrainingFingerprint(steps: 41, of: Float.self) }
  }
}
