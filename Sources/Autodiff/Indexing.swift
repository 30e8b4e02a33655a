// Moving scalars around: each pullback moves them back.
//
// Formula    reshape, permute:  dX = the reverse move of dY
//            slice:             dX = zeros with dY in its place
//            gather:            dX[index] += dY, so a row taken twice receives twice
// Read       Tensors/Indexing.swift ← this file → Softmax.swift

import Kernels
import Tensors

extension Variable {
  /// The same scalars under another shape.
  public func reshaped(_ shape: [Int]) -> Variable {
    let old = self.shape
    return Variable(value.reshaped(shape), pullbacks: [(self, { dY in dY.reshaped(old) })])
  }

  /// The axes in another order: result axis i is this variable's axis `axes[i]`.
  public func permuted(axes: Int...) -> Variable { permuted(axes: axes) }

  /// The axes in another order.
  public func permuted(axes: [Int]) -> Variable {
    let back = axes.indices.map { i in axes.firstIndex(of: i) ?? i }
    return Variable(
      value.permuted(axes: axes), pullbacks: [(self, { dY in dY.permuted(axes: back) })])
  }

  /// The transpose of a matrix.
  public func transposed() -> Variable { permuted(axes: 1, 0) }

  /// A range of indices along one axis.
  public func slice(_ range: Range<Int>, axis: Int) -> Variable {
    let old = shape
    return Variable(
      value.slice(range, axis: axis),
      pullbacks: [(self, { dY in dY.embedded(in: old, at: range, axis: axis) })])
  }

  /// Variables joined along one axis.
  public static func concatenated(_ parts: [Variable], axis: Int) -> Variable {
    let value = Tensor.concatenated(parts.map(\.value), axis: axis)
    var start = 0
    let pullbacks = parts.map { part in
      let range = start..<start + part.shape[axis]
      start = range.upperBound
      return (input: part, pullback: { (dY: Tensor<Scalar>) in dY.slice(range, axis: axis) })
    }
    return Variable(value, pullbacks: pullbacks)
  }

  /// Rows in the order given; an index may repeat.
  public func gathered(rows: [Int]) -> Variable {
    let count = shape[0]
    return Variable(
      value.gathered(rows: rows),
      pullbacks: [(self, { dY in dY.scattered(rows: rows, count: count) })])
  }
}

extension GradientCase {
  static let indexing = [
    GradientCase("reshaped", at: [2, 6]) { $0[0].reshaped([3, 4]) },
    GradientCase("permuted", at: [2, 3, 4]) { $0[0].permuted(axes: 2, 0, 1) },
    GradientCase("transposed", at: [2, 3]) { $0[0].transposed() },
    GradientCase("slice", at: [2, 5, 3]) { $0[0].slice(1..<4, axis: 1) },
    GradientCase("concatenated", at: [2, 3], [2, 2]) { Variable.concatenated($0, axis: 1) },
    GradientCase("gathered", at: [4, 3]) { $0[0].gathered(rows: [2, 0, 2, 3]) },
  ]
}
