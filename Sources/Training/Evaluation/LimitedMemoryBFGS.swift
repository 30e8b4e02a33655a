// L-BFGS: the minimum of a smooth convex function, to a stated tolerance.
//
// Idea       Newton's method needs the inverse of the curvature. The last few steps and the changes of the
//            gradient along them are enough to act as if one had it.
// Source     Nocedal, Math. Comp. 35, 1980; Nocedal & Wright, algorithms 7.4 and 7.5
// Line       Halve the step until the function falls enough (Armijo). Close to the minimum its fall is
//            smaller than its rounding; there a step is also good when the slope along it shrinks and
//            the function stays the same to 13 digits (Hager & Zhang, SIAM J. Optim. 16, 2005).
// Read       this file → Training/LinearProbe.swift
// Tests      Tests/TrainingTests/ProbeTests.swift, LinearProtocolTests.swift

import Kernels
import Tensors

/// Where a minimisation ended.
public struct ConvexMinimum: Sendable {
  /// The last point.
  public var point: Tensor<Double>
  /// The function there; but for rounding never above that of the start.
  public var value: Double
  /// The largest component of the gradient there.
  public var largestSlope: Double
  /// Iterations taken.
  public var iterations: Int
}

/// Minimises a smooth convex function.
///
/// - Parameters:
///   - start: First point.
///   - tolerance: Largest component of the gradient at which it stops.
///   - iterations: Iterations at most.
///   - memory: Pairs of steps and gradient changes that are remembered.
///   - function: Value and gradient at a point.
/// - Returns: The last point, and how flat the function is there.
public func minimizeByLBFGS(
  startingAt start: Tensor<Double>, tolerance: Double = 1e-5, iterations: Int = 200,
  memory: Int = 10, _ function: (Tensor<Double>) -> (value: Double, gradient: Tensor<Double>)
) -> ConvexMinimum {
  var x = start
  var (f, g) = function(x)
  var pairs: [(s: Tensor<Double>, y: Tensor<Double>, ρ: Double)] = []
  func slope(_ g: Tensor<Double>) -> Double {
    g.map(.absolute).reshaped([g.count]).maximum(over: 0).scalar
  }
  var count = 0
  while count < iterations && slope(g) > tolerance {
    // Two loops: the direction −H g without ever forming H.
    var q = g
    var α: [Double] = []
    for pair in pairs.reversed() {
      let a = pair.ρ * dotProduct(pair.s.buffer, q.buffer)
      α.append(a)
      q.add(pair.y, scale: -a)
    }
    if let last = pairs.last {
      q = q * (1 / (last.ρ * dotProduct(last.y.buffer, last.y.buffer)))
    }
    for (pair, a) in zip(pairs, α.reversed()) {
      q.add(pair.s, scale: a - pair.ρ * dotProduct(pair.y.buffer, q.buffer))
    }
    let descent = -dotProduct(g.buffer, q.buffer)
    guard descent < 0 else { break }
    var step = pairs.isEmpty ? min(1, 1 / dotProduct(g.buffer, g.buffer).squareRoot()) : 1
    var accepted = false
    for _ in 0..<30 {
      var next = x
      next.add(q, scale: -step)
      let (value, gradient) = function(next)
      let isFlat =
        value <= f + 1e-13 * abs(f)
        && abs(dotProduct(gradient.buffer, q.buffer)) < -0.9 * descent
      if value <= f + 1e-4 * step * descent || isFlat {
        let s = next - x
        let y = gradient - g
        let curvature = dotProduct(s.buffer, y.buffer)
        if curvature > 1e-12 * dotProduct(y.buffer, y.buffer) {
          pairs.append((s, y, 1 / curvature))
          if pairs.count > memory { pairs.removeFirst() }
        }
        (x, f, g) = (next, value, gradient)
        accepted = true
        break
      }
      step /= 2
    }
    guard accepted else { break }
    count += 1
  }
  return ConvexMinimum(point: x, value: f, largestSlope: slope(g), iterations: count)
}
