// Sums and means along axes.
//
// Formula    y = Σ x over some axes:  dX = dY repeated along them
//            y = mean:                dX = dY / n repeated
//            y = max:                 dX = dY where x is the maximum, shared equally among ties
// Read       Functions.swift ← this file → MatrixProduct.swift

import Kernels
import Tensors

extension Variable {
  /// The sum of everything; `[]`.
  public func sum() -> Variable { sum(over: Array(shape.indices)) }

  /// The mean of everything; `[]`.
  public func mean() -> Variable { mean(over: Array(shape.indices)) }

  /// The sum over the given axes.
  public func sum(over axes: Int..., keepingAxes: Bool = false) -> Variable {
    sum(over: axes, keepingAxes: keepingAxes)
  }

  /// The mean over the given axes.
  public func mean(over axes: Int..., keepingAxes: Bool = false) -> Variable {
    mean(over: axes, keepingAxes: keepingAxes)
  }

  /// The sum over the given axes.
  public func sum(over axes: [Int], keepingAxes: Bool = false) -> Variable {
    let x = shape
    let kept = x.indices.map { axes.contains($0) ? 1 : x[$0] }
    return Variable(
      value.sum(over: axes, keepingAxes: keepingAxes),
      pullbacks: [(self, { dY in Tensor.zeros(x) + dY.reshaped(kept) })])
  }

  /// The mean over the given axes.
  public func mean(over axes: [Int], keepingAxes: Bool = false) -> Variable {
    sum(over: axes, keepingAxes: keepingAxes) / Scalar(axes.reduce(1) { $0 * shape[$1] })
  }

  /// The largest value over the given axes; ties share the gradient equally.
  public func maximum(over axes: Int..., keepingAxes: Bool = false) -> Variable {
    maximum(over: axes, keepingAxes: keepingAxes)
  }

  /// The largest value over the given axes; ties share the gradient equally.
  public func maximum(over axes: [Int], keepingAxes: Bool = false) -> Variable {
    let x = value
    let top = x.reduceMaximum(axes)
    let kept = top.shape
    let result =
      keepingAxes ? kept : x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }
    return Variable(
      top.reshaped(result),
      pullbacks: [
        (
          self,
          { dY in
            // x − max is 0 at the maxima and negative elsewhere.
            let isTop = (x - top).map(.sign) + 1
            let ties = isTop.sum(over: axes, keepingAxes: true)
            return isTop * (dY.reshaped(kept) / ties)
          }
        )
      ])
  }
}

extension Tensor {
  fileprivate func reduceMaximum(_ axes: [Int]) -> Tensor {
    axes.reduce(self) { $0.maximum(over: $1, keepingAxes: true) }
  }
}

extension GradientCase {
  static let reductions = [
    GradientCase("sum", at: [2, 3, 4]) { $0[0].sum() },
    GradientCase("sum, middle axis", at: [2, 3, 4]) { $0[0].sum(over: 1) },
    GradientCase("sum, two axes kept", at: [2, 3, 4]) { $0[0].sum(over: 0, 2, keepingAxes: true) },
    GradientCase("mean", at: [2, 3]) { $0[0].mean() },
    GradientCase("mean, spatial", at: [2, 3, 4, 2]) { $0[0].mean(over: 1, 2) },
    GradientCase("maximum", at: [3, 4, 2]) { $0[0].maximum(over: 1) },
  ]
}
