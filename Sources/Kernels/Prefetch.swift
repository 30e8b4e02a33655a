// Prefetching: a cache line asked for before it is needed.
//
// Idea       A miss in all caches lasts some four hundred cycles, and a processor looks only some three hundred
//            instructions ahead. What it cannot guess from the order of reads (rows of pixels a kilobyte
//            apart), a walk that knows its own way asks for.
// How        Swift has no word for it, but LLVM, which compiles Swift, has an instruction of the name below, the same
//            for every processor: `prefetcht0` on x86-64, `prfm` on arm64. It reads nothing, so an address outside
//            every buffer does no harm, and no result depends on it.
// Read       this file → TileWalk.swift

@_silgen_name("llvm.prefetch.p0")
private func prefetch(_ p: UnsafeRawPointer, _ isWrite: Int32, _ locality: Int32, _ isData: Int32)

/// Asks for the line at an address, to be read soon.
@inline(__always)
func prefetchToRead(_ p: UnsafeRawPointer) { prefetch(p, 0, 3, 1) }

/// Asks for the line at an address, to be written soon.
@inline(__always)
func prefetchToWrite(_ p: UnsafeRawPointer) { prefetch(p, 1, 3, 1) }

/// Asks for the line at an address, to be read in a while: into the second-level cache, not the first.
@inline(__always)
func prefetchToReadLater(_ p: UnsafeRawPointer) { prefetch(p, 0, 2, 1) }

extension KernelScalar {
  /// Scalars that a cache line of 64 bytes holds: one vector of AVX-512, two of AVX2, four of NEON.
  @inline(__always) static var aLine: Int { 64 / MemoryLayout<Self>.stride }
}
