// Permuted axes, slices, joined and gathered rows: element by element, and there and back.

import Tensors
import TestSupport
import Testing

@Suite("Tensor indexing") struct IndexingTests {
  let x = Tensor<Double>([2, 3, 4], (0..<24).map { Double($0) })

  @Test(
    "a permutation moves every element, and its inverse moves it back",
    arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func permutation(axes: [Int]) {
    let y = x.permuted(axes: axes)
    #expect(y.shape == axes.map { x.shape[$0] })
    for a in 0..<2 {
      for b in 0..<3 {
        for c in 0..<4 {
          let from = [a, b, c]
          let to = axes.map { from[$0] }
          #expect(y[to[0], to[1], to[2]] == x[a, b, c])
        }
      }
    }
    let inverse = (0..<3).map { i in axes.firstIndex(of: i) ?? i }
    #expect(y.permuted(axes: inverse) == x)
  }

  @Test("slices joined again are the whole", arguments: 0..<3)
  func sliceAndJoin(axis: Int) {
    for cut in 0...x.shape[axis] {
      let parts = [x.slice(0..<cut, axis: axis), x.slice(cut..<x.shape[axis], axis: axis)]
      #expect(parts[0].shape[axis] == cut)
      #expect(Tensor.concatenated(parts, axis: axis) == x)
      let embedded =
        parts[0].embedded(in: x.shape, at: 0..<cut, axis: axis)
        + parts[1].embedded(in: x.shape, at: cut..<x.shape[axis], axis: axis)
      #expect(embedded == x)
    }
    #expect(x.slice(1..<3, axis: 1)[1, 0, 2] == x[1, 1, 2])
  }

  @Test("scattering is the transpose of gathering")
  func gatherAndScatter() {
    let rows = [1, 1, 0, 1]
    let gathered = x.gathered(rows: rows)
    #expect(gathered.shape == [4, 3, 4] && gathered[2, 1, 1] == x[0, 1, 1])
    let y = Tensor<Double>([4, 3, 4], pattern(48))
    let there = (gathered * y).sum().scalar
    let back = (x * y.scattered(rows: rows, count: 2)).sum().scalar
    #expect(abs(there - back) < 1e-11)
    #expect(x.gathered(rows: []).shape == [0, 3, 4])
  }

  @Test("a transpose swaps the axes of a product")
  func products() {
    let a = Tensor<Double>([5, 3], pattern(15))
    let b = Tensor<Double>([3, 4], pattern(12, offset: 2))
    let c = matmul(a, b)
    #expect(c.shape == [5, 4])
    #expect(abs(c[4, 3] - (0..<3).reduce(0) { $0 + a[4, $1] * b[$1, 3] }) < 1e-15)
    let closeTo: (Tensor<Double>) -> Bool = { relativeError($0.scalars, c.scalars) < 1e-15 }
    #expect(closeTo(matmul(a.transposed(), b, transposeA: true)))
    #expect(closeTo(matmul(a, b.transposed(), transposeB: true)))
    #expect(closeTo(matmul(a.transposed(), b.transposed(), transposeA: true, transposeB: true)))
    #expect(closeTo(matmul(b, a, transposeA: true, transposeB: true).transposed()))
  }

  @Test("a batch of products is each product")
  func batches() {
    let a = Tensor<Double>([3, 5, 2], pattern(30))
    let b = Tensor<Double>([3, 4, 2], pattern(24, offset: 9))
    let c = matmul(a, b, transposeB: true)
    for i in 0..<3 {
      let one = matmul(
        a.slice(i..<i + 1, axis: 0).reshaped([5, 2]), b.slice(i..<i + 1, axis: 0).reshaped([4, 2]),
        transposeB: true)
      #expect(c.slice(i..<i + 1, axis: 0).reshaped([5, 4]) == one)
    }
  }
}
