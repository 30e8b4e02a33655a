// Reductions over every subset of axes, against a loop over index tuples.

import Tensors
import TestSupport
import Testing

@Suite("Tensor reductions") struct TensorReductionTests {
  @Test("sum, mean and maximum over every subset of four axes", arguments: 0..<16)
  func subsets(mask: Int) {
    let shape = [3, 2, 4, 5]
    let axes = (0..<4).filter { mask >> $0 & 1 == 1 }
    let x = Tensor<Double>(shape, pattern(120))
    var groups = [[Double]](repeating: [], count: 1)
    let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    groups = [[Double]](repeating: [], count: kept.reduce(1, *))
    for a in 0..<3 {
      for b in 0..<2 {
        for c in 0..<4 {
          for d in 0..<5 {
            let index = zip([a, b, c, d], kept).map { $1 == 1 ? 0 : $0 }
            groups[zip(index, kept).reduce(0) { $0 * $1.1 + $1.0 }].append(x[a, b, c, d])
          }
        }
      }
    }
    let sums = groups.map { $0.reduce(0, +) }
    let sum = x.sum(over: axes, keepingAxes: true)
    #expect(sum.shape == kept)
    #expect(x.sum(over: axes).shape == (0..<4).filter { !axes.contains($0) }.map { shape[$0] })
    #expect(errorInBounds(sum.scalars, sums, bounds: sums.map { _ in 1e-13 }) <= 1)
    // The order in which axes are named does not matter.
    #expect(x.sum(over: axes.reversed()) == x.sum(over: axes))
    let tops = groups.map { $0.max() ?? 0 }
    switch axes.count {
    case 1:
      #expect(x.maximum(over: axes[0]).scalars == tops)
      #expect(x.mean(over: axes[0]) == x.sum(over: axes[0]) / Double(shape[axes[0]]))
    case 2: #expect(x.maximum(over: axes[0], axes[1]).scalars == tops)
    case 3: #expect(x.maximum(over: axes[2], axes[0], axes[1]).scalars == tops)
    default: break
    }
  }

  @Test("summing to a shape is the transpose of broadcasting to it")
  func summedTo() {
    let x = Tensor<Double>([2, 3, 4], pattern(24))
    for target in [[], [1], [4], [3, 1], [1, 3, 4], [2, 1, 1], [1, 1, 1], [2, 3, 4]] {
      let y = Tensor<Double>(target, pattern(target.reduce(1, *), offset: 5))
      let broadcast = ((Tensor.zeros([2, 3, 4]) + y) * x).sum().scalar
      let reduced = (x.summed(to: target) * y).sum().scalar
      #expect(x.summed(to: target).shape == target)
      #expect(abs(broadcast - reduced) < 1e-13, "\(target)")
    }
  }
}
