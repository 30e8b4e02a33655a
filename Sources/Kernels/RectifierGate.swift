// A rectification, and which gradients it lets through.
//
// Formula    y = max(0, a x + d (+ r))   per channel,   g = dY where y > 0, else 0
// Idea       Whether y > 0 is computed again from x, with the very operations of forward, where that is cheaper than
//            reading y.
// Read       this file → ChannelAffine.swift, ChannelGradientSums.swift, BatchNormalization.swift
// Tests      Tests/KernelsTests/BatchNormalizationTests.swift

/// Which elements of dY a rectification lets through.
public enum RectifierGate<S: KernelScalar>: Sendable {
  /// All: nothing was rectified.
  case open
  /// Where the output was positive.
  case output(Buffer<S>)
  /// Where scale · x + shift was positive, per channel.
  case affine(scale: Buffer<S>, shift: Buffer<S>)
}

extension RectifierGate {
  func fits(rows: Int, channels: Int) -> Bool {
    switch self {
    case .open: true
    case .output(let y): y.count == rows * channels
    case .affine(let scale, let shift): scale.count == channels && shift.count == channels
    }
  }
}

/// A gate as a type, so that the loops that ask it are compiled for each.
protocol GradientGate<S> {
  associatedtype S: KernelScalar
  /// g of some columns of a row: dY and x there, their place in the batch, and the first of the columns.
  func passing<L: Lanes>(_ dY: L, x: L, place: Int, column: Int) -> L where L.Scalar == S
}

/// `RectifierGate.open`.
struct OpenGate<S: KernelScalar>: GradientGate {
  @inline(__always)
  func passing<L: Lanes>(_ dY: L, x: L, place: Int, column: Int) -> L where L.Scalar == S { dY }
}

/// `RectifierGate.output`.
struct OutputGate<S: KernelScalar>: GradientGate {
  let y: UnsafePointer<S>

  @inline(__always)
  func passing<L: Lanes>(_ dY: L, x: L, place: Int, column: Int) -> L where L.Scalar == S {
    dY.with(L.load(y + place)) { gated($0, where: $1) }
  }
}

/// `RectifierGate.affine`.
struct AffineGate<S: KernelScalar>: GradientGate {
  let scale: UnsafePointer<S>
  let shift: UnsafePointer<S>

  @inline(__always)
  func passing<L: Lanes>(_ dY: L, x: L, place: Int, column: Int) -> L where L.Scalar == S {
    let y = L.load(shift + column).with(x, L.load(scale + column)) { $0.addingProduct($1, $2) }
    return dY.with(y) { gated($0, where: $1) }
  }
}

/// max(0, v); a NaN stays.
///
/// A number is negative when its bits, read as an integer, lie between those of −0 and of −∞. A comparison of
/// integers becomes one instruction for a whole vector; one of numbers becomes one for each of them.
@inline(__always)
func rectified<V: SIMD>(_ v: V) -> V where V.Scalar: BinaryFloatingPoint {
  typealias Bits = V.MaskStorage
  let bits = unsafeBitCast(v, to: Bits.self)
  let beyond = unsafeBitCast(V(repeating: -.infinity), to: Bits.self) &+ 1
  let isNegative =
    (bits & (bits &- beyond))
    &>> Bits(repeating: Bits.Scalar(truncatingIfNeeded: Bits.Scalar.bitWidth - 1))
  return unsafeBitCast(bits & ~isNegative, to: V.self)
}

/// g where y > 0, else 0; of a y that is no number, its sign decides.
///
/// A positive number is a positive integer when its bits are read as one.
@inline(__always)
private func gated<V: SIMD>(_ g: V, where y: V) -> V {
  typealias Bits = V.MaskStorage
  let bits = unsafeBitCast(y, to: Bits.self)
  let isClosed =
    (bits | (bits &- Bits(repeating: 1)))
    &>> Bits(repeating: Bits.Scalar(truncatingIfNeeded: Bits.Scalar.bitWidth - 1))
  return unsafeBitCast(unsafeBitCast(g, to: Bits.self) & ~isClosed, to: V.self)
}
