// Values and gradients where a derivative does not exist: finite, and as docs/singular-points.md says.

import Autodiff
import Kernels
import Tensors
import Testing

@Suite("Singular points of operations") struct SingularPointTests {
  /// f at x and the gradient of its sum.
  private func at(
    _ x: [Double], shape: [Int]? = nil, _ f: (Variable<Double>) -> Variable<Double>
  ) -> (value: [Double], gradient: [Double]) {
    let v = Variable(tracking: Tensor(shape ?? [x.count], x))
    let y = f(v)
    y.sum().backward()
    return (y.value.scalars, v.gradient?.scalars ?? [])
  }

  @Test("relu, |x| and √x have slope 0 at 0, from both zeros")
  func kinks() {
    for zero in [0.0, -0.0] {
      #expect(at([zero]) { relu($0) }.gradient == [0])
      #expect(at([zero]) { $0.magnitude() }.gradient == [0])
      #expect(at([zero]) { $0.squareRoot() }.gradient == [0])
      #expect(at([zero]) { $0.squareRoot() }.value == [0])
    }
    #expect(at([0x1p-1070]) { $0.squareRoot() }.gradient.allSatisfy { $0.isFinite })
  }

  @Test("equal maxima of a window: the first takes the gradient")
  func maximumPooling() {
    let result = at([3, 3, 3, 3], shape: [1, 2, 2, 1]) {
      maximumPool($0, kernel: 2, stride: 2)
    }
    #expect(result.value == [3] && result.gradient == [1, 0, 0, 0])
    let padded = at([-1, -1, -1, -1], shape: [1, 2, 2, 1]) {
      maximumPool($0, kernel: 3, stride: 2, padding: 1)
    }
    // Padding is not seen: −1 wins over the zeros that are not there.
    #expect(padded.value == [-1] && padded.gradient == [1, 0, 0, 0])
  }

  @Test("equal maxima along an axis share the gradient")
  func maximum() {
    let result = at([2, 5, 5, 1], shape: [1, 4]) { $0.maximum(over: 1) }
    #expect(result.value == [5] && result.gradient == [0, 0.5, 0.5, 0])
  }

  @Test("batch norm of a constant channel, and of a single row, is its bias, with finite gradients")
  func batchNormalisation() {
    for rows in [1, 4] {
      let x = Variable(tracking: Tensor<Double>([rows, 2], repeating: 7))
      let gain = Variable(tracking: Tensor<Double>([2], [2, 3]))
      let bias = Variable(tracking: Tensor<Double>([2], [0.5, -1]))
      let (y, statistics) = batchNorm(x, gain: gain, bias: bias, epsilon: 1e-5)
      (y * Variable(Tensor([rows, 2], (0..<rows * 2).map { Double($0) }))).sum().backward()
      #expect(statistics.variance.scalars.allSatisfy { abs($0) < 1e-28 })
      #expect(y.value.scalars.enumerated().allSatisfy { abs($1 - ($0 % 2 == 0 ? 0.5 : -1)) < 1e-9 })
      #expect(gain.gradient?.isFinite == true && bias.gradient?.isFinite == true)
      #expect(x.gradient?.isFinite == true)
      if rows == 1 { #expect(x.gradient?.scalars.allSatisfy { abs($0) < 1e-9 } == true) }
    }
  }

  @Test("softmax and its logarithm survive differences that exp cannot hold")
  func softmaxRange() {
    let x: [Double] = [-2000, 0, 2000]
    let p = at(x, shape: [1, 3]) { softmax($0) }
    #expect(p.value == [0, 0, 1] && p.gradient.allSatisfy { $0.isFinite })
    let l = at(x, shape: [1, 3]) { logSoftmax($0) }
    #expect(l.value == [-4000, -2000, 0] && l.gradient.allSatisfy { $0.isFinite })
  }
}
