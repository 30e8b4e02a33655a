// A run of scalars in memory: what every kernel reads and writes, and the only owner of a pointer.
//
// Read       this file → BufferPool.swift, Tensors/Tensor.swift

/// Reference-counted memory for `count` scalars, aligned to 64 bytes.
///
/// `Tensor` gives it value semantics; kernels take it whole, so no pointer leaves this module.
/// Two threads may use one buffer as long as they keep to disjoint elements.
public final class Buffer<Scalar: KernelScalar>: @unchecked Sendable {
  /// Number of scalars.
  public let count: Int
  let pointer: UnsafeMutablePointer<Scalar>

  /// Memory with undefined content: the caller writes every element before any is read.
  ///
  /// - Parameter count: Number of scalars, at least 0.
  public init(uninitialized count: Int) {
    require(count >= 0, "Buffer: a count of \(count). To mend: pass 0 or more.")
    self.count = count
    let bytes = count * MemoryLayout<Scalar>.stride + Self.margin
    pointer = BufferPool.take(bytes: bytes).assumingMemoryBound(to: Scalar.self)
  }

  deinit {
    BufferPool.give(UnsafeMutableRawPointer(pointer), bytes: bytes)
  }

  /// The scalars and a margin: a tile may load whole vectors that begin inside and end outside;
  /// such lanes are computed and dropped, but the memory must exist.
  private static var margin: Int { 512 }

  private var bytes: Int { count * MemoryLayout<Scalar>.stride + Self.margin }

  /// A buffer filled with one value.
  public convenience init(repeating value: Scalar, count: Int) {
    self.init(uninitialized: count)
    pointer.update(repeating: value, count: count)
  }

  /// A copy of an array.
  public convenience init(_ scalars: [Scalar]) {
    self.init(uninitialized: scalars.count)
    scalars.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
    }
  }

  /// A copy of another buffer.
  public convenience init(copying other: Buffer) {
    self.init(uninitialized: other.count)
    pointer.update(from: other.pointer, count: count)
  }

  /// A copy of the elements as an array.
  public var array: [Scalar] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// One element; the index is checked.
  public subscript(index: Int) -> Scalar {
    get {
      require(index >= 0 && index < count, "Buffer: index \(index) outside 0..<\(count).")
      return pointer[index]
    }
    set {
      require(index >= 0 && index < count, "Buffer: index \(index) outside 0..<\(count).")
      pointer[index] = newValue
    }
  }
}
