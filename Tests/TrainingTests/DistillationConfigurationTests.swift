import Formats
import Foundation
import Networks
import Testing

@testable import Training

@Suite("Configuration of distillation") struct DistillationConfigurationTests {
  @Test("a method brings its own optimiser, schedule and views, and any key overrides them")
  func defaults() throws {
    let seed = try Configuration(yaml: "method: seed")
    #expect(seed.optimizer == .sgd && seed.learningRate == 0.03 && seed.weightDecay == 1e-4)
    #expect(seed.scheduler == .seed && seed.epochs == 200 && seed.policy == .mocoV2)
    let simReg = try Configuration(yaml: "lr: 0.1\n", overrides: ["method=simreg"])
    #expect(simReg.learningRate == 0.1 && simReg.scheduler == .epochCosine)
    #expect(simReg.epochs == 130 && simReg.policy == .weak)
    #expect(try Configuration(yaml: "").optimizer == .adam)
    for c in [seed, simReg] {
      #expect(try Configuration(yaml: c.yaml()) == c)
    }
  }

  @Test(
    "choices that exclude each other are refused",
    arguments: [
      (["encoder.backbone=mobilenet_v2", "encoder.small_kernel=true"], "small_kernel"),
      (["encoder.backbone=cifar_resnet20", "encoder.recompute=true"], "recompute"),
      (["encoder.backbone=ViT-B-16", "dataset.size=50"], "multiple of its patch"),
      (["method=seed", "distill.queue=16", "batch_size=32"], "distill.queue"),
      (["method=simreg", "distill.patches=2"], "method: seed"),
      (["method=seed", "encoder.chunk=8"], "encoder.chunk"),
      (["scheduler=hold_cosine", "warmup_epochs=20", "epochs=20"], "warmup_epochs"),
      (["method=sead"], "did you mean 'seed'"),
      (["teacher.network=resnet51"], "resnet50"),
      (["encoder.backbone=mobilenet_v4"], "mobilenet_v2"),
    ] as [([String], String)])
  func refused(overrides: [String], word: String) {
    do {
      _ = try Configuration(yaml: "", overrides: overrides)
      Issue.record("\(overrides) was accepted")
    } catch { #expect("\(error)".contains(word), "\(error)") }
  }

  // The values of SEED's and SimReg's released schedules, from their formulas evaluated in PyTorch's code.
  @Test("SEED's schedule holds, or glides to its scaled rate, then falls without being re-based")
  func seedSchedule() {
    func rate(_ m: Double, _ epoch: Int) -> Double {
      let schedule = Schedule.seed(stepsPerEpoch: 3, epochs: 200, warmupEpochs: 5, scale: m)
      return schedule.learningRate(step: 3 * epoch + 2, base: 0.03)
    }
    let rates: [(scale: Double, epoch: Int, rate: Double)] = [
      (1, 0, 0.03), (1, 4, 0.03), (1, 5, 0.02995376), (1, 100, 0.015), (1, 199, 1.85e-6),
      (16, 0, 0.03), (16, 1, 0.12), (16, 4, 0.39), (16, 5, 0.47926),
      (1 / 16, 1, 0.024375), (1 / 16, 4, 0.0075), (1 / 16, 5, 0.001872),
    ]
    for (m, epoch, expected) in rates {
      #expect(abs(rate(m, epoch) - expected) < 2e-3 * expected, "\(m), \(epoch)")
    }
  }

  @Test("SimReg's schedule is a half wave over epochs")
  func simRegSchedule() {
    let schedule = Schedule.epochCosine(stepsPerEpoch: 4, epochs: 130)
    for (epoch, expected) in [(0, 0.05), (1, 0.0499927), (65, 0.025), (129, 7.3e-6)] {
      let rate = schedule.learningRate(step: 4 * epoch + 1, base: 0.05)
      #expect(abs(rate - expected) < 2e-3 * expected)
    }
  }

  @Test(
    "distillation holds its rate, then falls to 0; the released counter runs through waves (D10)")
  func distillationSchedules() {
    let hold = Schedule.holdCosine(holdSteps: 10, totalSteps: 30)
    #expect(hold.learningRate(step: 9, base: 1) == 1 && hold.learningRate(step: 10, base: 1) == 1)
    #expect(abs(hold.learningRate(step: 20, base: 1) - 0.5) < 1e-15)
    #expect(hold.learningRate(step: 30, base: 1) < 1e-15)
    let released = Schedule.releasedDistillation(
      batches: 410, validationBatches: 31, holdEpochs: 10)
    func half(_ c: Int) -> Double { 0.5 * (1 + cos(.pi * Double(c) / 410)) }
    for (step, counter) in [
      (0, 0), (409, 0), (410, 1), (4099, 9), (4100, 11), (4101, 12), (4510, 453), (4511, 454),
    ] {
      #expect(abs(released.learningRate(step: step, base: 1) - half(counter)) < 1e-12, "\(step)")
    }
  }
}
