// Butterflies: the small Fourier transforms a long one is made of.
//
// Formula    yₖ = ωₙᵖᵏ Σⱼ xⱼ exp(−2πi jk / r),  k = 0…r−1, for radix r and group p
// Idea       Radix 2, 3, 4 and 5 are written out. Another (odd, prime) radix pairs xⱼ with xᵣ₋ⱼ:
//            their sum meets only cosines and their difference only sines, which halves the work.
// Read       RootsOfUnity.swift ← this file → FourierTransform.swift

/// One complex number in every lane.
struct ComplexVector<S: KernelScalar> {
  var real: S.Vector
  var imaginary: S.Vector

  @inline(__always) init(_ real: S.Vector, _ imaginary: S.Vector) {
    self.real = real
    self.imaginary = imaginary
  }

  @inline(__always) static func + (a: Self, b: Self) -> Self {
    Self(a.real + b.real, a.imaginary + b.imaginary)
  }

  @inline(__always) static func - (a: Self, b: Self) -> Self {
    Self(a.real - b.real, a.imaginary - b.imaginary)
  }

  /// −i · self.
  @inline(__always) var turned: Self { Self(imaginary, -real) }

  @inline(__always) var conjugate: Self { Self(real, -imaginary) }

  /// self + factor · other.
  @inline(__always) func adding(_ factor: S, times other: Self) -> Self {
    let f = S.Vector(repeating: factor)
    return Self(
      real.addingProduct(f, other.real), imaginary.addingProduct(f, other.imaginary))
  }

  @inline(__always) func scaled(by factor: S) -> Self {
    let f = S.Vector(repeating: factor)
    return Self(real * f, imaginary * f)
  }

  /// Times the k-th twiddle of a list of (real, imaginary).
  @inline(__always) func times(_ w: UnsafePointer<S>, _ k: Int) -> Self {
    let wr = S.Vector(repeating: w[2 * k])
    let wi = S.Vector(repeating: w[2 * k + 1])
    return Self(
      (real * wr).addingProduct(-imaginary, wi), (real * wi).addingProduct(imaginary, wr))
  }
}

extension ComplexLanes {
  @inline(__always) subscript(k: Int) -> ComplexVector<Scalar> {
    get { ComplexVector(real[k * stride], imaginary[k * stride]) }
    nonmutating set {
      real[k * stride] = newValue.real
      imaginary[k * stride] = newValue.imaginary
    }
  }
}

func radix2Pass<S: KernelScalar>(
  _ pass: FourierPass, _ x: ComplexLanes<S>, _ y: ComplexLanes<S>, _ twiddles: UnsafePointer<S>
) {
  let (m, s) = (pass.groups, pass.done)
  for p in 0..<m {
    let w = twiddles + 2 * p
    for q in 0..<s {
      let (a, b) = (x[q + s * p], x[q + s * (p + m)])
      y[q + s * 2 * p] = a + b
      y[q + s * (2 * p + 1)] = m == 1 ? a - b : (a - b).times(w, 0)
    }
  }
}

func radix3Pass<S: KernelScalar>(
  _ pass: FourierPass, _ x: ComplexLanes<S>, _ y: ComplexLanes<S>, _ twiddles: UnsafePointer<S>
) {
  let (m, s) = (pass.groups, pass.done)
  let sine = S(3).squareRoot() / 2  // sin(2π / 3)
  for p in 0..<m {
    let w = twiddles + 4 * p
    for q in 0..<s {
      let (a, b, c) = (x[q + s * p], x[q + s * (p + m)], x[q + s * (p + 2 * m)])
      let sum = b + c
      let middle = a.adding(-0.5, times: sum)
      let turn = (b - c).turned.scaled(by: sine)
      y[q + s * 3 * p] = a + sum
      let (y1, y2) = (middle + turn, middle - turn)
      y[q + s * (3 * p + 1)] = m == 1 ? y1 : y1.times(w, 0)
      y[q + s * (3 * p + 2)] = m == 1 ? y2 : y2.times(w, 1)
    }
  }
}

func radix4Pass<S: KernelScalar>(
  _ pass: FourierPass, _ x: ComplexLanes<S>, _ y: ComplexLanes<S>, _ twiddles: UnsafePointer<S>
) {
  let (m, s) = (pass.groups, pass.done)
  for p in 0..<m {
    let w = twiddles + 6 * p
    for q in 0..<s {
      let (a, b) = (x[q + s * p], x[q + s * (p + m)])
      let (c, d) = (x[q + s * (p + 2 * m)], x[q + s * (p + 3 * m)])
      let (even, odd) = (a + c, b + d)
      let (difference, turn) = (a - c, (b - d).turned)
      y[q + s * 4 * p] = even + odd
      let (y1, y2, y3) = (difference + turn, even - odd, difference - turn)
      y[q + s * (4 * p + 1)] = m == 1 ? y1 : y1.times(w, 0)
      y[q + s * (4 * p + 2)] = m == 1 ? y2 : y2.times(w, 1)
      y[q + s * (4 * p + 3)] = m == 1 ? y3 : y3.times(w, 2)
    }
  }
}

func radix5Pass<S: KernelScalar>(
  _ pass: FourierPass, _ x: ComplexLanes<S>, _ y: ComplexLanes<S>, _ twiddles: UnsafePointer<S>
) {
  let (m, s) = (pass.groups, pass.done)
  let (first, second) = (rootOfUnity(1, of: 5), rootOfUnity(2, of: 5))
  let (c1, s1) = (S(first.real), S(-first.imaginary))
  let (c2, s2) = (S(second.real), S(-second.imaginary))
  for p in 0..<m {
    let w = twiddles + 8 * p
    for q in 0..<s {
      let a = x[q + s * p]
      let (b, e) = (x[q + s * (p + m)], x[q + s * (p + 4 * m)])
      let (c, d) = (x[q + s * (p + 2 * m)], x[q + s * (p + 3 * m)])
      let (outer, inner) = (b + e, c + d)
      let (outerTurn, innerTurn) = ((b - e).turned, (c - d).turned)
      y[q + s * 5 * p] = a + outer + inner
      let u1 = a.adding(c1, times: outer).adding(c2, times: inner)
      let u2 = a.adding(c2, times: outer).adding(c1, times: inner)
      let v1 = outerTurn.scaled(by: s1).adding(s2, times: innerTurn)
      let v2 = outerTurn.scaled(by: s2).adding(-s1, times: innerTurn)
      let (y1, y2, y3, y4) = (u1 + v1, u2 + v2, u2 - v2, u1 - v1)
      y[q + s * (5 * p + 1)] = m == 1 ? y1 : y1.times(w, 0)
      y[q + s * (5 * p + 2)] = m == 1 ? y2 : y2.times(w, 1)
      y[q + s * (5 * p + 3)] = m == 1 ? y3 : y3.times(w, 2)
      y[q + s * (5 * p + 4)] = m == 1 ? y4 : y4.times(w, 3)
    }
  }
}

/// Any odd radix.
///
/// `roots` holds cos and sin of 2πjk / r, a row for each k; `pairs` has room for the
/// (r − 1) / 2 sums and differences.
func primePass<S: KernelScalar>(
  _ pass: FourierPass, _ x: ComplexLanes<S>, _ y: ComplexLanes<S>, _ twiddles: UnsafePointer<S>,
  _ roots: UnsafePointer<S>, _ pairs: UnsafeMutablePointer<S.Vector>
) {
  let (r, m, s) = (pass.radix, pass.groups, pass.done)
  let half = (r - 1) / 2
  for p in 0..<m {
    let w = twiddles + 2 * (r - 1) * p
    for q in 0..<s {
      let a = x[q + s * p]
      var total = a
      for j in 1...half {
        let (b, c) = (x[q + s * (p + m * j)], x[q + s * (p + m * (r - j))])
        let (sum, difference) = (b + c, (b - c).turned)
        total = total + sum
        let slot = pairs + 4 * (j - 1)
        slot[0] = sum.real
        slot[1] = sum.imaginary
        slot[2] = difference.real
        slot[3] = difference.imaginary
      }
      y[q + s * r * p] = total
      let out = q + s * r * p
      // Two outputs at a time share the loads of a pair.
      var k = 1
      while k <= half {
        let two = k < half
        let row = roots + 2 * half * (k - 1)
        let below = two ? row + 2 * half : row
        var (u0, u1) = (a, a)
        var (v0, v1) = (a.scaled(by: 0), a.scaled(by: 0))
        for j in 0..<half {
          let slot = pairs + 4 * j
          let (sum, turn) = (
            ComplexVector<S>(slot[0], slot[1]), ComplexVector<S>(slot[2], slot[3])
          )
          u0 = u0.adding(row[2 * j], times: sum)
          v0 = v0.adding(row[2 * j + 1], times: turn)
          u1 = u1.adding(below[2 * j], times: sum)
          v1 = v1.adding(below[2 * j + 1], times: turn)
        }
        let (low, high) = (u0 + v0, u0 - v0)
        y[out + s * k] = m == 1 ? low : low.times(w, k - 1)
        y[out + s * (r - k)] = m == 1 ? high : high.times(w, r - k - 1)
        if two {
          let (low, high) = (u1 + v1, u1 - v1)
          y[out + s * (k + 1)] = m == 1 ? low : low.times(w, k)
          y[out + s * (r - k - 1)] = m == 1 ? high : high.times(w, r - k - 2)
        }
        k += 2
      }
    }
  }
}
