// What a walk asks for while it sums: memory that is not its own operands, but that comes next.
//
// Idea       A register tile keeps the processor's multipliers busy and its memory idle. So in every step a walk may ask for
//            some lines: of what follows the convolution at the same pixels, of what the next pixels are made of, or of
//            what the next piece of work reads and writes. When that begins, they are in the second-level cache.
// Read       Prefetch.swift ← this file → TileWalk.swift, PixelWork.swift, DeferredPixels.swift, WinogradConvolution.swift

/// What a walk asks for beside its own operands.
protocol Meanwhile {
  /// Before the first step of a tile, which begins at a.
  mutating func begin(at a: UnsafeRawPointer)
  /// In every step.
  mutating func ask()
  /// When it asks for a line that the next tile will write.
  func ask(beside line: UnsafeRawPointer)
}

extension Meanwhile {
  @inline(__always) mutating func begin(at a: UnsafeRawPointer) {}
  @inline(__always) mutating func ask() {}
  @inline(__always) func ask(beside line: UnsafeRawPointer) {}
}

/// Nothing.
struct AskNothing: Meanwhile {}

/// What lies at the places of the target in one or two other blocks, as far from them in bytes as is said.
struct AskBeside: Meanwhile {
  let first: Int
  let second: Int

  @inline(__always)
  func ask(beside line: UnsafeRawPointer) {
    prefetchToReadLater(line + first)
    prefetchToReadLater(line + second)
  }
}

/// What lies at the places of a in one to three other blocks, as far from them in bytes as is said, evenly over the steps.
struct AskAhead: Meanwhile {
  let first: Int
  let second: Int
  let third: Int
  /// Bytes a step.
  let step: Int
  /// Where a tile begins, and where it has come to.
  var next: UnsafeRawPointer

  @inline(__always)
  mutating func begin(at a: UnsafeRawPointer) { next = a }

  @inline(__always)
  mutating func ask() {
    prefetchToReadLater(next + first)
    prefetchToReadLater(next + second)
    prefetchToReadLater(next + third)
    next += step
  }
}

/// Both.
struct AskBoth<First: Meanwhile, Second: Meanwhile>: Meanwhile {
  var first: First
  var second: Second

  @inline(__always)
  mutating func begin(at a: UnsafeRawPointer) {
    first.begin(at: a)
    second.begin(at: a)
  }

  @inline(__always)
  mutating func ask() {
    first.ask()
    second.ask()
  }

  @inline(__always)
  func ask(beside line: UnsafeRawPointer) {
    first.ask(beside: line)
    second.ask(beside: line)
  }
}

/// Memory that is needed after this walk, into the second-level cache, some bytes a step.
struct AskLater: Meanwhile {
  var next: UnsafeRawPointer
  let step: Int

  @inline(__always)
  mutating func ask() {
    prefetchToReadLater(next)
    next += step
  }
}
