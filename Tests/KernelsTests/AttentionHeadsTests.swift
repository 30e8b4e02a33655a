// Attention within heads against its formula as loops.
//
// Tolerance  Products of d or `tokens` terms of size about 1 and a softmax: 64 roundings of u = 2⁻²⁴ or
//            2⁻⁵³ bound what these sizes can lose.

import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Attention heads") struct AttentionHeadsTests {
  /// One token; fewer tokens than a tile; more than a panel; depths that are no power of four.
  static let geometries = [
    AttentionGeometry(batch: 1, tokens: 1, heads: 1, depth: 1),
    AttentionGeometry(batch: 2, tokens: 5, heads: 3, depth: 2),
    AttentionGeometry(batch: 1, tokens: 50, heads: 2, depth: 7),
    AttentionGeometry(batch: 3, tokens: 33, heads: 2, depth: 16),
  ]

  @Test("the result is the formula's, with and without keeping the weights", arguments: geometries)
  func forward(g: AttentionGeometry) {
    #expect(worstForward(Float.self, g) <= 64 * 0x1p-24)
    #expect(worstForward(Double.self, g) <= 64 * 0x1p-53)
  }

  @Test("the gradient is the formula's", arguments: geometries)
  func gradient(g: AttentionGeometry) {
    #expect(worstGradient(Float.self, g) <= 64 * 0x1p-24)
    #expect(worstGradient(Double.self, g) <= 64 * 0x1p-53)
  }

  @Test("a NaN in one head stays in it")
  func nan() {
    let g = AttentionGeometry(batch: 1, tokens: 20, heads: 2, depth: 4)
    let x = Buffer<Float>.pattern(g.tokens * 24)
    x[7 * 24 + 5] = .nan  // token 7, queries, second head
    let y = Buffer<Float>.unwritten(g.tokens * 8)
    attentionHeads(g, x, weights: Buffer(uninitialized: 0), into: y)
    for (i, value) in y.array.enumerated() { #expect(value.isNaN == (i / 8 == 7 && i % 8 >= 4)) }
  }

  private func worstForward<S: KernelScalar>(_: S.Type, _ g: AttentionGeometry) -> Double {
    let x = Buffer<S>.pattern(g.batch * g.tokens * 3 * g.width)
    let weights = Buffer<S>.unwritten(g.weightCount)
    let (y, alone) = (
      Buffer<S>.unwritten(x.count / 3), Buffer<S>.unwritten(x.count / 3)
    )
    attentionHeads(g, x, weights: weights, into: y)
    attentionHeads(g, x, weights: Buffer(uninitialized: 0), into: alone)
    #expect(y.array == alone.array)
    let expected = Formula(g, x.array.map(Double.init))
    return max(worst(y, expected.O), worst(weights, expected.P))
  }

  private func worstGradient<S: KernelScalar>(_: S.Type, _ g: AttentionGeometry) -> Double {
    let x = Buffer<S>.pattern(g.batch * g.tokens * 3 * g.width)
    let dY = Buffer<S>.pattern(x.count / 3, offset: 5)
    let weights = Buffer<S>.unwritten(g.weightCount)
    attentionHeads(g, x, weights: weights, into: .unwritten(x.count / 3))
    let dX = Buffer<S>.unwritten(x.count)
    attentionHeadsGradient(g, x, weights: weights, outputGradient: dY, into: dX)
    let expected = Formula(g, x.array.map(Double.init)).gradient(dY.array.map(Double.init))
    return worst(dX, expected)
  }

  private func worst<S: KernelScalar>(_ x: Buffer<S>, _ y: [Double]) -> Double {
    let scale = max(1, y.lazy.map(abs).max() ?? 1)
    return zip(x.array, y).lazy.map { abs(Double($0) - $1) }.max().map { $0 / scale } ?? .infinity
  }
}

/// The formula, an index at a time.
private struct Formula {
  let g: AttentionGeometry
  let x: [Double]
  var P: [Double]
  var O: [Double]

  init(_ g: AttentionGeometry, _ x: [Double]) {
    self.g = g
    self.x = x
    P = [Double](repeating: 0, count: g.weightCount)
    O = [Double](repeating: 0, count: x.count / 3)
    for image in 0..<g.batch {
      for head in 0..<g.heads {
        for i in 0..<g.tokens {
          let scores = (0..<g.tokens).map { j in
            (0..<g.depth).reduce(0) { $0 + at(0, image, i, head, $1) * at(1, image, j, head, $1) }
              / Double(g.depth).squareRoot()
          }
          let total = scores.reduce(0) { $0 + exp($1) }
          for j in 0..<g.tokens {
            let p = exp(scores[j]) / total
            P[weight(image, head, i, j)] = p
            for c in 0..<g.depth {
              O[(image * g.tokens + i) * g.width + head * g.depth + c] +=
                p * at(2, image, j, head, c)
            }
          }
        }
      }
    }
  }

  func gradient(_ dO: [Double]) -> [Double] {
    var dX = [Double](repeating: 0, count: x.count)
    for image in 0..<g.batch {
      for head in 0..<g.heads {
        for i in 0..<g.tokens {
          let out = (image * g.tokens + i) * g.width + head * g.depth
          let dP = (0..<g.tokens).map { j in
            (0..<g.depth).reduce(0) { $0 + dO[out + $1] * at(2, image, j, head, $1) }
          }
          let p = (0..<g.tokens).map { P[weight(image, head, i, $0)] }
          let mean = zip(p, dP).reduce(0) { $0 + $1.0 * $1.1 }
          for j in 0..<g.tokens {
            let dS = p[j] * (dP[j] - mean) / Double(g.depth).squareRoot()
            for c in 0..<g.depth {
              dX[place(0, image, i, head, c)] += dS * at(1, image, j, head, c)
              dX[place(1, image, j, head, c)] += dS * at(0, image, i, head, c)
              dX[place(2, image, j, head, c)] += p[j] * dO[out + c]
            }
          }
        }
      }
    }
    return dX
  }

  private func at(_ part: Int, _ image: Int, _ token: Int, _ head: Int, _ c: Int) -> Double {
    x[place(part, image, token, head, c)]
  }

  private func place(_ part: Int, _ image: Int, _ token: Int, _ head: Int, _ c: Int) -> Int {
    ((image * g.tokens + token) * 3 + part) * g.width + head * g.depth + c
  }

  private func weight(_ image: Int, _ head: Int, _ i: Int, _ j: Int) -> Int {
    ((image * g.heads + head) * g.tokens + i) * g.tokens + j
  }
}
