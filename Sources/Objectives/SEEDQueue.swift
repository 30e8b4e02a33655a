// SEED's queue: the teacher's latest embeddings, first in, first out.
//
// Source     Fang et al., ICLR 2021, and its released code; the idea is MoCo's (He et al., CVPR 2020)
// Idea       A student cannot be compared with a teacher on one image alone, but on how similar both find
//            it to many others. The others are what the teacher said of earlier batches: old by a few
//            hundred steps at most, and never stale, since the teacher does not learn.
// Formula    q ← K random directions at first                                 [K, D]
//            q[(p + i) mod K] ← tᵢ/‖tᵢ‖  for i in 0..<N,   p ← (p + N) mod K   after the loss
// Order      The loss of a step sees the queue as it was before the step. A queue is a value, so this
//            cannot go wrong by sharing.
// Layout     One embedding a row. The released code keeps columns, `queue` [D, K], beside `queue_ptr`.
// Errata     The released code demands that N divides K; here a batch may wrap around the end, which
//            gives the same queue where N divides K.
// Advice     Keep K below the number of training images: a queue that holds an image's own earlier
//            view gives that view part of the target.
// Read       CosineSimilarity.swift ← this file → SEED.swift
// Tests      Tests/ObjectivesTests/SEEDQueueTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// What a queue cannot be made of.
public struct SEEDQueueError: Error, CustomStringConvertible, Sendable {
  public let description: String
}

/// Embeddings of a teacher, first in, first out.
public struct SEEDQueue<Scalar: KernelScalar>: Sendable {
  /// K embeddings `[K, D]`, each of length 1.
  public private(set) var entries: Tensor<Scalar>
  /// The row that is overwritten next, in 0..<K.
  public private(set) var position: Int

  /// A queue of random directions.
  ///
  /// - Parameters:
  ///   - capacity: K, at least 1; 65536 in the paper.
  ///   - width: D, the length of a teacher's embedding; 128 in the paper.
  ///   - key: Draws the directions.
  public init(capacity: Int, width: Int, key: RandomKey) {
    require(
      capacity > 0 && width > 0,
      "SEEDQueue: \(capacity) embeddings of length \(width). To mend: at least one of each.")
    entries = lengthNormalized(Variable(Tensor.normal([capacity, width], key: key))).value
    position = 0
  }

  /// A queue as it was kept.
  ///
  /// - Parameters:
  ///   - entries: `[K, D]`; rows are used as they are.
  ///   - position: The row that is overwritten next.
  /// - Throws: `SEEDQueueError` unless the entries are a finite matrix and the position one of its rows.
  public init(entries: Tensor<Scalar>, position: Int) throws(SEEDQueueError) {
    guard entries.rank == 2, entries.count > 0, entries.isFinite else {
      throw SEEDQueueError(
        description: """
          SEED's queue: the entries \(entries.shape) are no finite matrix.
            To mend: one embedding a row, [K, D].
          """)
    }
    guard (0..<entries.shape[0]).contains(position) else {
      throw SEEDQueueError(
        description: """
          SEED's queue: the position is \(position), of \(entries.shape[0]) entries.
            To mend: the row that is overwritten next, counted from 0.
          """)
    }
    self.entries = entries
    self.position = position
  }

  /// K.
  public var capacity: Int { entries.shape[0] }
  /// D.
  public var width: Int { entries.shape[1] }

  /// Puts a batch in the place of the oldest entries.
  ///
  /// - Parameter teacher: Embeddings of the teacher `[N, D]`, N at most K; they are divided by their
  ///   length.
  public mutating func append(_ teacher: Tensor<Scalar>) {
    require(
      teacher.rank == 2 && teacher.shape[1] == width && teacher.shape[0] <= capacity,
      """
      SEEDQueue.append: embeddings \(teacher.shape) into \(entries.shape).
        To mend: as long as the entries, and no more than \(capacity) at once.
      """)
    let t = lengthNormalized(Variable(teacher)).value
    let (n, d) = (teacher.shape[0], width)
    // What does not fit before the end goes on at the beginning.
    let fitting = min(n, capacity - position)
    for (rows, start) in [(0..<fitting, position), (fitting..<n, 0)] where !rows.isEmpty {
      let part = t.slice(rows, axis: 0)
      entries.update { q in
        stridedCopy(
          extents: part.shape, steps: [d, 1], offset: start * d, part.buffer, into: q,
          scatter: true)
      }
    }
    position = (position + n) % capacity
  }
}
