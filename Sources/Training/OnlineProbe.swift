// The online probe: a linear head that learns beside the encoder and never touches it.
//
// Source     MV-MR released code: cross-entropy, Adam at 1e-4, one step a batch, on features whose
//            gradient is cut
// Use        A cheap curve of how good the features are, while they are being learned.
// Errata     D34: the released code passes a labelled batch through the encoder in training mode and
//            so moves its running statistics; here labelled batches pass in evaluation mode.
// Read       Networks/Linear.swift ← this file → PreTraining.swift

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors

/// A linear head on detached features, with its optimiser.
final class OnlineProbe {
  let head: Linear<Float>
  let optimizer: Optimizer<Float>
  private let learningRate: Double

  init(features: Int, classes: Int, learningRate: Double, key: RandomKey) {
    head = Linear(inputs: features, outputs: classes, key: key)
    optimizer = Optimizer(.adam, of: head)
    self.learningRate = learningRate
  }

  /// One step on a batch of features; rows without a label are left out.
  ///
  /// - Returns: Loss in nats and accuracy before the step, or nil if no row has a label.
  func step(_ h: Tensor<Float>, labels: [Int]) -> (loss: Double, accuracy: Double)? {
    let rows = labels.indices.filter { labels[$0] >= 0 }
    guard !rows.isEmpty else { return nil }
    let chosen = rows.map { labels[$0] }
    let logits = head(Variable(h.gathered(rows: rows)), mode: .training)
    let loss = crossEntropy(logits, labels: chosen)
    loss.backward()
    optimizer.step(learningRate: learningRate)
    return (Double(loss.value.scalar), topAccuracy(logits.value, chosen))
  }

  /// Accuracy on features that are not trained on.
  func accuracy(on test: LabelledFeatures) -> Double {
    topAccuracy(head(Variable(test.features), mode: .evaluation).value, test.labels)
  }
}
