// Reductions along axes.
//
// Idea       Neighbouring axes that are reduced together are one axis of a [outer, middle, inner]
//            view, so each run of them is one kernel call.
// Read       Kernels/Reductions.swift ← this file → MatrixProduct.swift

import Kernels

extension Tensor {
  /// The sum of everything.
  public func sum() -> Tensor { reshaped([count]).sum(over: 0) }

  /// The mean of everything.
  public func mean() -> Tensor { sum() / Scalar(count) }

  /// The sum over the given axes.
  ///
  /// - Parameters:
  ///   - axes: Distinct axes, counted from 0.
  ///   - keepingAxes: Keep the reduced axes with extent 1.
  /// - Returns: The sums.
  public func sum(over axes: Int..., keepingAxes: Bool = false) -> Tensor {
    sum(over: axes, keepingAxes: keepingAxes)
  }

  /// The sum over the given axes.
  public func sum(over axes: [Int], keepingAxes: Bool = false) -> Tensor {
    reduced(over: axes, keepingAxes: keepingAxes) { x, outer, middle, inner, y in
      sumMiddle(x, outer: outer, middle: middle, inner: inner, into: y)
    }
  }

  /// The mean over the given axes.
  public func mean(over axes: Int..., keepingAxes: Bool = false) -> Tensor {
    sum(over: axes, keepingAxes: keepingAxes) / Scalar(axes.reduce(1) { $0 * shape[$1] })
  }

  /// The largest value over the given axes; a NaN gives NaN.
  public func maximum(over axes: Int..., keepingAxes: Bool = false) -> Tensor {
    reduced(over: axes, keepingAxes: keepingAxes) { x, outer, middle, inner, y in
      maximumMiddle(x, outer: outer, middle: middle, inner: inner, into: y)
    }
  }

  /// Sums over the axes along which a tensor of `shape` was repeated to become this one: the
  /// reverse of broadcasting.
  public func summed(to target: [Int]) -> Tensor {
    guard shape != target else { return self }
    let missing = rank - target.count
    let axes = shape.indices.filter {
      $0 < missing || (target[$0 - missing] == 1 && shape[$0] != 1)
    }
    return sum(over: axes).reshaped(target)
  }

  private func reduced(
    over axes: [Int], keepingAxes: Bool,
    _ kernel: (Buffer<Scalar>, Int, Int, Int, Buffer<Scalar>) -> Void
  ) -> Tensor {
    require(
      Set(axes).count == axes.count && axes.allSatisfy { $0 >= 0 && $0 < rank },
      "reduction: axes \(axes) of shape \(shape). To mend: distinct axes in 0..<\(rank).")
    var extents = shape
    var x = buffer
    var rest = axes.sorted()
    while let last = rest.popLast() {
      var first = last
      while let next = rest.last, next == first - 1 { first = rest.removeLast() }
      let outer = extents[..<first].reduce(1, *)
      let middle = extents[first...last].reduce(1, *)
      let inner = extents[(last + 1)...].reduce(1, *)
      let y = Buffer<Scalar>(uninitialized: outer * inner)
      kernel(x, outer, middle, inner, y)
      for axis in first...last { extents[axis] = 1 }
      x = y
    }
    let result =
      keepingAxes ? extents : shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    return Tensor(shape: result, buffer: x)
  }
}
