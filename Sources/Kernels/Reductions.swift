// Sums, maxima and their kin along axes, in an order fixed by the shape alone.
//
// Layout     Any run of neighbouring axes is the middle one of [outer, middle, inner].
// Order      A long sum is cut into blocks of 256 terms; blocks are summed first, then their sums
//            in order. The cut depends on the extents, never on the number of threads, so results
//            are the same bits everywhere; and rounding grows with √blocks instead of √terms.
// Read       this file → Tensors/Reductions.swift

/// Terms in one block of a sum.
let sumBlock = 256

/// y[o, i] = Σₘ x[o, m, i].
///
/// - Parameters:
///   - x: `[outer, middle, inner]`.
///   - outer: Extent before the summed axes.
///   - middle: Extent of the summed axes.
///   - inner: Extent after them.
///   - y: `[outer, inner]`; every element is written.
@specialized(where S == Float)
@specialized(where S == Double)
public func sumMiddle<S: KernelScalar>(
  _ x: Buffer<S>, outer: Int, middle: Int, inner: Int, into y: Buffer<S>
) {
  require(
    x.count == outer * middle * inner && y.count == outer * inner,
    "sumMiddle: \(x.count) scalars as [\(outer), \(middle), \(inner)] into \(y.count).")
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  if inner == 1 {
    parallelRuns(outer, grain: max(1, elementGrain / max(1, middle))) { run in
      for o in run { to[o] = lineSum(from + o * middle, middle) }
    }
  } else if outer == 1 && middle > 4 * sumBlock {
    // Few long sums: the blocks in parallel, then their sums in order.
    let blocks = (middle + sumBlock - 1) / sumBlock
    let partial = Buffer<S>(uninitialized: blocks * inner)
    let sums = partial.pointer
    parallelFor(blocks) { block in
      let first = block * sumBlock
      columnSums(
        from + first * inner, rows: min(sumBlock, middle - first), columns: inner,
        into: sums + block * inner)
    }
    columnSums(UnsafePointer(sums), rows: blocks, columns: inner, into: to)
  } else {
    parallelRuns(outer, grain: max(1, elementGrain / max(1, middle * inner))) { run in
      for o in run {
        columnSums(from + o * middle * inner, rows: middle, columns: inner, into: to + o * inner)
      }
    }
  }
}

/// The sum of a line: lanes first, then the lanes pairwise, block by block.
@inline(__always)
func lineSum<S: KernelScalar>(_ x: UnsafePointer<S>, _ count: Int) -> S {
  let lanes = S.Vector.scalarCount
  var total: S = 0
  var start = 0
  while start < count {
    let end = min(count, start + sumBlock * lanes)
    var sums = S.Vector(repeating: 0)
    var i = start
    while i + lanes <= end {
      sums += (x + i).vector
      i += lanes
    }
    for k in 0..<end - i { sums[k] += x[i + k] }
    total += sums.sum()
    start = end
  }
  return total
}

/// y[j] = Σᵢ x[i, j], block by block.
@inline(__always)
func columnSums<S: KernelScalar>(
  _ x: UnsafePointer<S>, rows: Int, columns: Int, into y: UnsafeMutablePointer<S>
) {
  let lanes = S.Vector.scalarCount
  var j = 0
  while j + lanes <= columns {
    var total = S.Vector(repeating: 0)
    var p = x + j
    var start = 0
    while start < rows {
      let end = min(rows, start + sumBlock)
      var sums = S.Vector(repeating: 0)
      for _ in start..<end {
        sums += p.vector
        p += columns
      }
      total += sums
      start = end
    }
    (y + j).vector = total
    j += lanes
  }
  while j < columns {
    var total: S = 0
    var start = 0
    while start < rows {
      let end = min(rows, start + sumBlock)
      var sum: S = 0
      for i in start..<end { sum += x[i * columns + j] }
      total += sum
      start = end
    }
    y[j] = total
    j += 1
  }
}

/// y[o, i] = maxₘ x[o, m, i]; a NaN among the terms gives NaN.
@specialized(where S == Float)
@specialized(where S == Double)
public func maximumMiddle<S: KernelScalar>(
  _ x: Buffer<S>, outer: Int, middle: Int, inner: Int, into y: Buffer<S>
) {
  require(
    x.count == outer * middle * inner && y.count == outer * inner && middle > 0,
    "maximumMiddle: \(x.count) scalars as [\(outer), \(middle), \(inner)] into \(y.count).")
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  parallelRuns(outer, grain: max(1, elementGrain / (middle * max(1, inner)))) { run in
    for o in run {
      for i in 0..<inner {
        var best = from[o * middle * inner + i]
        for m in 1..<max(1, middle) {
          let value = from[(o * middle + m) * inner + i]
          if value > best || value.isNaN { best = value }
        }
        to[o * inner + i] = best
      }
    }
  }
}

/// Σᵢ x[i] · y[i], block by block.
@specialized(where S == Float)
@specialized(where S == Double)
public func dotProduct<S: KernelScalar>(_ x: Buffer<S>, _ y: Buffer<S>) -> S {
  require(x.count == y.count, "dotProduct: \(x.count) against \(y.count) scalars.")
  let lanes = S.Vector.scalarCount
  let block = sumBlock * lanes
  let blocks = (x.count + block - 1) / block
  let partial = Buffer<S>(uninitialized: max(1, blocks))
  let p = UnsafePointer(x.pointer)
  let q = UnsafePointer(y.pointer)
  let sums = partial.pointer
  parallelRuns(blocks, grain: 16) { run in
    for b in run {
      var acc = S.Vector(repeating: 0)
      var i = b * block
      let end = min(x.count, i + block)
      while i + lanes <= end {
        acc = acc.addingProduct((p + i).vector, (q + i).vector)
        i += lanes
      }
      for k in 0..<end - i { acc[k] = acc[k].addingProduct(p[i + k], q[i + k]) }
      sums[b] = acc.sum()
    }
  }
  return blocks == 0 ? 0 : lineSum(UnsafePointer(sums), blocks)
}
