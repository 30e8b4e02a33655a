// Element-wise passes: one function of one scalar, or of two, over whole buffers.
//
// Idea       An operation is a type with one method; the loop is written once and specialised for
//            each, and the compiler turns it into vectors. Every step is one rounding whatever the width,
//            so an element's bits do not depend on its place.
// Read       ElementaryFunctions.swift ← this file → Broadcasting.swift

/// A function of one scalar.
public enum UnaryFunction: String, CaseIterable, Sendable {
  case negate, absolute, square, squareRoot, reciprocal
  case exponential, logarithm, hyperbolicTangent, logistic, errorFunction
  /// max(0, x).
  case rectify
  /// 1 where x > 0, else 0.
  case isPositive
  /// −1, 0 or 1.
  case sign
  /// ½x(1 + erf(x/√2)).
  case gelu
  /// x σ(1.702 x).
  case quickGELU
  /// x σ(x).
  case silu
  /// min(max(0, x), 6).
  case rectifySix
  /// 1 where 0 < x < 6, else 0.
  case isBetweenZeroAndSix
  /// x min(max(0, x + 3), 6)/6.
  case hardSwish
  /// Its derivative: 0 up to −3, 1 from 3, x/3 + ½ between.
  case hardSwishSlope
}

/// A function as the loops see it.
///
/// It is written for one scalar: a conditional expression in a plain
/// loop becomes a vector select, while comparisons of generic vectors compile to a loop over lanes
/// with branches (8 times slower).
protocol ScalarMap {
  associatedtype Scalar: KernelScalar
  func callAsFunction(_ x: Scalar) -> Scalar
}

private struct Mapped<Scalar: KernelScalar>: ScalarMap {
  let function: UnaryFunction
  @inline(__always) init(_ function: UnaryFunction) { self.function = function }

  @inline(__always)
  func callAsFunction(_ x: Scalar) -> Scalar {
    switch function {
    case .negate: return -x
    case .absolute: return x <= 0 ? 0 - x : x  // −0 becomes 0
    case .square: return x * x
    case .squareRoot: return x.squareRoot()
    case .reciprocal: return 1 / x
    case .rectify: return x < 0 ? 0 : x  // keeps a NaN
    case .isPositive: return x > 0 ? 1 : 0
    case .sign: return x > 0 ? 1 : (x < 0 ? -1 : 0)
    case .exponential: return Scalar.exponential(x)
    case .logarithm: return Scalar.logarithm(x)
    case .hyperbolicTangent: return Scalar.hyperbolicTangent(x)
    case .logistic: return Scalar.logistic(x)
    case .errorFunction: return Scalar.errorFunction(x)
    case .gelu:
      let half: Scalar = 0.5
      return x * half.addingProduct(half, Scalar.errorFunction(x * half.squareRoot()))
    case .quickGELU: return x * Scalar.logistic(1.702 * x)
    case .silu: return x * Scalar.logistic(x)
    case .rectifySix: return x < 0 ? 0 : (x > 6 ? 6 : x)
    case .isBetweenZeroAndSix: return x > 0 ? (x < 6 ? 1 : 0) : 0
    case .hardSwish:
      let y = x + 3
      return x * (y < 0 ? 0 : (y > 6 ? 6 : y)) / 6
    case .hardSwishSlope: return x <= -3 ? 0 : (x < 3 ? x / 3 + 0.5 : 1)
    }
  }
}

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
  // One loop for each function: the switch is outside.
  switch function {
  case .negate: mapLoop(Mapped(.negate), x, y)
  case .absolute: mapLoop(Mapped(.absolute), x, y)
  case .square: mapLoop(Mapped(.square), x, y)
  case .squareRoot: mapLoop(Mapped(.squareRoot), x, y)
  case .reciprocal: mapLoop(Mapped(.reciprocal), x, y)
  case .rectify: mapLoop(Mapped(.rectify), x, y)
  case .isPositive: mapLoop(Mapped(.isPositive), x, y)
  case .sign: mapLoop(Mapped(.sign), x, y)
  case .exponential: mapLoop(Mapped(.exponential), x, y)
  case .logarithm: mapLoop(Mapped(.logarithm), x, y)
  case .hyperbolicTangent: mapLoop(Mapped(.hyperbolicTangent), x, y)
  case .logistic: mapLoop(Mapped(.logistic), x, y)
  case .errorFunction: mapLoop(Mapped(.errorFunction), x, y)
  case .gelu: mapLoop(Mapped(.gelu), x, y)
  case .quickGELU: mapLoop(Mapped(.quickGELU), x, y)
  case .silu: mapLoop(Mapped(.silu), x, y)
  case .rectifySix: mapLoop(Mapped(.rectifySix), x, y)
  case .isBetweenZeroAndSix: mapLoop(Mapped(.isBetweenZeroAndSix), x, y)
  case .hardSwish: mapLoop(Mapped(.hardSwish), x, y)
  case .hardSwishSlope: mapLoop(Mapped(.hardSwishSlope), x, y)
  }
}

@inline(__always)
private func mapLoop<M: ScalarMap>(_ f: M, _ x: Buffer<M.Scalar>, _ y: Buffer<M.Scalar>) {
  let from = UnsafePointer(x.pointer)
  let to = y.pointer
  parallelRuns(x.count, grain: elementGrain) { run in
    for i in run { to[i] = f(from[i]) }
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
  forEachRandomPair(x, key: key) { a, b in (low + (high - low) * a, low + (high - low) * b) }
}

/// Fills with normal values of the given deviation (Box & Muller 1958): element i depends on the
/// key and i alone.
@specialized(where S == Float)
@specialized(where S == Double)
public func fillNormal<S: KernelScalar>(_ x: Buffer<S>, key: UInt64, deviation: Double) {
  forEachRandomPair(x, key: key) { a, b in
    let r = deviation * (-2 * Double.logarithm(1 - a)).squareRoot()
    let (s, c) = sineAndCosineOfTurn(b)
    return (r * c, r * s)
  }
}

@inline(__always)
private func forEachRandomPair<S: KernelScalar>(
  _ x: Buffer<S>, key: UInt64, _ body: (Double, Double) -> (Double, Double)
) {
  let to = x.pointer
  let k = SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
  parallelRuns((x.count + 1) / 2, grain: 1 << 13) { run in
    for i in run {
      let w = Philox.block(
        counter: SIMD4(UInt32(truncatingIfNeeded: i), UInt32(truncatingIfNeeded: i >> 32), 0, 0),
        key: k)
      let a = Double((UInt64(w[0]) | UInt64(w[1]) << 32) >> 11) * 0x1p-53
      let b = Double((UInt64(w[2]) | UInt64(w[3]) << 32) >> 11) * 0x1p-53
      let (first, second) = body(a, b)
      to[2 * i] = S(first)
      if 2 * i + 1 < x.count { to[2 * i + 1] = S(second) }
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
  switch Int(quarter) & 3 {
  case 0: return (sine, cosine)
  case 1: return (cosine, -sine)
  case 2: return (-sine, -cosine)
  default: return (-cosine, sine)
  }
}
