// A tensor: a shape and a run of scalars, with value semantics.
//
// Layout     Dense, row-major, always. A slice or a transpose copies; a reshape shares. One layout
//            keeps every kernel simple, and the kernels take transposes as options where it counts.
// Images     [batch, height, width, channels]: channels last, everywhere.
// Deferred   The scalars of a tensor may still have to be made when it is handed on. Whoever reads them first makes
//            them (Deferral.swift); nobody can tell the difference, but by the time it takes.
// Read       Kernels/Buffer.swift ← this file → Arithmetic.swift

import Kernels

// docs: region storage
/// A multi-dimensional array of `Float` or `Double`.
///
/// Copies share storage until one of them is written to.
public struct Tensor<Scalar: KernelScalar>: Sendable {
  /// Extent along each axis; `[]` is a single number.
  public let shape: [Int]
  /// Where the scalars are, or will be.
  private(set) var memory: Buffer<Scalar>
  /// How they are made, if they were not there from the beginning.
  let deferral: Deferral<Scalar>?

  /// The scalars, row-major.
  ///
  /// Public so that kernels of sibling floors reach it; treat as read-only.
  public var buffer: Buffer<Scalar> {
    deferral?.makeAll(of: memory)
    return memory
  }
  // docs: end storage

  // docs: region shapeCheck
  /// A tensor over a buffer that already holds `shape`'s scalars.
  public init(shape: [Int], buffer: Buffer<Scalar>) {
    require(
      shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == buffer.count,
      """
      Tensor: shape and scalars differ in number.
        shape \(shape) holds \(shape.reduce(1, *)), \(buffer.count) scalars given.
        To mend: pass as many scalars as the product of the extents.
      """)
    self.shape = shape
    memory = buffer
    deferral = nil
  }
  // docs: end shapeCheck

  /// A tensor whose scalars are made when they are first read.
  ///
  /// - Parameters:
  ///   - shape: `[..., channels]`.
  ///   - deferred: How they are made.
  ///   - buffer: Where. Nobody may write to it, or to what they are made of, in the meantime.
  public init(shape: [Int], deferred: DeferredPixels<Scalar>, in buffer: Buffer<Scalar>) {
    deferred.check(shape)
    self.shape = shape
    memory = buffer
    deferral = Deferral(deferred)
  }

  /// A tensor of the given scalars, row-major.
  public init(_ shape: [Int], _ scalars: [Scalar]) {
    self.init(shape: shape, buffer: Buffer(scalars))
  }

  /// A tensor filled with one value.
  public init(_ shape: [Int], repeating value: Scalar) {
    self.init(shape: shape, buffer: Buffer(repeating: value, count: shape.reduce(1, *)))
  }

  /// A tensor of rank 0.
  public init(_ scalar: Scalar) { self.init([], [scalar]) }

  /// All zeros.
  public static func zeros(_ shape: [Int]) -> Tensor { Tensor(shape, repeating: 0) }

  /// All ones.
  public static func ones(_ shape: [Int]) -> Tensor { Tensor(shape, repeating: 1) }

  /// Number of scalars.
  public var count: Int { memory.count }

  /// Number of axes.
  public var rank: Int { shape.count }

  /// A copy of the scalars, row-major.
  public var scalars: [Scalar] { buffer.array }

  /// The only scalar of a tensor that holds one.
  public var scalar: Scalar {
    require(count == 1, "Tensor.scalar: \(shape) holds \(count) scalars. To mend: reduce it first.")
    return buffer[0]
  }

  /// One element by its index along each axis.
  public subscript(_ index: Int...) -> Scalar {
    get { buffer[offset(index)] }
    set {
      makeUnique()
      buffer[offset(index)] = newValue
    }
  }

  /// The same scalars under another shape; storage is shared.
  public func reshaped(_ shape: [Int]) -> Tensor { Tensor(shape: shape, buffer: buffer) }

  /// Lets a kernel write into this tensor's scalars, which are its own when the kernel runs.
  public mutating func update(_ body: (Buffer<Scalar>) -> Void) {
    makeUnique()
    body(buffer)
  }

  /// Memory for as many scalars, for a kernel that may write where it reads: this tensor's own if nobody else
  /// holds it, or else new memory of undefined content.
  ///
  /// After it this tensor's scalars are whatever the kernel makes of them.
  public mutating func room() -> Buffer<Scalar> {
    deferral?.makeAll(of: memory)
    return isKnownUniquelyReferenced(&memory) ? memory : Buffer(uninitialized: count)
  }

  /// Gives this value storage of its own before a write.
  mutating func makeUnique() {
    deferral?.makeAll(of: memory)
    if !isKnownUniquelyReferenced(&memory) { memory = Buffer(copying: memory) }
  }

  private func offset(_ index: [Int]) -> Int {
    require(
      index.count == rank && zip(index, shape).allSatisfy { $0 >= 0 && $0 < $1 },
      "Tensor: index \(index) outside shape \(shape). To mend: one index in 0..<extent for each axis."
    )
    return zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }
}

extension Tensor: Equatable {
  /// Same shape and equal scalars (so a NaN equals nothing).
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape && a.scalars == b.scalars
  }
}
