// The angle of a vector, in half turns: atan2(y, x) / π, the same bits on every machine.
//
// Formula    r = min(|x|, |y|) / max(|x|, |y|); above tan(π/8): atan r = π/4 + atan((r − 1) / (r + 1))
//            atan r = r + r z P(z), z = r²
// Idea       P is the polynomial whose largest error, relative to atan, is smallest on 0 … tan²(π/8)
//            (Remez exchange in 60 digits): 6.5e-10 for Float with 5 terms, 1.2e-18 for Double with
//            11. One division serves both branches. In half turns the reflections that undo the octant
//            are exact, so multiples of 45° are exact, where rounded radians would put a diagonal
//            edge beside the border between two bins.
// Tests      Tests/KernelsTests/ArcTangentTests.swift

/// The angle of (x, y) in each lane, in half turns, −1 … 1.
///
/// 0 where both are 0; within 2 ulp for finite arguments.
@inline(__always)
func halfTurns<S: KernelScalar>(
  y: S.Vector, x: S.Vector, as _: S.Type
) -> S.Vector {
  typealias V = S.Vector
  let zero = V(repeating: 0)
  let (absX, absY) = (
    x.replacing(with: -x, where: x .< zero), y.replacing(with: -y, where: y .< zero)
  )
  let steep = absY .> absX
  let (larger, smaller) = (
    absX.replacing(with: absY, where: steep), absY.replacing(with: absX, where: steep)
  )
  let beyond = smaller .> larger * V(repeating: S(0.41421356237309503))  // tan(π/8)
  let above = smaller.replacing(with: smaller - larger, where: beyond)
  let below = larger.replacing(with: smaller + larger, where: beyond)
  let flat = larger .== zero
  let r = above / below.replacing(with: V(repeating: 1), where: flat)
  let z = r * r
  let base = zero.replacing(with: V(repeating: 0.25), where: beyond)
  // r (1 + z P) / π with 1 / π in two parts: the rounding of the constant would cost half a unit.
  let inverse = S(0.31830988618379067)
  let rest =
    S.self == Float.self ? S(0.31830988618379067 - Double(inverse)) : S(-1.9678676675182486e-17)
  let tail = V(repeating: rest).addingProduct(
    V(repeating: inverse), z * arcTangentPolynomial(z, as: S.self))
  var angle = base + (r * tail).addingProduct(r, V(repeating: inverse))
  angle = angle.replacing(with: V(repeating: 0.5) - angle, where: steep)
  angle = angle.replacing(with: V(repeating: 1) - angle, where: x .< zero)
  return angle.replacing(with: -angle, where: y .< zero)
}

/// P: (atan √z / √z − 1) / z on 0 … tan²(π/8), by Horner's rule.
@inline(__always)
private func arcTangentPolynomial<S: KernelScalar>(_ z: S.Vector, as _: S.Type) -> S.Vector {
  @inline(__always) func next(_ sum: S.Vector, _ coefficient: S) -> S.Vector {
    S.Vector(repeating: coefficient).addingProduct(sum, z)
  }
  if S.self == Float.self {
    var p = S.Vector(repeating: S(-0.060834746978043406162))
    p = next(p, S(0.10596010549451481339))
    p = next(p, S(-0.1424385004844842388))
    p = next(p, S(0.19998489512113010263))
    return next(p, S(-0.33333315506534668689))
  }
  var p = S.Vector(repeating: S(-0.01792250672997892398))
  p = next(p, S(0.038078527799413853388))
  p = next(p, S(-0.05039853611580538741))
  p = next(p, S(0.058480107031648411503))
  p = next(p, S(-0.066631206277499895912))
  p = next(p, S(0.076920616583931751945))
  p = next(p, S(-0.090908978376336614548))
  p = next(p, S(0.11111110786178569229))
  p = next(p, S(-0.1428571428024931331))
  p = next(p, S(0.1999999999995408991))
  return next(p, S(-0.33333333333333199135))
}

/// atan2(y, x) / π of every element.
///
/// - Parameters:
///   - y: Ordinates, finite.
///   - x: Abscissae, as many.
///   - result: Receives the angles in half turns, −1 … 1.
@specialized(where S == Float)
@specialized(where S == Double)
public func halfTurns<S: KernelScalar>(y: Buffer<S>, x: Buffer<S>, into result: Buffer<S>) {
  requireExtent(x, y.count, "halfTurns, x")
  requireExtent(result, y.count, "halfTurns, result")
  let lanes = S.Vector.scalarCount
  for start in stride(from: 0, to: y.count, by: lanes) {
    var (a, b) = (S.Vector(repeating: 0), S.Vector(repeating: 1))
    let filled = min(lanes, y.count - start)
    for lane in 0..<filled {
      (a[lane], b[lane]) = (y.pointer[start + lane], x.pointer[start + lane])
    }
    let angle = halfTurns(y: a, x: b, as: S.self)
    for lane in 0..<filled { result.pointer[start + lane] = angle[lane] }
  }
}
