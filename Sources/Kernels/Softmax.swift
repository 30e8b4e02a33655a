// Softmax along the last axis.
//
// Formula    y[r, c] = exp(x[r, c] − mᵣ) / Σ exp(x[r, ·] − mᵣ),  mᵣ = max x[r, ·]
//            log-softmax: x − m − log Σ exp(x − m)
//            The maximum is subtracted so that no exponential overflows; it cancels.
// Read       ElementaryFunctions.swift ← this file → Autodiff/Softmax.swift

/// Softmax, or its logarithm, of each row.
@specialized(where S == Float)
@specialized(where S == Double)
public func softmax<S: KernelScalar>(
  _ x: Buffer<S>, rows: Int, columns: Int, logarithm: Bool, into y: Buffer<S>
) {
  require(x.count == rows * columns && y.count == x.count && columns > 0, "softmax: wrong lengths.")
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  parallelRuns(rows, grain: max(1, elementGrain / 8 / columns)) { run in
    for r in run {
      let p = from + r * columns
      let out = to + r * columns
      let (top, sum) = exponentials(p, columns, into: out)
      if logarithm {
        let shift = S.logarithm(sum)
        for c in 0..<columns { out[c] = p[c] - top - shift }
      } else {
        for c in 0..<columns { out[c] /= sum }
      }
    }
  }
}

/// exp(x − max x) of a row, the maximum, and the sum of the exponentials.
///
/// A NaN anywhere makes the sum NaN, and with it every weight. `x` may not be `y`: two addresses that
/// may be the same keep the compiler from vectors.
@inline(__always)
func exponentials<S: KernelScalar>(
  _ x: UnsafePointer<S>, _ count: Int, into y: UnsafeMutablePointer<S>
) -> (top: S, sum: S) {
  let top = lineMaximum(x, count)
  for c in 0..<count { y[c] = S.exponential(x[c] - top) }
  return (top, lineSum(UnsafePointer(y), count))
}

/// The largest scalar of a row that holds no NaN.
@inline(__always)
func lineMaximum<S: KernelScalar>(_ x: UnsafePointer<S>, _ count: Int) -> S {
  let lanes = S.Vector.scalarCount
  var top = x[0]
  let whole = count / lanes * lanes
  if whole > 0 {
    // A maximum for each lane: independent comparisons, which the compiler joins to vectors.
    withUnsafeTemporaryAllocation(of: S.self, capacity: lanes) { tops in
      for l in 0..<lanes { tops[l] = x[l] }
      for start in stride(from: lanes, to: whole, by: lanes) {
        for l in 0..<lanes { tops[l] = x[start + l] > tops[l] ? x[start + l] : tops[l] }
      }
      for l in 0..<lanes { top = tops[l] > top ? tops[l] : top }
    }
  }
  for i in whole..<count { top = x[i] > top ? x[i] : top }
  return top
}
