// Gradient checking: does the pullback agree with central differences?
//
// Formula    ∂⟨c, f(x)⟩/∂xᵢ ≈ (⟨c, f(x + h eᵢ)⟩ − ⟨c, f(x − h eᵢ)⟩) / 2h,  c a random cotangent
// Why        A random cotangent, never a plain sum: softmax, centring and batch norm have constant
//            sums, so a pullback that returned zero would pass. Two steps h, and the worse of the two
//            counts, so that no lucky step hides an error. Always in Double: in Float the
//            difference itself is off by 1e-3.
// Large x    Beyond 5 scalars a direction, random directions d instead of each coordinate: ⟨dX, d⟩.
// Read       Variable.swift ← this file → GradientCase.swift
// Tests      Tests/AutodiffTests/GradientTests.swift

import Kernels
import Randomness
import Tensors

/// What a gradient check found.
public struct GradientReport: Sendable, CustomStringConvertible {
  /// What was checked.
  public let name: String
  /// The largest |pullback − difference|, relative to the largest gradient of the same input.
  public let worstError: Double
  /// Where it was, with both derivatives.
  public let place: String
  /// Derivatives compared.
  public let comparisons: Int

  public var description: String { "\(name): \(worstError) at \(place)" }
}

/// Compares the gradients of a function with central differences.
///
/// - Parameters:
///   - name: What to call it in the report.
///   - inputs: The point; keep it away from kinks (relu at 0, ties of a maximum).
///   - key: Draws the cotangent and the directions.
///   - steps: The h of the differences; the worse result counts.
///   - count: Random directions for each input that has more than five times as many scalars.
///   - tamper: Changes the gradients before they are compared, to test that the check would notice.
///   - function: The function under test; called often, and must not keep state.
/// - Returns: The worst relative error and its place.
public func checkGradient(
  _ name: String, at inputs: [Tensor<Double>], key: RandomKey, steps: [Double] = [1e-4, 1e-6],
  directions count: Int = 20, tamper: ([Tensor<Double>]) -> [Tensor<Double>] = { $0 },
  _ function: ([Variable<Double>]) -> Variable<Double>
) -> GradientReport {
  let tracked = inputs.map { Variable(tracking: $0) }
  let output = function(tracked)
  let cotangent = Tensor<Double>.normal(output.shape, key: key.child("cotangent"))
  output.backward(cotangent)
  let gradients = tamper(
    zip(tracked, inputs).map { $0.gradient ?? Tensor.zeros($1.shape) })

  func loss(_ inputs: [Tensor<Double>]) -> Double {
    dotProduct(function(inputs.map { Variable($0) }).value.buffer, cotangent.buffer)
  }

  var worst = (error: 0.0, place: "nowhere", count: 0)
  for (i, x) in inputs.enumerated() {
    let gradient = gradients[i]
    let directions = directions(for: x, count: count, key: key.child("direction").child(i))
    var pairs: [(ours: Double, theirs: Double, label: String)] = []
    for h in steps {
      for direction in directions {
        var plus = inputs
        var minus = inputs
        plus[i].add(direction.tensor, scale: h)
        minus[i].add(direction.tensor, scale: -h)
        let difference = (loss(plus) - loss(minus)) / (2 * h)
        let ours = dotProduct(gradient.buffer, direction.tensor.buffer)
        pairs.append((ours, difference, "input \(i) \(x.shape), \(direction.label), h = \(h)"))
      }
    }
    worst.count += pairs.count
    // Relative to the largest derivative; below 1e-4 the noise of the differences is all there is.
    let scale = max(1e-4, pairs.reduce(0) { max($0, abs($1.ours), abs($1.theirs)) })
    for pair in pairs {
      let error = abs(pair.ours - pair.theirs) / scale
      if !(error <= worst.error) {  // also when the error is NaN
        worst.error = error
        worst.place = "\(pair.label): pullback \(pair.ours), difference \(pair.theirs)"
      }
    }
  }
  return GradientReport(
    name: name, worstError: worst.error, place: worst.place, comparisons: worst.count)
}

private func directions(
  for x: Tensor<Double>, count: Int, key: RandomKey
) -> [(tensor: Tensor<Double>, label: String)] {
  if x.count <= 5 * count {
    return (0..<x.count).map { i in
      var scalars = [Double](repeating: 0, count: x.count)
      scalars[i] = 1
      return (Tensor(x.shape, scalars), "element \(i)")
    }
  }
  return (0..<count).map { k in
    let d = Tensor<Double>.normal(x.shape, key: key.child(k))
    let length = dotProduct(d.buffer, d.buffer).squareRoot()
    return (d.scaled(by: 1 / length), "direction \(k)")
  }
}
