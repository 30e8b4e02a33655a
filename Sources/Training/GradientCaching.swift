// Gradient caching: the exact objective of a large batch, in the memory of a small one.
//
// Problem    Distance correlation and the variance term look at the whole batch: a matrix of distances,
//            a deviation over rows. Accumulating the gradients of small batches trains another loss.
// Idea       (Gao et al., 2021, §3.) The loss sees the encoder only through the embeddings, so the chain
//            rule may be cut there:
//              1. z, z̃ of all images, chunk by chunk, without remembering how they came about;
//              2. L(z, z̃, Φ) and its gradients ∂L/∂z, ∂L/∂z̃, which need N × d numbers;
//              3. each chunk once more, now remembering, and ∂L/∂z of its rows pulled back into θ.
//            ∂L/∂θ = Σ over chunks of (∂z_chunk/∂θ)ᵀ ∂L/∂z_chunk, term by term what one pass would sum.
// Statistics Batch norm has to say whose mean and variance it takes. `running`: those it has kept, so the
//            gradient is that of the whole batch to rounding. `chunk`: each chunk's own, in both passes
//            alike; the gradient is then exact for a network that normalises chunk by chunk, which is
//            what training on several machines without synchronised batch norm computes too.
// Cost       One more forward pass; memory for the activations of one chunk of one view.
// Read       PreTrainingObjective.swift ← this file → PreTraining.swift
// Tests      Tests/TrainingTests/GradientCachingTests.swift

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors

/// How a batch passes the encoder in chunks.
public struct GradientCache: Hashable, Sendable {
  /// Whose statistics batch norm takes.
  public enum Statistics: String, CaseIterable, Sendable {
    /// Each chunk's own.
    case chunk
    /// Those kept so far; they stay as they are.
    case running
  }

  /// Images a chunk, at most.
  public var chunk: Int
  /// Whose statistics batch norm takes.
  public var statistics: Statistics

  /// Chunks of at most `chunk` images.
  public init(chunk: Int, statistics: Statistics = .chunk) {
    self.chunk = chunk
    self.statistics = statistics
  }

  /// The rows of each chunk: as many chunks as needed, of sizes that differ by one at most, since a
  /// last chunk of one image would have no variance.
  func ranges(of count: Int) -> [Range<Int>] {
    let chunks = max(1, (count + chunk - 1) / max(1, chunk))
    return (0..<chunks).map { $0 * count / chunks..<($0 + 1) * count / chunks }
  }

  fileprivate func mode(tracksGradients: Bool) -> Mode {
    Mode(
      usesBatchStatistics: statistics == .chunk, tracksGradients: tracksGradients,
      // The second pass sees the same images: their statistics are counted once.
      updatesStatistics: !tracksGradients)
  }
}

/// Sends both views through the encoder in chunks.
///
/// - Parameters:
///   - encoder: f and g; its running statistics are updated, by all augmented chunks first.
///   - original: x `[N, height, width, 3]`, normalised.
///   - augmented: x̃, of x's shape.
///   - cache: Chunks and statistics.
///   - randomness: Draws what dropout and stochastic depth leave out, of a chunk the same in both passes.
/// - Returns: Features without gradient, and embeddings whose `backward` computes each chunk again.
public func embedViews<S>(
  _ encoder: Encoder<S>, original: Tensor<S>, augmented: Tensor<S>, cache: GradientCache,
  randomness: RandomKey? = nil
) -> EmbeddedViews<S> {
  let (h̃, z̃) = embed(encoder, augmented, cache, randomness?.child("augmented"))
  let (h, z) = embed(encoder, original, cache, randomness?.child("original"))
  return EmbeddedViews(features: (h, h̃), embeddings: (z, z̃))
}

private func embed<S>(
  _ encoder: Encoder<S>, _ images: Tensor<S>, _ cache: GradientCache, _ randomness: RandomKey?
) -> (features: Variable<S>, embeddings: Variable<S>) {
  let ranges = cache.ranges(of: images.shape[0])
  func mode(_ rows: Range<Int>, tracksGradients: Bool) -> Mode {
    let mode = cache.mode(tracksGradients: tracksGradients)
    return randomness.map { mode.drawing(from: $0.child(rows.lowerBound)) } ?? mode
  }
  let first = ranges.map { rows in
    let (h, z) = encoder.embed(
      Variable(images.slice(rows, axis: 0)), mode: mode(rows, tracksGradients: false))
    return (h: h.value, z: z.value)
  }
  let embeddings = Variable(tracking: Tensor.concatenated(first.map(\.z), axis: 0)) { dZ in
    for rows in ranges {
      let z = encoder.embed(
        Variable(images.slice(rows, axis: 0)), mode: mode(rows, tracksGradients: true)
      ).z
      z.backward(dZ.slice(rows, axis: 0))
    }
  }
  return (Variable(Tensor.concatenated(first.map(\.h), axis: 0)), embeddings)
}
