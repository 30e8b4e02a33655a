// Exact nearest neighbours, by matrix products.
//
// Formula    cosine      s = ⟨q/‖q‖, x/‖x‖⟩
//            Euclidean   d² = ‖q − x‖²;  the nearest have the largest ⟨q, x⟩ − ½‖x‖²
// Idea       All similarities of a block of queries with a block of references are one matrix product; the
//            k best of each query so far are all that is kept of it.
// Precision  Before Euclidean distances the mean of the references is subtracted from both sides: distances
//            stay, and less of them cancels.
// Ties       Equal distances: the lower reference first.
// Read       Kernels/NearestSelection.swift ← this file → Training/NearestNeighbours.swift, Clusters.swift
// Tests      Tests/TrainingTests/NeighbourTests.swift

import Kernels
import Tensors

/// How near two features are.
public enum NeighbourMetric: String, CaseIterable, Sendable {
  case cosine, euclidean
}

/// The nearest references of each query.
public struct Neighbours: Sendable {
  /// How many of each query.
  public let count: Int
  /// Numbers of references `[queries, count]`, nearest first.
  public let indices: [Int]
  /// Cosines, or squared distances, `[queries, count]`.
  public let values: [Float]
}

/// The nearest references of each query, exactly.
///
/// - Parameters:
///   - queries: `[queries, features]`.
///   - references: `[references, features]`, at least one.
///   - k: How many of each; at most all references are found.
///   - metric: What near means.
/// - Returns: Nearest first.
public func nearestNeighbours(
  of queries: Tensor<Float>, among references: Tensor<Float>, count k: Int,
  by metric: NeighbourMetric
) -> Neighbours {
  require(
    queries.rank == 2 && references.rank == 2 && queries.shape[1] == references.shape[1] && k >= 1
      && references.shape[0] >= 1,
    """
    nearestNeighbours: queries \(queries.shape), references \(references.shape), k = \(k).
      To mend: features of one length, at least one reference, k at least 1.
    """)
  let (q, x, half): (Tensor<Float>, Tensor<Float>, Tensor<Float>)
  let (n, width) = (references.shape[0], references.shape[1])
  switch metric {
  case .cosine:
    (q, x) = (unitRows(queries), unitRows(references))
    half = .zeros([n])
  case .euclidean:
    let mean = references.mean(over: 0, keepingAxes: true)
    (q, x) = (queries - mean, references - mean)
    half = (x * x).sum(over: 1).scaled(by: 0.5)
  }
  let keep = min(k, n)
  let (tall, wide) = (1024, 1024)
  let scores = Buffer<Float>(uninitialized: min(tall, queries.shape[0]) * min(wide, n))
  var indices: [Int] = []
  var values: [Float] = []
  for row in stride(from: 0, to: queries.shape[0], by: tall) {
    let rows = min(tall, queries.shape[0] - row)
    let selection = NearestSelection<Float>(rows: rows, keeping: keep)
    for column in stride(from: 0, to: n, by: wide) {
      let columns = min(wide, n - column)
      matrixMultiply(
        rows: rows, columns: columns, depth: width, a: q.buffer, b: x.buffer, transposeB: true,
        into: scores, offsets: (row * width, column * width, 0))
      selectNearest(
        scores, columns: columns, minus: half.buffer, firstColumn: column, into: selection)
    }
    finishNearest(selection)
    indices += selection.indices
    values += selection.values
  }
  if metric == .euclidean {
    // s = ⟨q, x⟩ − ½‖x‖², so d² = ‖q‖² − 2 s; rounding may leave it just below 0.
    let lengths = (q * q).sum(over: 1).scalars
    for i in values.indices { values[i] = max(0, lengths[i / keep] - 2 * values[i]) }
  }
  return Neighbours(count: keep, indices: indices, values: values)
}

/// Rows divided by their length.
func unitRows(_ x: Tensor<Float>) -> Tensor<Float> {
  let lengths = (x * x).sum(over: 1, keepingAxes: true).map(.squareRoot)
  return x / lengths.combined(.maximum, with: Tensor(1e-12))
}
