// The functions of one scalar and of two that run over whole tensors.
//
// Idea       A function is a type without content. A loop over it is compiled once for each, with nothing
//            left to decide inside; a value that says which function it is would put a switch into every step,
//            and such a loop does not become vectors (measured: 8 to 10 ns an element against 0.3 to 2).
// Why scalar A conditional expression in a plain loop becomes a vector select, while comparisons of generic
//            vectors compile to a loop over lanes with branches.
// Read       ElementaryFunctions.swift, ErrorFunction.swift ← this file → Elementwise.swift, Broadcasting.swift

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

/// A function of two scalars.
public enum BinaryFunction: String, CaseIterable, Sendable {
  case add, subtract, multiply, divide, maximum, minimum
}

/// A function of one scalar, as a loop sees it.
protocol ScalarMap<Scalar> {
  associatedtype Scalar: KernelScalar
  func callAsFunction(_ x: Scalar) -> Scalar
}

/// A function of two scalars, as a loop sees it.
protocol ScalarPairing<Scalar> {
  associatedtype Scalar: KernelScalar
  func callAsFunction(_ x: Scalar, _ y: Scalar) -> Scalar
}

struct Negate<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { -x }
}

struct Absolute<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { x <= 0 ? 0 - x : x }  // −0 becomes 0
}

struct Square<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { x * x }
}

struct SquareRoot<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { x.squareRoot() }
}

struct Reciprocal<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { 1 / x }
}

struct Exponential<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { S.exponential(x) }
}

struct Logarithm<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { S.logarithm(x) }
}

struct HyperbolicTangent<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { S.hyperbolicTangent(x) }
}

struct Logistic<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { S.logistic(x) }
}

struct ErrorFunction<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { S.errorFunction(x) }
}

struct Rectify<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { x < 0 ? 0 : x }  // keeps a NaN
}

struct IsPositive<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { x > 0 ? 1 : 0 }
}

struct Sign<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { (x > 0 ? 1 : 0) - (x < 0 ? 1 : 0) }
}

struct GELU<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S {
    let half: S = 0.5
    return x * half.addingProduct(half, S.errorFunction(x * 0.707_106_781_186_547_6))  // √½
  }
}

struct QuickGELU<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { x * S.logistic(1.702 * x) }
}

struct SiLU<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { x * S.logistic(x) }
}

struct RectifySix<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { S.clamped(x) }
}

struct IsBetweenZeroAndSix<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { (x > 0 ? 1 : 0) * (x < 6 ? 1 : 0) }
}

struct HardSwish<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S { x * S.clamped(x + 3) / 6 }
}

struct HardSwishSlope<S: KernelScalar>: ScalarMap {
  @inline(__always) func callAsFunction(_ x: S) -> S {
    let inside = x < 3 ? x / 3 + 0.5 : 1
    return x <= -3 ? 0 : inside
  }
}

extension KernelScalar {
  /// min(max(0, x), 6); a NaN stays.
  @inline(__always)
  fileprivate static func clamped(_ x: Self) -> Self {
    let above = x < 0 ? 0 : x
    return above > 6 ? 6 : above
  }
}

struct Add<S: KernelScalar>: ScalarPairing {
  @inline(__always) func callAsFunction(_ x: S, _ y: S) -> S { x + y }
}

struct Subtract<S: KernelScalar>: ScalarPairing {
  @inline(__always) func callAsFunction(_ x: S, _ y: S) -> S { x - y }
}

struct Multiply<S: KernelScalar>: ScalarPairing {
  @inline(__always) func callAsFunction(_ x: S, _ y: S) -> S { x * y }
}

struct Divide<S: KernelScalar>: ScalarPairing {
  @inline(__always) func callAsFunction(_ x: S, _ y: S) -> S { x / y }
}

struct Maximum<S: KernelScalar>: ScalarPairing {
  @inline(__always) func callAsFunction(_ x: S, _ y: S) -> S { x < y ? y : x }
}

struct Minimum<S: KernelScalar>: ScalarPairing {
  @inline(__always) func callAsFunction(_ x: S, _ y: S) -> S { x > y ? y : x }
}
