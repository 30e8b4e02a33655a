// Scalars that are made where they are first read.
//
// Idea       A norm hands on its result before it has made it. If a 1×1 convolution reads it next, each piece of the
//            convolution makes the pixels that it multiplies (Kernels/DeferredPixels.swift); if anybody else does, a pass
//            of its own makes them. The bits are the same.
// Threads    Whoever comes while they are being made waits.
// Read       Kernels/DeferredPixels.swift ← this file → Tensor.swift, Convolution.swift
// Tests      Tests/TensorsTests/DeferralTests.swift

import Kernels
import Synchronization

/// How the scalars of a tensor are made, until somebody has made them.
final class Deferral<Scalar: KernelScalar>: Sendable {
  private let deferred: Mutex<DeferredPixels<Scalar>?>

  init(_ deferred: DeferredPixels<Scalar>) { self.deferred = Mutex(deferred) }

  /// How they will be made, nil if they have been.
  var current: DeferredPixels<Scalar>? { deferred.withLock { $0 } }

  /// Makes them, if nobody has.
  func makeAll(of memory: Buffer<Scalar>) {
    make { $0?.makeAll(of: memory) }
  }

  /// Calls `body` with how they are made, if nobody has; afterwards it has made them.
  func make(_ body: (DeferredPixels<Scalar>?) -> Void) {
    deferred.withLock {
      body($0)
      $0 = nil
    }
  }
}

extension Tensor {
  /// How the scalars will be made, nil if they are there.
  public var deferred: DeferredPixels<Scalar>? { deferral?.current }

  /// Calls `body` with the memory of the scalars and with how they are made, which it does first; nil if they are there.
  func making(_ body: (Buffer<Scalar>, DeferredPixels<Scalar>?) -> Void) {
    if let deferral {
      deferral.make { body(memory, $0) }
    } else {
      body(memory, nil)
    }
  }
}
