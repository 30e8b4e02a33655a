// Softmax, its logarithm, and the cross-entropy of classification.
//
// Formula    y = softmax x:      dX = y (dY − Σ dY y)         per row
//            y = log softmax x:  dX = dY − softmax x · Σ dY
//            cross-entropy = −N⁻¹ Σₙ log softmax(xₙ)[labelₙ]
// Read       Kernels/Softmax.swift ← this file → Training/LinearProbe.swift

import Kernels
import Tensors

/// Softmax along the last axis.
public func softmax<S>(_ x: Variable<S>) -> Variable<S> {
  let y = softmax(x.value, logarithm: false)
  return Variable(
    y,
    pullbacks: [
      (
        x,
        { dY in
          let last = y.rank - 1
          return y * (dY - (dY * y).sum(over: last, keepingAxes: true))
        }
      )
    ])
}

/// The logarithm of softmax along the last axis.
public func logSoftmax<S>(_ x: Variable<S>) -> Variable<S> {
  let y = softmax(x.value, logarithm: true)
  return Variable(
    y,
    pullbacks: [
      (
        x,
        { dY in dY - y.map(.exponential) * dY.sum(over: y.rank - 1, keepingAxes: true) }
      )
    ])
}

/// The mean negative log-likelihood of the labels.
///
/// - Parameters:
///   - logits: `[batch, classes]`.
///   - labels: One class a row, in 0..<classes.
/// - Returns: `[]`, in nats.
public func crossEntropy<S>(_ logits: Variable<S>, labels: [Int]) -> Variable<S> {
  let (rows, classes) = (logits.shape[0], logits.shape.last ?? 0)
  require(
    logits.shape.count == 2 && labels.count == rows
      && labels.allSatisfy { $0 >= 0 && $0 < classes },
    """
    crossEntropy: logits \(logits.shape) and \(labels.count) labels.
      To mend: [batch, classes], and one label in 0..<\(classes) for each row.
    """)
  var chosen = [S](repeating: 0, count: rows * classes)
  for (row, label) in labels.enumerated() { chosen[row * classes + label] = -1 / S(rows) }
  return (logSoftmax(logits) * Variable(Tensor([rows, classes], chosen))).sum()
}

private func softmax<S>(_ x: Tensor<S>, logarithm: Bool) -> Tensor<S> {
  let columns = x.shape.last ?? 0
  let y = Buffer<S>(uninitialized: x.count)
  softmax(
    x.buffer, rows: x.count / max(1, columns), columns: columns, logarithm: logarithm, into: y)
  return Tensor(shape: x.shape, buffer: y)
}

extension GradientCase {
  static let softmaxes = [
    GradientCase("softmax", at: [3, 5], in: -2...2) { softmax($0[0]) },
    GradientCase("logSoftmax", at: [2, 2, 4], in: -2...2) { logSoftmax($0[0]) },
    GradientCase("crossEntropy", at: [4, 3], in: -2...2) {
      crossEntropy($0[0], labels: [0, 2, 1, 2])
    },
  ]
}
