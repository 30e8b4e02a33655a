// The discrete Fourier transform of any length, many signals at once.
//
// Source     Cooley & Tukey, Math. Comp. 19, 1965; Stockham's self-sorting order, AFIPS 28, 1966
// Formula    X[k] = Σⱼ x[j] exp(−2πi jk / n)           forward, not normalised
//            x[j] = n⁻¹ Σₖ X[k] exp(+2πi jk / n)       inverse
// Idea       The batch is the vector: `lanes` independent signals lie side by side, so that every
//            butterfly is plain vector arithmetic, without a shuffle, for every length.
//            n = r₁ r₂ … : one pass for each factor; a pass with radix r, m groups still to be split
//            and s = r₁ … already split takes x[q + s(p + mj)] to y[q + s(rp + k)].
//            Reversing the sign of i is exchanging real and imaginary parts, so the inverse is the
//            forward transform with the two pointers exchanged.
// Shapes     real and imaginary part: [count, lanes] each, lanes = Scalar.Vector.scalarCount
// Cost       ~5 n log₂ n operations for factors 2, 3, 4, 5; another prime p costs ~p more a point
// Read       RootsOfUnity.swift, FourierButterflies.swift ← this file → FourierTransform2D.swift
// Tests      Tests/KernelsTests/FourierTransformTests.swift

/// The factors, twiddles and roots for transforms of one length.
public final class FourierTransform<Scalar: KernelScalar>: Sendable {
  /// Length of the signals.
  public let count: Int
  let passes: [FourierPass]
  /// For each pass exp(−2πi pk / rm), p = 0…m−1, k = 1…r−1, as real, imaginary.
  let twiddles: Buffer<Scalar>
  /// For each pass of another radix than 2 to 5: cos and sin of 2πjk / r for j, k = 1…(r−1)/2.
  let roots: Buffer<Scalar>
  let largestRadix: Int

  /// Computes the tables, in `Double`, for length `count`.
  ///
  /// - Parameter count: Length of the signals, at least 1.
  public init(count: Int) {
    require(count >= 1, "FourierTransform: a length of \(count). To mend: pass 1 or more.")
    self.count = count
    var passes: [FourierPass] = []
    var twiddles: [Scalar] = []
    var roots: [Scalar] = []
    var done = 1
    for radix in FourierTransform.radices(of: count) {
      let groups = count / done / radix
      passes.append(
        FourierPass(
          radix: radix, groups: groups, done: done, twiddleOffset: twiddles.count,
          rootOffset: roots.count))
      for p in 0..<groups {
        for k in 1..<radix {
          let w = rootOfUnity(p * k, of: groups * radix)
          twiddles += [Scalar(w.real), Scalar(w.imaginary)]
        }
      }
      if radix > 5 {
        let half = (radix - 1) / 2
        for k in 1...half {
          for j in 1...half {
            let w = rootOfUnity(j * k, of: radix)
            roots += [Scalar(w.real), Scalar(-w.imaginary)]
          }
        }
      }
      done *= radix
    }
    self.passes = passes
    self.twiddles = Buffer(twiddles)
    self.roots = Buffer(roots)
    largestRadix = passes.map(\.radix).max() ?? 1
  }

  /// Fours first, then 2, 3, 5 and the other primes: the last pass needs no twiddles, which suits
  /// the radix with the most outputs.
  static func radices(of count: Int) -> [Int] {
    var rest = count
    var radices: [Int] = []
    var radix = 4
    while rest > 1 {
      if rest % radix == 0 {
        radices.append(radix)
        rest /= radix
      } else if radix == 4 {
        radix = 2
      } else {
        radix = radix == 2 ? 3 : radix + 2
        if radix * radix > rest { radix = rest }  // what is left is prime
      }
    }
    return radices
  }

  /// Vectors of scratch a transform needs: two copies of the signal and one butterfly.
  var scratchVectors: Int { 4 * count + 2 * largestRadix }
}

/// One factor's share of a transform.
struct FourierPass: Sendable {
  let radix: Int
  /// m, groups that later passes split.
  let groups: Int
  /// s, the product of the radices of earlier passes.
  let done: Int
  let twiddleOffset: Int
  let rootOffset: Int
}

/// A complex signal in memory: element k is at `k * stride` of both parts.
struct ComplexLanes<Scalar: KernelScalar> {
  var real: UnsafeMutablePointer<Scalar.Vector>
  var imaginary: UnsafeMutablePointer<Scalar.Vector>
  var stride: Int

  /// The same numbers with the parts exchanged, i·conj(x): turns a forward transform into n times
  /// the inverse.
  var exchanged: ComplexLanes { .init(real: imaginary, imaginary: real, stride: stride) }

  /// The signal that starts `count` elements further.
  func advanced(by count: Int) -> ComplexLanes {
    .init(real: real + count * stride, imaginary: imaginary + count * stride, stride: stride)
  }
}

extension FourierTransform {
  /// Forward transform of one signal of vectors; `source` and `target` may be the same memory.
  @inline(__always)
  func forward(
    _ source: ComplexLanes<Scalar>, into target: ComplexLanes<Scalar>,
    scratch: UnsafeMutablePointer<Scalar.Vector>
  ) {
    if passes.isEmpty {  // a single number is its own transform
      target.real[0] = source.real[0]
      target.imaginary[0] = source.imaginary[0]
      return
    }
    // Interleaved parts: the two vectors of one complex number are neighbours.
    var from = source
    var next = ComplexLanes<Scalar>(real: scratch, imaginary: scratch + 1, stride: 2)
    var spare = next.advanced(by: count)
    let butterfly = scratch + 4 * count
    for index in passes.indices {
      let to = index == passes.count - 1 ? target : next
      let pass = passes[index]
      let twiddles = self.twiddles.pointer + pass.twiddleOffset
      switch pass.radix {
      case 2: radix2Pass(pass, from, to, twiddles)
      case 3: radix3Pass(pass, from, to, twiddles)
      case 4: radix4Pass(pass, from, to, twiddles)
      case 5: radix5Pass(pass, from, to, twiddles)
      default:
        primePass(pass, from, to, twiddles, roots.pointer + pass.rootOffset, butterfly)
      }
      from = to
      swap(&next, &spare)
    }
  }
}

/// Transforms `signals` groups of lanes in place.
///
/// - Parameters:
///   - transform: Tables for the length.
///   - real: `[signals, count, lanes]` real parts.
///   - imaginary: `[signals, count, lanes]` imaginary parts.
///   - signals: Number of groups of lanes.
///   - inverse: Whether to go back, dividing by the length.
@specialized(where S == Float)
@specialized(where S == Double)
public func fourierTransform<S: KernelScalar>(
  _ transform: FourierTransform<S>, real: Buffer<S>, imaginary: Buffer<S>, signals: Int,
  inverse: Bool = false
) {
  let n = transform.count
  let lanes = S.Vector.scalarCount
  requireExtent(real, signals * n * lanes, "fourierTransform, real part")
  requireExtent(imaginary, signals * n * lanes, "fourierTransform, imaginary part")
  let workspace = Buffer<S>(uninitialized: transform.scratchVectors * lanes)
  let whole = ComplexLanes<S>(real: real.vectors, imaginary: imaginary.vectors, stride: 1)
  let scale = S.Vector(repeating: 1 / S(n))
  for signal in 0..<signals {
    let x = whole.advanced(by: signal * n)
    let y = inverse ? x.exchanged : x
    transform.forward(y, into: y, scratch: workspace.vectors)
    guard inverse else { continue }
    for k in 0..<n {
      x.real[k] *= scale
      x.imaginary[k] *= scale
    }
  }
}

/// The definition, a sum for every output: what the fast transform is tested against.
///
/// Forward and inverse, extents as in `fourierTransform`; O(count²).
public func fourierTransformReference<S: KernelScalar>(
  count: Int, real: Buffer<S>, imaginary: Buffer<S>, signals: Int, inverse: Bool = false
) {
  let lanes = S.Vector.scalarCount
  requireExtent(real, signals * count * lanes, "fourierTransformReference, real part")
  requireExtent(imaginary, signals * count * lanes, "fourierTransformReference, imaginary part")
  let x = real.array
  let y = imaginary.array
  for signal in 0..<signals {
    for k in 0..<count {
      for lane in 0..<lanes {
        var sum = (real: S(0), imaginary: S(0))
        for j in 0..<count {
          let root = rootOfUnity(inverse ? -j * k : j * k, of: count)
          let (c, s) = (S(root.real), S(root.imaginary))
          let at = (signal * count + j) * lanes + lane
          sum.real += x[at] * c - y[at] * s
          sum.imaginary += x[at] * s + y[at] * c
        }
        let at = (signal * count + k) * lanes + lane
        real[at] = inverse ? sum.real / S(count) : sum.real
        imaginary[at] = inverse ? sum.imaginary / S(count) : sum.imaginary
      }
    }
  }
}

extension Buffer {
  /// The memory as whole vectors.
  var vectors: UnsafeMutablePointer<Scalar.Vector> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Scalar.Vector.self)
  }
}

/// Stops unless `buffer` holds at least `count` scalars.
@inline(__always)
func requireExtent<S>(_ buffer: Buffer<S>, _ count: Int, _ what: StaticString) {
  require(
    buffer.count >= count,
    "\(what): \(buffer.count) scalars where \(count) are needed. To mend: pass a larger buffer.")
}
