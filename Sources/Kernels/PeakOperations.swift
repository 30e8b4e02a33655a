// The machine's peak: fused multiply-adds that touch no memory.
//
// Why        A speed means little by itself; as a share of what the processor can do at all, measured
//            in the same minute, it says how much is left.
// Read       this file → Command/BenchCommand.swift

import Dispatch

/// GFLOP/s of the whole thread team in a loop of independent fused multiply-adds; the best of five.
@specialized(where S == Float)
@specialized(where S == Double)
public func peakOperations<S: KernelScalar>(_: S.Type) -> Double {
  let steps = 4_000_000
  var best = 0.0
  let sink = Buffer<S>(repeating: 0, count: ThreadTeam.count)
  for attempt in 0..<6 {
    let start = DispatchTime.now().uptimeNanoseconds
    parallelFor(ThreadTeam.count) { i in
      sink.pointer[i] = chains(steps, S(attempt) * S(0.000_001))
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    let operations = Double(ThreadTeam.count * steps * 12 * 2 * S.Vector.scalarCount)
    if attempt > 0 { best = max(best, operations / seconds * 1e-9) }
  }
  return best
}

/// Twelve chains hide the latency of a fused multiply-add; each reads only its own last result.
@inline(__always)
private func chains<S: KernelScalar>(_ steps: Int, _ seed: S) -> S {
  typealias V = S.Vector
  let x = V(repeating: seed)
  let y = V(repeating: S(0.9999))
  // Twelve different beginnings, so that no two chains can be merged.
  var (a, b, c, d) = (x, x + 1, x + 2, x + 3)
  var (e, f, g, h) = (x + 4, x + 5, x + 6, x + 7)
  var (i, j, k, l) = (x + 8, x + 9, x + 10, x + 11)
  for _ in 0..<steps {
    a = a.addingProduct(x, y)
    b = b.addingProduct(x, y)
    c = c.addingProduct(x, y)
    d = d.addingProduct(x, y)
    e = e.addingProduct(x, y)
    f = f.addingProduct(x, y)
    g = g.addingProduct(x, y)
    h = h.addingProduct(x, y)
    i = i.addingProduct(x, y)
    j = j.addingProduct(x, y)
    k = k.addingProduct(x, y)
    l = l.addingProduct(x, y)
  }
  return (a + b + c + d + e + f + g + h + i + j + k + l).sum()
}
