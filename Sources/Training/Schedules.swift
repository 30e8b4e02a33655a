// Learning-rate schedules, one value for every optimiser step.
//
// Source     MV-MR released configurations; SGDR (Loshchilov & Hutter, ICLR 2017) for the cosine
// Formula    warm-up cosine: η_t = η_min + (η − η_min) t/W                       t < W
//                            η_t = η_min + ½(η − η_min)(1 + cos π (t − W)/(T − W))   t ≥ W
//            cosine:         the same with W = 0
//            multistep:      η · γ^(milestones passed), by epoch
//            hold cosine:    η for t < W, then ½ η (1 + cos π (t − W)/(T − W)): distillation
//            released distillation: ½ η (1 + cos π c/S), S batches an epoch; c = e in epochs e < W, from then
//                            on one more with every batch of training or validation and every epoch
//            SEED, once an epoch e of E: η + (η m − η) e/W for e < W, then ½ η m (1 + cos π e/E)
//            epoch cosine:   ½ η (1 + cos π e/E), once an epoch: SimReg
//            T steps in the run, W steps (or epochs) of warm-up, η_min = 1e-6
// Errata     D11: the released horizon counts micro-batches; here it counts the optimiser's steps, unless
//            `ScheduleHorizon.releasedCode` is chosen.
//            D10: the paper says "cosine" of distillation too; the released counter runs through a whole
//            period in less than two epochs. S7: SEED's warm-up begins at the rate that is not scaled by m.
//            D9: the paper says "cosine", the code warms up for 10 epochs first.
// Read       this file → PreTraining.swift
// Tests      Tests/TrainingTests/ScheduleTests.swift

import Kernels

/// What the length of a schedule counts; its position always counts optimiser steps (D11).
public enum ScheduleHorizon: String, CaseIterable, Sendable {
  /// The steps that will be taken.
  case optimizerSteps = "optimizer-steps"
  /// Batches: with k batches to a step the run ends after 1/k of the schedule.
  case releasedCode = "released-code"
}

/// How the learning rate moves during a run.
public enum Schedule: Sendable, Hashable {
  case warmupCosine(warmupSteps: Int, totalSteps: Int)
  case cosine(totalSteps: Int)
  /// The rate is multiplied by `factor` at each of the steps.
  case multistep(milestones: [Int], factor: Double)
  case holdCosine(holdSteps: Int, totalSteps: Int)
  /// Batches of an epoch, of a validation, and epochs that are held (D10).
  case releasedDistillation(batches: Int, validationBatches: Int, holdEpochs: Int)
  /// Once an epoch; `scale` is m.
  case seed(stepsPerEpoch: Int, epochs: Int, warmupEpochs: Int, scale: Double)
  /// Once an epoch.
  case epochCosine(stepsPerEpoch: Int, epochs: Int)

  /// The schedule of a configuration.
  ///
  /// - Parameters:
  ///   - configuration: Its name, lengths in epochs, and horizon.
  ///   - batchesPerEpoch: Batches of an epoch.
  ///   - testCount: Test images, of which the released distillation counts whole batches.
  init(_ configuration: Configuration, batchesPerEpoch: Int, testCount: Int = 0) {
    let k = configuration.accumulation
    let steps = (batchesPerEpoch + k - 1) / k
    let perEpoch = configuration.horizon == .releasedCode ? batchesPerEpoch : steps
    let total = configuration.epochs * perEpoch
    switch configuration.scheduler {
    case .warmupCosine:
      self = .warmupCosine(warmupSteps: configuration.warmupEpochs * perEpoch, totalSteps: total)
    case .cosine: self = .cosine(totalSteps: total)
    case .multistep:  // by epoch, in the released code too
      self = .multistep(
        milestones: configuration.milestones.map { $0 * steps }, factor: configuration.gamma)
    case .holdCosine:
      self = .holdCosine(holdSteps: configuration.warmupEpochs * perEpoch, totalSteps: total)
    case .releasedDistillation:
      self = .releasedDistillation(
        batches: steps, validationBatches: testCount / configuration.batchSize,
        holdEpochs: configuration.warmupEpochs)
    case .seed:
      self = .seed(
        stepsPerEpoch: steps, epochs: configuration.epochs,
        warmupEpochs: configuration.warmupEpochs, scale: configuration.distillation.rateScale)
    case .epochCosine: self = .epochCosine(stepsPerEpoch: steps, epochs: configuration.epochs)
    }
  }

  /// The smallest rate of the cosine schedules.
  public static let minimum = 1e-6

  /// The learning rate of a step.
  ///
  /// - Parameters:
  ///   - step: Optimiser steps taken before this one, from 0. Beyond the horizon the last rate holds.
  ///   - base: η.
  /// - Returns: ηₜ.
  public func learningRate(step: Int, base: Double) -> Double {
    switch self {
    case .warmupCosine(let warmup, let total):
      if step < warmup {
        return Schedule.minimum + (base - Schedule.minimum) * Double(step) / Double(warmup)
      }
      return Schedule.descent(step - warmup, total - warmup, base)
    case .cosine(let total):
      return Schedule.descent(step, total, base)
    case .multistep(let milestones, let factor):
      return milestones.filter { $0 <= step }.reduce(base) { rate, _ in rate * factor }
    case .holdCosine(let hold, let total):
      return step < hold ? base : Schedule.halfWave(step - hold, max(1, total - hold), base)
    case .releasedDistillation(let batches, let validation, let hold):
      let (epoch, batch) = (step / max(1, batches), step % max(1, batches))
      let counter =
        epoch < hold
        ? epoch : hold + (epoch - hold) * (batches + validation + 1) + batch + 1
      return 0.5 * base
        * (1 + Elementary.cosine(Double.pi * Double(counter) / Double(max(1, batches))))
    case .seed(let perEpoch, let epochs, let warmup, let scale):
      let epoch = step / max(1, perEpoch)
      if epoch < warmup {
        return base + (base * scale - base) * Double(epoch) / Double(warmup)
      }
      return Schedule.halfWave(epoch, epochs, base * scale)
    case .epochCosine(let perEpoch, let epochs):
      return Schedule.halfWave(step / max(1, perEpoch), epochs, base)
    }
  }

  /// ½ η (1 + cos π x/n), 0 from x = n on.
  private static func halfWave(_ x: Int, _ n: Int, _ base: Double) -> Double {
    0.5 * base * (1 + Elementary.cosine(Double.pi * min(1, Double(x) / Double(n))))
  }

  private static func descent(_ step: Int, _ total: Int, _ base: Double) -> Double {
    let progress = min(1, Double(step) / Double(max(1, total)))
    return minimum + 0.5 * (base - minimum) * (1 + Elementary.cosine(Double.pi * progress))
  }
}
