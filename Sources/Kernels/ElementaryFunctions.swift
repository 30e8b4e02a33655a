// exp, log, tanh and the logistic function, written so that a loop over them becomes vector code.
//
// Why        The C library's double-precision functions give different bits on different
//            processors, and are not vectorised. These are sums and products in a fixed order, so
//            they give the same bits wherever a fused multiply-add is one rounding.
// Accuracy   Within 1 unit in the last place (exp, log) or 2 (tanh, logistic), in both types; the
//            largest errors measured are 0.73 and 1.43. Infinities, NaN, signed zeros and subnormal
//            numbers as in IEEE 754.
// Read       this file → ErrorFunction.swift → Elementwise.swift
// Tests      Tests/KernelsTests/ElementaryFunctionTests.swift

extension KernelScalar {
  @inline(__always) static var isFloat: Bool { MemoryLayout<Self>.size == 4 }
  @inline(__always) static var mantissaBits: Int { isFloat ? 23 : 52 }
  /// 1.5 · 2^mantissaBits: adding it rounds to an integer, which then sits in the low bits.
  @inline(__always) static var rounder: Self { isFloat ? 12_582_912 : 6_755_399_441_055_744 }
  @inline(__always) static func bits(_ x: Self) -> Bits { unsafeBitCast(x, to: Bits.self) }
  @inline(__always) static func fromBits(_ b: Bits) -> Self { unsafeBitCast(b, to: Self.self) }
  /// 2ⁿ for integers n within the range of exponents.
  @inline(__always) static func power2(_ n: Bits) -> Self {
    fromBits((n &<< Bits(truncatingIfNeeded: mantissaBits)) &+ bits(Self(1)))
  }

  /// x = n · ln 2 + r with |r| ≤ ln 2 / 2.
  @inline(__always)
  private static func reduce(_ x: Self) -> (r: Self, n: Bits) {
    let shifted = rounder.addingProduct(x, Self(1.442_695_040_888_963_4))
    let n = shifted - rounder
    // ln 2 in two parts: the product with the first is exact inside the fused step.
    let high = isFloat ? 0.693_147_182_464_599_6 : 0.693_147_180_559_945_3
    let low = isFloat ? -1.904_654_299_957_767_9e-9 : 2.319_046_813_846_299_6e-17
    let r = x.addingProduct(n, Self(-high)).addingProduct(n, Self(-low))
    return (r, bits(shifted) &- bits(rounder))
  }

  /// (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2: the Taylor series, cut where the rest is below an ulp.
  @inline(__always)
  private static func exponentialTail(_ r: Self) -> Self {
    var p: Self
    if isFloat {
      p = Self(1.0 / 40320)
    } else {
      p = Self(1.0 / 87_178_291_200)
      p = Self(1.0 / 6_227_020_800).addingProduct(p, r)
      p = Self(1.0 / 479_001_600).addingProduct(p, r)
      p = Self(1.0 / 39_916_800).addingProduct(p, r)
      p = Self(1.0 / 3_628_800).addingProduct(p, r)
      p = Self(1.0 / 362_880).addingProduct(p, r)
      p = Self(1.0 / 40320).addingProduct(p, r)
    }
    p = Self(1.0 / 5040).addingProduct(p, r)
    p = Self(1.0 / 720).addingProduct(p, r)
    p = Self(1.0 / 120).addingProduct(p, r)
    p = Self(1.0 / 24).addingProduct(p, r)
    p = Self(1.0 / 6).addingProduct(p, r)
    return Self(0.5).addingProduct(p, r)
  }

  /// eˣ: 2ⁿ · eʳ.
  @inline(__always)
  static func exponential(_ x: Self) -> Self {
    let top = isFloat ? 89.0 : 710.0
    let bottom = isFloat ? -104.5 : -746.0
    let below = x > Self(top) ? Self(top) : x
    let inside = below < Self(bottom) ? Self(bottom) : below
    let (r, n) = reduce(inside)
    let tail = exponentialTail(r)
    let e = Self(1) + r.addingProduct(r * r, tail)
    // Two factors, so that subnormal results and overflow come out by themselves.
    let half = n &>> 1
    return e * power2(half) * power2(n &- half)
  }

  /// eˣ − 1 without cancellation, for x of moderate size: 2ⁿ(eʳ − 1) + (2ⁿ − 1).
  @inline(__always)
  private static func exponentialMinusOne(_ x: Self) -> Self {
    let (r, n) = reduce(x)
    let e = r.addingProduct(r * r, exponentialTail(r))
    let scale = power2(n)
    return (scale - Self(1)).addingProduct(e, scale)
  }

  /// tanh x = (e²ˣ − 1) / (e²ˣ + 1), on |x| with the sign put back.
  @inline(__always)
  static func hyperbolicTangent(_ x: Self) -> Self {
    let limit = isFloat ? 9.5 : 20.0  // tanh is 1 to the last bit beyond
    let magnitude = x < 0 ? -x : x
    let a = magnitude > Self(limit) ? Self(limit) : magnitude
    let m = exponentialMinusOne(a + a)
    let t = m / (m + Self(2))
    return x < 0 ? -t : (x == 0 ? x : t)  // keeps −0
  }

  /// The logistic function 1 / (1 + e⁻ˣ) = eˣ / (1 + eˣ): the form whose exponential is at most 1, so
  /// that the far left tail is eˣ down to the subnormal numbers instead of 1/∞.
  @inline(__always)
  static func logistic(_ x: Self) -> Self {
    let e = exponential(x < 0 ? x : -x)
    return (x < 0 ? e : 1) / (1 + e)
  }

  /// The natural logarithm: x = 2ᵉ · m, log m = 2 artanh s with s = (m − 1)/(m + 1).
  @inline(__always)
  static func logarithm(_ x: Self) -> Self {
    let tiny = x < Self(isFloat ? 0x1p-126 : 0x1p-1022)  // subnormal
    let scaled = tiny ? x * Self(isFloat ? 0x1p24 : 0x1p54) : x
    // Exponent so that m lies in √½ ..< √2: subtract the bits of √½, keep what is above the mantissa.
    let root = bits(Self(0.707_106_781_186_547_5))
    let e = (bits(scaled) &- root) &>> Bits(truncatingIfNeeded: mantissaBits)
    let m = fromBits(bits(scaled) &- (e &<< Bits(truncatingIfNeeded: mantissaBits)))
    // Integer to floating point: the reverse of the rounding trick.
    let biased = fromBits(bits(rounder) &+ e) - rounder
    let exponent = tiny ? biased - Self(isFloat ? 24 : 54) : biased

    // log(1+f) = f − f²/2 + s·(f²/2 + R), s = f/(2+f), R the tail of 2·artanh.
    let f = m - Self(1)
    let s = f / (Self(2) + f)
    let z = s * s
    var p: Self
    if isFloat {
      p = Self(2.0 / 11)
    } else {
      p = Self(2.0 / 23)
      p = Self(2.0 / 21).addingProduct(p, z)
      p = Self(2.0 / 19).addingProduct(p, z)
      p = Self(2.0 / 17).addingProduct(p, z)
      p = Self(2.0 / 15).addingProduct(p, z)
      p = Self(2.0 / 13).addingProduct(p, z)
      p = Self(2.0 / 11).addingProduct(p, z)
    }
    p = Self(2.0 / 9).addingProduct(p, z)
    p = Self(2.0 / 7).addingProduct(p, z)
    p = Self(2.0 / 5).addingProduct(p, z)
    p = Self(2.0 / 3).addingProduct(p, z)
    let halfSquare = f * f * Self(0.5)
    let tail = s * (halfSquare + z * p)
    let high = isFloat ? 0.693_359_375 : 0.693_147_180_369_123_8  // few bits: exponent · high exact
    let low = isFloat ? -2.121_944_400_546_905_8e-4 : 1.908_214_929_270_587_7e-10
    let correction = tail.addingProduct(exponent, Self(low))
    let y = exponent * Self(high) + (f - (halfSquare - correction))
    // −∞ at 0, NaN below; ∞ and NaN are their own logarithms.
    let below = x == 0 ? -Self.infinity : Self.nan
    return x > 0 && x < Self.infinity ? y : (x <= 0 ? below : x)
  }
}
