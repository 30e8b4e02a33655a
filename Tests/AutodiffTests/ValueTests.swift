// Values of operations against their formulas in the standard library's functions.
//
// Why        A gradient check compares an operation with itself: it cannot see a wrong value.

import Foundation
import Kernels
import Tensors
import Testing

@testable import Autodiff

@Suite("Values of operations") struct ValueTests {
  let x: [Double] = [-2.5, -1, -0.3, 0.1, 0.7, 1.9]

  @Test("functions of one scalar")
  func functions() {
    let positive = x.map { abs($0) }
    let pairs: [(String, Variable<Double>, [Double])] = [
      ("exp", variable(x).exponential(), x.map { exp($0) }),
      ("log", variable(positive).logarithm(), positive.map { log($0) }),
      ("√", variable(positive).squareRoot(), positive.map { $0.squareRoot() }),
      ("x²", variable(x).squared(), x.map { $0 * $0 }),
      ("|x|", variable(x).magnitude(), positive),
      ("1/x", variable(x).reciprocal(), x.map { 1 / $0 }),
      ("tanh", variable(x).hyperbolicTangent(), x.map { tanh($0) }),
      ("σ", variable(x).logistic(), x.map { 1 / (1 + exp(-$0)) }),
      ("erf", variable(x).errorFunction(), x.map { erf($0) }),
      ("relu", relu(variable(x)), x.map { max(0, $0) }),
      ("gelu", gelu(variable(x)), x.map { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }),
    ]
    for (name, ours, expected) in pairs { expectEqual(ours.value, expected, name) }
  }

  @Test("softmax, its logarithm and cross-entropy")
  func softmaxes() {
    let logits = Variable(Tensor<Double>([2, 3], x))
    let rows = [Array(x[..<3]), Array(x[3...])]
    let sums = rows.map { $0.reduce(0) { $0 + exp($1) } }
    expectEqual(softmax(logits).value, zip(rows, sums).flatMap { r, s in r.map { exp($0) / s } })
    expectEqual(
      logSoftmax(logits).value, zip(rows, sums).flatMap { r, s in r.map { $0 - log(s) } })
    let loss = -((rows[0][2] - log(sums[0])) + (rows[1][0] - log(sums[1]))) / 2
    expectEqual(crossEntropy(logits, labels: [2, 0]).value, [loss])
  }

  @Test("layer norm and batch norm leave mean 0 and variance 1, then scale and shift")
  func norms() {
    let (gain, bias) = ([2.0, -1], [0.5, 3])
    let rows = Variable(Tensor<Double>([3, 2], x))
    let byRow = layerNorm(rows, gain: variable(gain), bias: variable(bias), epsilon: 0.1).value
    expectEqual(
      byRow,
      (0..<6).map { i in
        let row = Array(x[i / 2 * 2..<i / 2 * 2 + 2])
        return gain[i % 2] * normalized(x[i], in: row, epsilon: 0.1) + bias[i % 2]
      }, "layer norm")
    let (output, statistics) = batchNorm(
      rows, gain: variable(gain), bias: variable(bias), epsilon: 0.1)
    let columns = [[x[0], x[2], x[4]], [x[1], x[3], x[5]]]
    expectEqual(
      output.value,
      (0..<6).map { i in
        gain[i % 2] * normalized(x[i], in: columns[i % 2], epsilon: 0.1) + bias[i % 2]
      }, "batch norm")
    expectEqual(statistics.mean, columns.map { $0.reduce(0, +) / 3 }, "mean")
    #expect(statistics.count == 3)
  }

  @Test(
    "batch norm writes over a gradient that is its own, never over one that somebody holds",
    arguments: [true, false], [true, false])
  func gradientInPlace(adds: Bool, rectified: Bool) {
    let seed = Tensor<Double>([3, 2], [1, -2, 0.5, 3, -1, 4])
    let kept = seed.scalars
    for isTraining in [true, false] {
      /// The gradients of x, gain and bias, and of the shortcut.
      func gradients(_ backward: (Variable<Double>) -> Void) -> [[Double]?] {
        let leaves = [
          Variable(tracking: Tensor([3, 2], x)), Variable(tracking: Tensor([2], [2, -1])),
          Variable(tracking: Tensor([2], [0.5, 3])),
          Variable(tracking: Tensor([3, 2], x.reversed())),
        ]
        let shortcut = adds ? leaves[3] : nil
        backward(
          isTraining
            ? batchNorm(
              leaves[0], gain: leaves[1], bias: leaves[2], epsilon: 0.1, adding: shortcut,
              rectified: rectified
            ).output
            : batchNorm(
              leaves[0], gain: leaves[1], bias: leaves[2], mean: Tensor([2], [0.1, 0.2]),
              variance: Tensor([2], [1, 2]), epsilon: 0.1, adding: shortcut, rectified: rectified))
        return leaves.map { $0.gradient?.scalars }
      }
      let held = gradients { $0.backward(seed) }
      #expect(seed.scalars == kept)
      // What sum and product pull back is a new tensor, equal to the seed.
      let own = gradients { ($0 * Variable(seed)).sum().backward() }
      #expect(held == own)
      #expect(seed.scalars == kept)
    }
  }

  @Test("a broken label says so")
  func labels() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Variable(Tensor<Double>.zeros([2, 3])), labels: [0, 3])
    }
    let text = String(decoding: exit.standardErrorContent, as: UTF8.self)
    #expect(text.contains("one label in 0..<3"))
  }

  private func variable(_ x: [Double]) -> Variable<Double> { Variable(Tensor([x.count], x)) }

  private func normalized(_ x: Double, in group: [Double], epsilon: Double) -> Double {
    let n = Double(group.count)
    let mean = group.reduce(0, +) / n
    let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
    return (x - mean) / (variance + epsilon).squareRoot()
  }

  private func expectEqual(
    _ ours: Tensor<Double>, _ expected: [Double], _ name: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ours.count == expected.count, sourceLocation: sourceLocation)
    for (a, b) in zip(ours.scalars, expected) {
      #expect(abs(a - b) <= 1e-14 * max(1, abs(b)), "\(name)", sourceLocation: sourceLocation)
    }
  }
}
