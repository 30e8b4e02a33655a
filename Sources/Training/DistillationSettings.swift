// What a run with a teacher is asked for: which teacher, what it sees, and each method's own numbers.
//
// Source     MV-MR §5.2; SEED (Fang et al., ICLR 2021); SimReg (Navaneet et al., BMVC 2021); their released code
// Defaults   A method brings its own optimiser, rate, schedule, epochs and views (`defaults`), which a key in a
//            file or on the command line overrides. Those of mv-mr are the defaults of every key.
// Errata     D10, D17: the schedule and the teacher's input of the released distillation
// Read       ConfigurationField.swift ← this file → TrainingMethod.swift
// Tests      Tests/TrainingTests/DistillationConfigurationTests.swift

import Images
import Networks
import Objectives

/// What is trained.
public enum MethodName: String, CaseIterable, Sendable {
  /// Eq. (10), with hand-crafted representations or with a teacher.
  case mvmr = "mv-mr"
  /// Similarity distillation from a teacher, with a queue.
  case seed
  /// Regression of a teacher's features.
  case simReg = "simreg"
  /// The baselines: two random views, no teacher.
  case vicReg = "vicreg"
  case barlowTwins = "barlow-twins"
  case byol
  case simSiam = "simsiam"

  /// Whether there is nothing to train without a teacher.
  public var needsTeacher: Bool { self == .seed || self == .simReg }
  /// Whether it can learn from one.
  public var takesTeacher: Bool { needsTeacher || self == .mvmr }

  /// As papers write it.
  public var title: String {
    switch self {
    case .mvmr: "MV-MR"
    case .seed: "SEED"
    case .simReg: "SimReg"
    case .vicReg: "VICReg"
    case .barlowTwins: "Barlow Twins"
    case .byol: "BYOL"
    case .simSiam: "SimSiam"
    }
  }

  /// What its curves show.
  var terms: [String] {
    switch self {
    case .mvmr: ["loss"]
    case .seed: ["SEED", "KL", "SEED_patches", "KL_patches"]
    case .simReg: ["SimReg"]
    case .vicReg: ["loss", "MSE", "STD", "COV"]
    case .barlowTwins: ["loss", "diagonal", "off_diagonal"]
    case .byol: ["BYOL"]
    case .simSiam: ["SimSiam"]
    }
  }
}

/// How a view becomes a teacher's input (D17).
public enum TeacherInputName: String, CaseIterable, Sendable {
  /// From bytes, as the teacher's own evaluation does.
  case native
  /// The student's tensor, enlarged without antialiasing, in the teacher's statistics.
  case upsampled
  /// The student's tensor, enlarged without antialiasing, in the student's statistics.
  case releasedCode = "released-code"
}

/// Which view a teacher sees in seed and simreg; in mv-mr it always sees the original.
public enum TeacherViewName: String, CaseIterable, Sendable {
  /// The student's own.
  case student
  /// One drawn for it.
  case independent
  /// The image itself, as with features that were computed beforehand.
  case original
}

/// Statistics that can be named.
public enum StatisticsName: String, CaseIterable, Sendable {
  case imageNet = "imagenet"
  case cifar, clip

  /// The numbers.
  public var statistics: ChannelStatistics {
    switch self {
    case .imageNet: .imageNet
    case .cifar: .cifar
    case .clip: .clip
    }
  }
}

/// The teacher of a run.
public struct TeacherSettings: Sendable, Hashable {
  public var path: String?
  /// Which network the file holds; a run's checkpoint knows it.
  public var network: NetworkName?
  public var names: String?
  public var output = EncoderOutput.features
  /// Found out from the file, written into the run's configuration, and checked when it goes on.
  public var width: Int?
  public var digest: String?
  public var input = TeacherInputName.native
  public var side: Int?
  public var resize: Int?
  public var statistics: StatisticsName?
  public var view = TeacherViewName.student
  public var policy = AugmentationPolicy.weak
}

/// Numbers of SEED and SimReg.
public struct DistillationSettings: Sendable, Hashable {
  /// K.
  public var queue = 65536
  /// τ_S and τ_T (S1 of SEED's code: there τ_T is 1e-4).
  public var temperatures = SEEDTemperatures.paper
  /// Hidden width of SEED's head; nil: the backbone's features.
  public var hidden: Int?
  /// M small patches an image; 0 for none.
  public var patches = 0
  public var patchSize = 96
  public var patchPolicy = AugmentationPolicy.swavSmall
  public var head = SimRegHeadShape.fourLayers
  public var squaredDifference = SquaredDifferenceScale.batch
  /// m of SEED's schedule.
  public var rateScale = 1.0
}

/// Numbers of the baselines.
public struct BaselineSettings: Sendable, Hashable {
  /// Hidden width of the predictor; nil: a quarter of the embedding in SimSiam, 4096 in BYOL.
  public var hidden: Int?
  /// τ₀ of BYOL.
  public var momentum = 0.996
  /// λ of Barlow Twins (B2).
  public var redundancy = 0.005
}

extension MethodName {
  /// Sets what a method brings along.
  func setDefaults(_ c: inout Configuration) {
    switch self {
    case .mvmr, .vicReg, .barlowTwins, .byol, .simSiam: break
    case .seed:
      (c.optimizer, c.learningRate, c.weightDecay) = (.sgd, 0.03, 1e-4)
      (c.scheduler, c.warmupEpochs, c.epochs) = (.seed, 5, 200)
      c.policy = .mocoV2
    case .simReg:
      (c.optimizer, c.learningRate, c.weightDecay) = (.sgd, 0.05, 1e-4)
      (c.scheduler, c.warmupEpochs, c.epochs) = (.epochCosine, 0, 130)
      c.policy = .weak
    }
  }
}
