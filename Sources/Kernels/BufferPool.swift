// Buffer reuse: a large block that is freed is kept for the next request of its size class.
//
// Why        A fresh block from the system costs a page fault for every 4 KiB touched, which is
//            more than the arithmetic of an element-wise pass. A training step asks for the same
//            sizes over and over, so kept blocks are almost always hit.
// Classes    Sizes are rounded up to a quarter of a power of two: at most 25 % is wasted.
// Footprint  What the system gave and did not get back: blocks in use and blocks kept, as far as they were asked
//            for. What the rounding adds is never touched, but it is resident where it shares a large page with
//            what is: the peak is therefore somewhat less than the system counts (Training/StepForecast.swift).
// Pages      Large blocks ask for pages of 2 MiB: a row of a matrix 8 KiB further on is then no page of its
//            own, and 20 thousand page faults of a product of 2048 × 2048 become 900.
// Read       Buffer.swift ← this file

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
  /// Blocks from this size on ask for pages of this size.
  static let hugePage = 1 << 21

  private struct State: ~Copyable {
    var free: [Int: [(address: UInt, bytes: Int)]] = [:]  // by size class
    /// Bytes of kept blocks and of those in use, without the rounding; the most of both since
    /// `BufferMemory.resetPeak`.
    var kept = 0
    var used = 0
    var peak = 0
    var footprint: Int { used + kept }
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
        state.used += bytes
        let block = state.free[size]?.popLast()
        state.kept -= block?.bytes ?? 0
        state.peak = max(state.peak, state.footprint)
        return block?.address
      }
      if let kept, let pointer = UnsafeMutableRawPointer(bitPattern: kept) { return pointer }
    }
    return allocate(size)
  }

  /// A new block from the system.
  private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    guard size >= hugePage else { return .allocate(byteCount: size, alignment: alignment) }
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: hugePage)
    #if os(Linux)
      // A hint: where the system has no pages of this size to give, the block has small ones.
      _ = madvise(block, size, MADV_HUGEPAGE)
    #endif
    return block
  }

  static func give(_ pointer: UnsafeMutableRawPointer, bytes: Int) {
    let size = sizeClass(bytes)
    guard size > smallest else { return pointer.deallocate() }
    let keep = state.withLock { state -> Bool in
      state.used -= bytes
      guard state.kept + bytes <= capacity else { return false }
      state.free[size, default: []].append((UInt(bitPattern: pointer), bytes))
      state.kept += bytes
      return true
    }
    if !keep { pointer.deallocate() }
  }

  static var used: Int { state.withLock { $0.used } }
  static var footprint: Int { state.withLock { $0.footprint } }
  static var peak: Int { state.withLock { $0.peak } }
  static func resetPeak() { state.withLock { $0.peak = $0.footprint } }

  /// Gives all kept blocks back to the system.
  static func drain() {
    let blocks = state.withLock { state -> [(UInt, Int)] in
      let blocks = state.free.flatMap { size, blocks in blocks.map { ($0.address, size) } }
      (state.free, state.kept) = ([:], 0)
      return blocks
    }
    for (address, size) in blocks {
      guard let block = UnsafeMutableRawPointer(bitPattern: address) else { continue }
      #if os(Linux)
        // The allocator, too, keeps what it is given, up to 32 MB a block: its address, but not its pages.
        let page = 1 << 16
        let first = (address + UInt(page - 1)) & ~UInt(page - 1)
        let last = (address + UInt(size)) & ~UInt(page - 1)
        if let inner = UnsafeMutableRawPointer(bitPattern: first), last > first {
          _ = madvise(inner, Int(last - first), MADV_DONTNEED)
        }
      #endif
      block.deallocate()
    }
  }
}

/// Memory of large buffers (of 64 KiB and more), in bytes.
public enum BufferMemory {
  /// In use, as many bytes as were asked for: what is held now.
  public static var used: Int { BufferPool.used }
  /// In use, and kept for the next request.
  public static var footprint: Int { BufferPool.footprint }
  /// The most that `footprint` was since `resetPeak`.
  public static var peak: Int { BufferPool.peak }
  /// Begins a new measurement of the peak.
  public static func resetPeak() { BufferPool.resetPeak() }
  /// Gives what is kept back to the system.
  public static func releaseKept() { BufferPool.drain() }
}
