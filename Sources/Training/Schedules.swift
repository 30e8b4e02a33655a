// Learning-rate schedules, one value for every optimiser step.
//
// Source     MV-MR released configurations; SGDR (Loshchilov & Hutter, ICLR 2017) for the cosine
// Formula    warm-up cosine: η_t = η_min + (η − η_min) t/W                       t < W
//                            η_t = η_min + ½(η − η_min)(1 + cos π (t − W)/(T − W))   t ≥ W
//            cosine:         the same with W = 0
//            multistep:      η · γ^(milestones passed), by epoch
//            T steps in the run, W steps of warm-up, η_min = 1e-6
// Errata     D11: the released horizon counts micro-batches; here it counts the optimiser's steps, unless
//            `ScheduleHorizon.releasedCode` is chosen.
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

  /// The schedule of a configuration.
  ///
  /// - Parameters:
  ///   - configuration: Its name, lengths in epochs, and horizon.
  ///   - batchesPerEpoch: Batches of an epoch.
  init(_ configuration: Configuration, batchesPerEpoch: Int) {
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
    }
  }

  private static func descent(_ step: Int, _ total: Int, _ base: Double) -> Double {
    let progress = min(1, Double(step) / Double(max(1, total)))
    return minimum + 0.5 * (base - minimum) * (1 + Elementary.cosine(Double.pi * progress))
  }
}
