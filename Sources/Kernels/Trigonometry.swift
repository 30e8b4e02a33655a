// Sine and cosine, and the elementary functions for a single number: what floors above compute filters,
// schedules and shapes with.
//
// Why        The C library's functions choose their code by the processor at hand, and give different
//            last bits on different ones. These are sums and products in a fixed order.
// Formula    x = n π/2 + r, |r| ≤ π/4, r in two parts; then the Taylor series of sin r and cos r, the
//            second part and the rounding of 1 − r²/2 carried along
// Accuracy   Sine and cosine within 0.6 units in the last place for |x| ≤ 2²⁰ (largest error measured:
//            0.55), NaN beyond; of parts of a turn within 2 (measured: 1.26). Exponential and logarithm
//            within 1, the angle of a vector within 3 (measured: 1.29).
// Read       ElementaryFunctions.swift, ArcTangent.swift ← this file → RootsOfUnity.swift
// Tests      Tests/KernelsTests/TrigonometryTests.swift

/// Elementary functions of one `Double`, with the same bits on every machine.
public enum Elementary {
  /// eˣ.
  public static func exponential(_ x: Double) -> Double { Double.exponential(x) }

  /// ln x; −∞ at 0, NaN below.
  public static func logarithm(_ x: Double) -> Double { Double.logarithm(x) }

  /// sin x, x in radians with |x| ≤ 2²⁰; NaN beyond.
  public static func sine(_ x: Double) -> Double {
    if x == 0 { return x }  // keeps −0
    let (quarters, high, low) = reduced(x)
    let (s, c) = sineAndCosine(high, low)
    let magnitude = quarters & 1 == 0 ? s : c
    return quarters & 2 == 0 ? magnitude : -magnitude
  }

  /// cos x, x in radians with |x| ≤ 2²⁰; NaN beyond.
  public static func cosine(_ x: Double) -> Double {
    let (quarters, high, low) = reduced(x)
    let (s, c) = sineAndCosine(high, low)
    let magnitude = quarters & 1 == 0 ? c : -s
    return quarters & 2 == 0 ? magnitude : -magnitude
  }

  /// The angle of the vector (x, y) in radians, −π … π; 0 where both are 0.
  public static func angle(y: Double, x: Double) -> Double { Double.pi * halfTurns(y: y, x: x) }

  /// x = n π/2 + high + low.
  private static func reduced(_ x: Double) -> (quarters: Int, high: Double, low: Double) {
    guard x.magnitude <= 0x1p20 else { return (0, .nan, 0) }
    let n = (x * 0.63661977236758138).rounded(.toNearestOrEven)
    // π/2 in three parts. The first difference is exact: both sides are multiples of 2⁻⁵³ (or n is 0).
    let first = x.addingProduct(-n, 1.5707963267948966)
    let high = first.addingProduct(-n, 6.123233995736766e-17)
    let low = (first - high).addingProduct(-n, 6.123233995736766e-17)
      .addingProduct(-n, -1.4973849048591698e-33)
    return (Int(n) & 3, high, low)
  }
}

/// sin and cos of high + low, for |high| ≤ π/4 and a low part below its last place.
func sineAndCosine(_ high: Double, _ low: Double) -> (sine: Double, cosine: Double) {
  let z = high * high
  var s = 1.0 / 355_687_428_096_000
  s = (-1.0 / 1_307_674_368_000).addingProduct(s, z)
  s = (1.0 / 6_227_020_800).addingProduct(s, z)
  s = (-1.0 / 39_916_800).addingProduct(s, z)
  s = (1.0 / 362_880).addingProduct(s, z)
  s = (-1.0 / 5040).addingProduct(s, z)
  s = (1.0 / 120).addingProduct(s, z)
  s = (-1.0 / 6).addingProduct(s, z)
  let sine = high + (low * (1 - z / 2)).addingProduct(high * z, s)
  var c = -1.0 / 6_402_373_705_728_000
  c = (1.0 / 20_922_789_888_000).addingProduct(c, z)
  c = (-1.0 / 87_178_291_200).addingProduct(c, z)
  c = (1.0 / 479_001_600).addingProduct(c, z)
  c = (-1.0 / 3_628_800).addingProduct(c, z)
  c = (1.0 / 40320).addingProduct(c, z)
  c = (-1.0 / 720).addingProduct(c, z)
  c = (1.0 / 24).addingProduct(c, z)
  let half = z / 2
  let top = 1 - half
  // What 1 − z/2 lost, and what z lost when it was rounded.
  let lost = ((1 - top) - half) - 0.5 * (-z).addingProduct(high, high)
  let cosine = top + (lost - high * low).addingProduct(z * z, c)
  return (sine, cosine)
}
