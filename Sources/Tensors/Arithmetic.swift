// Arithmetic on tensors: element by element, with broadcasting.
//
// Rule       Shapes are aligned at their last axis; an axis of extent 1, or a missing one, repeats.
// Read       Tensor.swift ← this file → Reductions.swift

import Kernels

extension Tensor {
  /// The function applied to every scalar.
  public func map(_ function: UnaryFunction) -> Tensor {
    let y = Buffer<Scalar>(uninitialized: count)
    Kernels.map(function, buffer, into: y)
    return Tensor(shape: shape, buffer: y)
  }

  /// scale · x + shift.
  public func scaled(by scale: Scalar, plus shift: Scalar = 0) -> Tensor {
    let y = Buffer<Scalar>(uninitialized: count)
    scaleAndShift(buffer, scale: scale, shift: shift, into: y)
    return Tensor(shape: shape, buffer: y)
  }

  /// The function applied to pairs of scalars, with broadcasting.
  public func combined(_ function: BinaryFunction, with other: Tensor) -> Tensor {
    guard let result = broadcastShape(shape, other.shape) else {
      fatalError(
        """
        \(function): shapes \(shape) and \(other.shape) do not broadcast.
          To mend: aligned at the last axis, extents must be equal or 1.
        """)
    }
    let z = Buffer<Scalar>(uninitialized: result.reduce(1, *))
    combine(function, buffer, shape, other.buffer, other.shape, into: z)
    return Tensor(shape: result, buffer: z)
  }

  /// Adds another tensor of the same shape in place: self += scale · other.
  public mutating func add(_ other: Tensor, scale: Scalar = 1) {
    require(shape == other.shape, "Tensor.add: shapes \(shape) and \(other.shape) differ.")
    makeUnique()
    accumulate(other.buffer, scale: scale, into: buffer)
  }

  /// The same numbers in another type, rounded to nearest even.
  public func converted<T: KernelScalar>(to _: T.Type) -> Tensor<T> {
    let y = Buffer<T>(uninitialized: count)
    convert(buffer, into: y)
    return Tensor<T>(shape: shape, buffer: y)
  }

  /// Whether every scalar is finite.
  public var isFinite: Bool { allFinite(buffer) }

  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, with: b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, with: b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, with: b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, with: b) }
  public static prefix func - (a: Tensor) -> Tensor { a.map(.negate) }
  public static func + (a: Tensor, b: Scalar) -> Tensor { a.scaled(by: 1, plus: b) }
  public static func - (a: Tensor, b: Scalar) -> Tensor { a.scaled(by: 1, plus: -b) }
  public static func * (a: Tensor, b: Scalar) -> Tensor { a.scaled(by: b) }
  public static func * (a: Scalar, b: Tensor) -> Tensor { b.scaled(by: a) }
  public static func / (a: Tensor, b: Scalar) -> Tensor { a / Tensor(b) }
}
