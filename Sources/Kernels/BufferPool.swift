// Buffer reuse: a large block that is freed is kept for the next request of its size class.
//
// Why        A fresh block from the system costs a page fault for every 4 KiB touched, which is
//            more than the arithmetic of an element-wise pass. A training step asks for the same
//            sizes over and over, so kept blocks are almost always hit.
// Classes    Sizes are rounded up to a quarter of a power of two: at most 25 % is wasted.

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

enum BufferPool {
  /// Blocks below this are left to the system's allocator, which is fast for them.
  static let smallest = 1 << 16
  /// Bytes kept at most; beyond that a freed block goes back to the system.
  static let capacity = 6 << 30
  static let alignment = 64

  private struct State: ~Copyable {
    var free: [Int: [UInt]] = [:]  // size class → addresses
    var kept = 0
  }
  private static let state = Mutex(State())

  static func sizeClass(_ bytes: Int) -> Int {
    guard bytes > smallest else { return (max(bytes, 1) + alignment - 1) / alignment * alignment }
    let step = 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount - 3)
    return (bytes + step - 1) / step * step
  }

  static func take(bytes: Int) -> UnsafeMutableRawPointer {
    let size = sizeClass(bytes)
    if size > smallest {
      let kept = state.withLock { state -> UInt? in
        guard let address = state.free[size]?.popLast() else { return nil }
        state.kept -= size
        return address
      }
      if let kept, let pointer = UnsafeMutableRawPointer(bitPattern: kept) { return pointer }
    }
    return .allocate(byteCount: size, alignment: alignment)
  }

  static func give(_ pointer: UnsafeMutableRawPointer, bytes: Int) {
    let size = sizeClass(bytes)
    guard size > smallest else { return pointer.deallocate() }
    let keep = state.withLock { state -> Bool in
      guard state.kept + size <= capacity else { return false }
      state.free[size, default: []].append(UInt(bitPattern: pointer))
      state.kept += size
      return true
    }
    if !keep { pointer.deallocate() }
  }
}
