// Gradient checks of the losses of distillation and of the baselines.
//
// Read       ObjectiveGradientCases.swift ← this file → Tests/ObjectivesTests/ObjectiveGradientTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

extension GradientCase {
  static var baselineLosses: [GradientCase] {
    [
      GradientCase("cosineSimilarity", at: [5, 3], [5, 3]) { cosineSimilarity($0[0], $0[1]) },
      seed("seedLoss", .paper), seed("seedLoss, released code", .releasedCode),
      seed("seedLoss, soft", SEEDTemperatures(student: 0.5, teacher: 0.3)),
      GradientCase("seedMultiViewLoss", at: [3, 4], [6, 4]) {
        let soft = SEEDTemperatures(student: 0.4, teacher: 0.2)
        guard let queues = try? SEEDMultiViewQueue(whole: queue("a"), patches: queue("b")) else {
          fatalError("the two queues are of one shape")
        }
        return seedMultiViewLoss(
          whole: SEEDEmbeddings(student: $0[0], teacher: constant([3, 4], "whole")),
          patches: SEEDEmbeddings(student: $0[1], teacher: constant([6, 4], "patches")),
          queues: queues, temperatures: soft
        ).total
      },
      GradientCase("simRegLoss", at: [4, 5]) {
        simRegLoss($0[0], teacher: constant([4, 5], "teacher"))
      },
      GradientCase("simRegLoss, two teachers, per dimension", at: [4, 5], [4, 3]) {
        simRegLoss(
          [$0[0], $0[1]], teachers: [constant([4, 5], "one"), constant([4, 3], "two")],
          scale: .mean)
      },
      GradientCase("covariancePenalty", at: [5, 4]) { covariancePenalty($0[0]) },
      GradientCase("vicRegLoss", at: [5, 4], [5, 4]) { vicRegLoss($0[0], $0[1]).total },
      GradientCase("vicRegLoss, paper", at: [5, 4], [5, 4]) {
        vicRegLoss($0[0], $0[1], settings: .paper).total
      },
      GradientCase("crossCorrelation", at: [6, 3], [6, 3]) { crossCorrelation($0[0], $0[1]) },
      GradientCase("barlowTwinsLoss", at: [6, 3], [6, 3]) { barlowTwinsLoss($0[0], $0[1]).total },
      GradientCase("byolLoss", at: [4, 3], [4, 3]) {
        byolLoss(
          predictions: ($0[0], $0[1]),
          targets: (constant([4, 3], "first"), constant([4, 3], "second")))
      },
      // The projections are constants: differences would see what sg hides.
      GradientCase("simSiamLoss", at: [4, 3], [4, 3]) {
        simSiamLoss(
          predictions: ($0[0], $0[1]),
          projections: (
            Variable(constant([4, 3], "first")), Variable(constant([4, 3], "second"))
          ))
      },
    ]
  }

  private static func seed(_ name: String, _ temperatures: SEEDTemperatures) -> GradientCase {
    GradientCase(name, at: [4, 4]) {
      seedLoss(
        $0[0], teacher: constant([4, 4], "teacher"), queue: queue("queue"),
        temperatures: temperatures
      ).total
    }
  }

  private static func constant(_ shape: [Int], _ name: String) -> Tensor<Double> {
    Tensor.normal(shape, key: RandomKey(seed: 5).child(name))
  }

  private static func queue(_ name: String) -> SEEDQueue<Double> {
    SEEDQueue(capacity: 7, width: 4, key: RandomKey(seed: 6).child(name))
  }
}
