// Element-wise passes: one function of one scalar, or of two, over whole buffers.
//
// Idea       An operation is a type with one method; the loop is written once and specialised for
//            each, and the compiler turns it into vectors. Every step is one rounding whatever the width,
//            so an element's bits do not depend on its place.
// Read       ScalarFunctions.swift ← this file → Broadcasting.swift

/// Elements that one piece of an element-wise pass covers.
let elementGrain = 1 << 15

/// y = f(x), element by element.
///
/// - Parameters:
///   - function: f.
///   - x: The argument.
///   - y: As long as `x`; may be `x`.
@specialized(where S == Float)
@specialized(where S == Double)
public func map<S: KernelScalar>(_ function: UnaryFunction, _ x: Buffer<S>, into y: Buffer<S>) {
  require(x.count == y.count, "map: \(x.count) scalars into \(y.count).")
  switch function {
  case .negate: mapLoop(Negate(), x, y)
  case .absolute: mapLoop(Absolute(), x, y)
  case .square: mapLoop(Square(), x, y)
  case .squareRoot: mapLoop(SquareRoot(), x, y)
  case .reciprocal: mapLoop(Reciprocal(), x, y)
  case .exponential: mapLoop(Exponential(), x, y)
  case .logarithm: mapLoop(Logarithm(), x, y)
  case .hyperbolicTangent: mapLoop(HyperbolicTangent(), x, y)
  case .logistic: mapLoop(Logistic(), x, y)
  case .errorFunction: mapLoop(ErrorFunction(), x, y)
  case .rectify: mapLoop(Rectify(), x, y)
  case .isPositive: mapLoop(IsPositive(), x, y)
  case .sign: mapLoop(Sign(), x, y)
  case .gelu: mapLoop(GELU(), x, y)
  case .quickGELU: mapLoop(QuickGELU(), x, y)
  case .silu: mapLoop(SiLU(), x, y)
  case .rectifySix: mapLoop(RectifySix(), x, y)
  case .isBetweenZeroAndSix: mapLoop(IsBetweenZeroAndSix(), x, y)
  case .hardSwish: mapLoop(HardSwish(), x, y)
  case .hardSwishSlope: mapLoop(HardSwishSlope(), x, y)
  }
}

@inline(never)  // else the body above, whose type is open, is compiled with twenty loops in it
private func mapLoop<M: ScalarMap>(_ f: M, _ x: Buffer<M.Scalar>, _ y: Buffer<M.Scalar>) {
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  parallelRuns(x.count, grain: elementGrain) { run in
    // Two addresses that turn out to be one would be taken for an overlap, and no vector be used.
    if from == UnsafePointer(to) {
      for i in run { to[i] = f(to[i]) }
    } else {
      for i in run { to[i] = f(from[i]) }
    }
  }
}

/// y = scale · x + shift.
@specialized(where S == Float)
@specialized(where S == Double)
public func scaleAndShift<S: KernelScalar>(
  _ x: Buffer<S>, scale: S, shift: S, into y: Buffer<S>
) {
  require(x.count == y.count, "scaleAndShift: \(x.count) scalars into \(y.count).")
  mapLoop(Affine(scale: scale, shift: shift), x, y)
}

private struct Affine<Scalar: KernelScalar>: ScalarMap {
  let scale: Scalar
  let shift: Scalar
  @inline(__always) func callAsFunction(_ x: Scalar) -> Scalar { shift.addingProduct(x, scale) }
}

/// y += scale · x.
@specialized(where S == Float)
@specialized(where S == Double)
public func accumulate<S: KernelScalar>(_ x: Buffer<S>, scale: S = 1, into y: Buffer<S>) {
  require(x.count == y.count, "accumulate: \(x.count) scalars into \(y.count).")
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  parallelRuns(x.count, grain: elementGrain) { run in
    // One fused step for every element, so the compiler's vectors and the tail agree.
    for i in run { to[i] = to[i].addingProduct(from[i], scale) }
  }
}

/// Converts between the two number types, rounding to nearest even.
@specialized(where S == Float, T == Double)
@specialized(where S == Double, T == Float)
@specialized(where S == Float, T == Float)
@specialized(where S == Double, T == Double)
public func convert<S: KernelScalar, T: KernelScalar>(_ x: Buffer<S>, into y: Buffer<T>) {
  require(x.count == y.count, "convert: \(x.count) scalars into \(y.count).")
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  parallelRuns(x.count, grain: elementGrain) { run in
    for i in run { to[i] = T(from[i]) }
  }
}

/// Whether every scalar is finite.
@specialized(where S == Float)
@specialized(where S == Double)
public func allFinite<S: KernelScalar>(_ x: Buffer<S>) -> Bool {
  // 0 · x is 0 exactly where x is finite, so the sum is 0 or NaN.
  var sum: S = 0
  for i in 0..<x.count { sum += 0 * x.pointer[i] }
  return sum == 0
}

/// Fills with uniform values between two bounds: element i depends on the key and i alone.
///
/// - Parameters:
///   - x: What is filled.
///   - key: The 64 bits that key Philox.
///   - low: Smallest value.
///   - high: Largest value.
@specialized(where S == Float)
@specialized(where S == Double)
public func fillUniform<S: KernelScalar>(_ x: Buffer<S>, key: UInt64, low: Double, high: Double) {
  fillFromPairs(x, key: key) { a, b, first, second, count in
    for i in 0..<count { first[i] = low + (high - low) * a[i] }
    for i in 0..<count { second[i] = low + (high - low) * b[i] }
  }
}

/// Fills with normal values of the given deviation (Box & Muller 1958): element i depends on the
/// key and i alone.
@specialized(where S == Float)
@specialized(where S == Double)
public func fillNormal<S: KernelScalar>(_ x: Buffer<S>, key: UInt64, deviation: Double) {
  fillFromPairs(x, key: key) { a, b, first, second, count in
    for i in 0..<count {
      let r = deviation * (-2 * Double.logarithm(1 - a[i])).squareRoot()
      let (s, c) = sineAndCosineOfTurn(b[i])
      first[i] = r * c
      second[i] = r * s
    }
  }
}

/// Elements 2i and 2i + 1 from the two uniform numbers in 0..<1 that block i of Philox gives.
///
/// `body` turns some numbers a and b into elements; it sees many at once, so that its loop becomes vectors.
@inline(__always)
private func fillFromPairs<S: KernelScalar>(
  _ x: Buffer<S>, key: UInt64,
  _ body: (
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>,
    _ first: UnsafeMutablePointer<Double>, _ second: UnsafeMutablePointer<Double>, _ count: Int
  ) -> Void
) {
  let to = x.pointer
  let k = SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
  let most = 128
  parallelRuns((x.count + 1) / 2, grain: 1 << 13) { run in
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 4 * most) { room in
      guard let a = room.baseAddress else { return }
      let (b, first, second) = (a + most, a + 2 * most, a + 3 * most)
      var start = run.lowerBound
      while start < run.upperBound {
        let count = min(most, run.upperBound - start)
        for n in 0..<count {
          let i = start + n
          let (low, high) = (UInt32(truncatingIfNeeded: i), UInt32(truncatingIfNeeded: i >> 32))
          let w = Philox.block(counter: SIMD4(low, high, 0, 0), key: k)
          a[n] = Double((UInt64(w[0]) | UInt64(w[1]) << 32) >> 11) * 0x1p-53
          b[n] = Double((UInt64(w[2]) | UInt64(w[3]) << 32) >> 11) * 0x1p-53
        }
        body(UnsafePointer(a), UnsafePointer(b), first, second, count)
        let whole = min(count, x.count / 2 - start)
        for n in 0..<whole {
          to[2 * (start + n)] = S(first[n])
          to[2 * (start + n) + 1] = S(second[n])
        }
        // An odd number of elements ends with half a pair.
        if whole < count { to[2 * (start + whole)] = S(first[whole]) }
        start += count
      }
    }
  }
}

/// sin 2πt and cos 2πt for t in 0..<1: the nearest eighth of a turn, then the Taylor series.
@inline(__always)
func sineAndCosineOfTurn(_ t: Double) -> (sine: Double, cosine: Double) {
  let quarter = (4 * t).rounded()
  let x = (4 * t - quarter) * (Double.pi / 2)  // |x| ≤ π/4; the difference is exact
  let z = x * x
  var s = -1.0 / 1_307_674_368_000
  s = s * z + 1.0 / 6_227_020_800
  s = s * z - 1.0 / 39_916_800
  s = s * z + 1.0 / 362_880
  s = s * z - 1.0 / 5040
  s = s * z + 1.0 / 120
  s = s * z - 1.0 / 6
  let sine = x + x * z * s
  var c = 1.0 / 20_922_789_888_000
  c = c * z - 1.0 / 87_178_291_200
  c = c * z + 1.0 / 479_001_600
  c = c * z - 1.0 / 3_628_800
  c = c * z + 1.0 / 40320
  c = c * z - 1.0 / 720
  c = c * z + 1.0 / 24
  let cosine = 1 - z / 2 + z * z * c
  // (s, c), (c, −s), (−s, −c), (−c, s), chosen without a branch.
  let turn = Int(quarter)
  let first = turn & 1 == 0 ? sine : cosine
  let second = turn & 1 == 0 ? cosine : sine
  return (turn & 2 == 0 ? first : -first, (turn + 1) & 2 == 0 ? second : -second)
}
