// Functions of two scalars over buffers of different shapes, as NumPy and PyTorch broadcast them.
//
// Rule       Shapes are aligned at their last axis; an axis of extent 1 (or a missing one) repeats.
// Idea       Neighbouring axes that repeat alike are joined, so that most cases become one long
//            inner loop in which an operand either advances by one or stays.
// Read       Elementwise.swift ← this file → Tensors/Arithmetic.swift

/// The shape two shapes broadcast to, or nil if they do not.
public func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int]? {
  let rank = max(a.count, b.count)
  var shape = [Int](repeating: 1, count: rank)
  for i in 0..<rank {
    let x = i < rank - a.count ? 1 : a[i - (rank - a.count)]
    let y = i < rank - b.count ? 1 : b[i - (rank - b.count)]
    guard x == y || x == 1 || y == 1 else { return nil }
    shape[i] = x == 1 ? y : x
  }
  return shape
}

/// z = f(x, y) with broadcasting.
///
/// - Parameters:
///   - function: f.
///   - x: First argument.
///   - xShape: Shape of `x`.
///   - y: Second argument.
///   - yShape: Shape of `y`.
///   - z: As many scalars as the broadcast shape; may be `x` or `y` if that has the same shape.
@specialized(where S == Float)
@specialized(where S == Double)
public func combine<S: KernelScalar>(
  _ function: BinaryFunction, _ x: Buffer<S>, _ xShape: [Int], _ y: Buffer<S>, _ yShape: [Int],
  into z: Buffer<S>
) {
  guard let shape = broadcastShape(xShape, yShape), shape.reduce(1, *) == z.count,
    xShape.reduce(1, *) == x.count, yShape.reduce(1, *) == y.count
  else { fatalError("combine: shapes \(xShape) and \(yShape) do not fit \(z.count) results.") }
  let walk = BroadcastWalk(shape, xShape, yShape)
  switch function {
  case .add: combineLoop(Add(), walk, x, y, z)
  case .subtract: combineLoop(Subtract(), walk, x, y, z)
  case .multiply: combineLoop(Multiply(), walk, x, y, z)
  case .divide: combineLoop(Divide(), walk, x, y, z)
  case .maximum: combineLoop(Maximum(), walk, x, y, z)
  case .minimum: combineLoop(Minimum(), walk, x, y, z)
  }
}

/// The axes of a broadcast, joined where possible, the last one innermost.
struct BroadcastWalk {
  var extents: [Int] = []
  var xSteps: [Int] = []
  var ySteps: [Int] = []

  init(_ shape: [Int], _ xShape: [Int], _ yShape: [Int]) {
    var xStride = 1
    var yStride = 1
    for i in shape.indices.reversed() {
      let fromEnd = shape.count - i
      let xExtent = fromEnd <= xShape.count ? xShape[xShape.count - fromEnd] : 1
      let yExtent = fromEnd <= yShape.count ? yShape[yShape.count - fromEnd] : 1
      let xStep = xExtent == 1 ? 0 : xStride
      let yStep = yExtent == 1 ? 0 : yStride
      xStride *= xExtent
      yStride *= yExtent
      guard shape[i] != 1 else { continue }
      if let extent = extents.first, xSteps[0] * extent == xStep, ySteps[0] * extent == yStep {
        extents[0] = extent * shape[i]
      } else {
        extents.insert(shape[i], at: 0)
        xSteps.insert(xStep, at: 0)
        ySteps.insert(yStep, at: 0)
      }
    }
    if extents.isEmpty { (extents, xSteps, ySteps) = ([shape.contains(0) ? 0 : 1], [1], [1]) }
  }
}

@inline(never)
private func combineLoop<P: ScalarPairing>(
  _ f: P, _ walk: BroadcastWalk, _ x: Buffer<P.Scalar>, _ y: Buffer<P.Scalar>, _ z: Buffer<P.Scalar>
) {
  let axes = walk.extents.count
  let length = walk.extents[axes - 1]
  guard length > 0, z.count > 0 else { return }
  let xStep = walk.xSteps[axes - 1]
  let yStep = walk.ySteps[axes - 1]
  let from = UnsafePointer(x.pointer)
  let other = UnsafePointer(y.pointer)
  let to = z.pointer
  let lines = z.count / length
  // A piece is whole lines, or a part of a line when there is only a long one.
  let part = lines >= 2 * ThreadTeam.count ? length : min(length, elementGrain)
  let parts = (length + part - 1) / part
  parallelRuns(lines * parts, grain: max(1, elementGrain / part)) { run in
    for piece in run {
      var rest = piece / parts
      var xOffset = 0
      var yOffset = 0
      for axis in (0..<axes - 1).reversed() {
        let index = rest % walk.extents[axis]
        rest /= walk.extents[axis]
        xOffset += index * walk.xSteps[axis]
        yOffset += index * walk.ySteps[axis]
      }
      let start = piece % parts * part
      let count = min(part, length - start)
      let p = from + xOffset + start * xStep
      let q = other + yOffset + start * yStep
      let r = to + piece / parts * length + start
      if UnsafePointer(r) == p && xStep == 1 && yStep == 1 {
        // In place: two addresses that are one would be taken for an overlap, and no vector be used.
        for i in 0..<count { r[i] = f(r[i], q[i]) }
      } else if xStep == 1 && yStep == 1 {
        for i in 0..<count { r[i] = f(p[i], q[i]) }
      } else if xStep == 1 {
        let b = q[0]
        for i in 0..<count { r[i] = f(p[i], b) }
      } else {
        let a = p[0]
        for i in 0..<count { r[i] = f(a, q[i]) }
      }
    }
  }
}
