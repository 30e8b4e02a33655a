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
      var top = p[0]
      for c in 1..<columns { if p[c] > top || p[c].isNaN { top = p[c] } }
      for c in 0..<columns { out[c] = S.exponential(p[c] - top) }
      let sum = lineSum(UnsafePointer(out), columns)
      if logarithm {
        let shift = S.logarithm(sum)
        for c in 0..<columns { out[c] = p[c] - top - shift }
      } else {
        for c in 0..<columns { out[c] /= sum }
      }
    }
  }
}
