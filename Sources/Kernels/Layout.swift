// Moving scalars: permuted axes, slices, gathered and scattered rows.
//
// Idea       A permutation, a slice or its reverse is one strided copy: for each index of the dense
//            side, an offset on the other side. Only the innermost axis runs in a plain loop.
// Read       this file → Tensors/Indexing.swift

/// Copies between a dense block and a strided one.
///
/// - Parameters:
///   - extents: Shape of the dense block.
///   - steps: For each axis, scalars from one index to the next on the strided side.
///   - offset: First scalar on the strided side.
///   - x: The source.
///   - y: The target.
///   - scatter: false: y is dense and x strided (a slice, a transpose); true: the reverse.
@specialized(where S == Float)
@specialized(where S == Double)
public func stridedCopy<S: KernelScalar>(
  extents: [Int], steps: [Int], offset: Int, _ x: Buffer<S>, into y: Buffer<S>,
  scatter: Bool = false
) {
  let total = extents.reduce(1, *)
  guard total > 0 else { return }
  let reach = offset + zip(extents, steps).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
  require(
    extents.count == steps.count && offset >= 0 && steps.allSatisfy { $0 >= 0 }
      && reach < (scatter ? y.count : x.count) && total <= (scatter ? x.count : y.count),
    "stridedCopy: extents \(extents), steps \(steps), offset \(offset) leave the buffer.")
  let axes = extents.count
  let length = axes == 0 ? 1 : extents[axes - 1]
  let step = axes == 0 ? 1 : steps[axes - 1]
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  parallelRuns(total / length, grain: max(1, elementGrain / length)) { run in
    for line in run {
      var rest = line
      var far = offset
      for axis in (0..<max(0, axes - 1)).reversed() {
        far += rest % extents[axis] * steps[axis]
        rest /= extents[axis]
      }
      let near = line * length
      if scatter {
        for i in 0..<length { to[far + i * step] = from[near + i] }
      } else if step == 1 {
        (to + near).update(from: from + far, count: length)
      } else {
        for i in 0..<length { to[near + i] = from[far + i * step] }
      }
    }
  }
}

/// y[r] = x[indices[r]] for rows of `width` scalars.
@specialized(where S == Float)
@specialized(where S == Double)
public func gatherRows<S: KernelScalar>(
  _ x: Buffer<S>, width: Int, indices: [Int], into y: Buffer<S>
) {
  let rows = width == 0 ? 0 : x.count / width
  require(
    y.count == indices.count * width && indices.allSatisfy { $0 >= 0 && $0 < rows },
    "gatherRows: an index outside 0..<\(rows), or a target of the wrong length.")
  for (r, index) in indices.enumerated() {
    (y.pointer + r * width).update(from: x.pointer + index * width, count: width)
  }
}

/// y[indices[r]] += x[r] for rows of `width` scalars, in the order of r.
@specialized(where S == Float)
@specialized(where S == Double)
public func scatterAddRows<S: KernelScalar>(
  _ x: Buffer<S>, width: Int, indices: [Int], into y: Buffer<S>
) {
  let rows = width == 0 ? 0 : y.count / width
  require(
    x.count == indices.count * width && indices.allSatisfy { $0 >= 0 && $0 < rows },
    "scatterAddRows: an index outside 0..<\(rows), or a source of the wrong length.")
  for (r, index) in indices.enumerated() {
    let to = y.pointer + index * width
    let from = x.pointer + r * width
    for i in 0..<width { to[i] += from[i] }
  }
}
